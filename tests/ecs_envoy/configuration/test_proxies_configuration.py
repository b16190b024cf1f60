"""Several proxies in one file, as a configuration says it."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from ecs_envoy.configuration import Configuration, load_configuration
from ecs_envoy.configuration.plans import proxy_clients, proxy_task_input
from ecs_envoy.configuration.proxies.addresses import address_variables
from ecs_envoy.configuration.proxies.views import UnknownProxyError, the_view, views
from ecs_envoy.configuration.schema import json_schema
from ecs_envoy.configuration.warnings import warnings
from tests.ecs_envoy.configuration.test_clients_configuration import API
from tests.ecs_envoy.configuration.test_configuration import GOOD, SECOND, problems

REPORTS = """\
  reports:
    image: example.com/reports:1.0.0
    grpc_services: [learning.v1.Lessons]
"""
SERVICES = GOOD + SECOND + REPORTS
GRPC = "  grpc: {services: [lessons, grading]}\n"
BATCH = "  batch: {services: [reports], port: 50071}\n"
TWO = SERVICES + "proxies:\n" + GRPC + BATCH
CALLS = "    calls: [lessons]\n"


def loaded(folder: Path, text: str) -> Configuration:
    path = folder / "good.yaml"
    path.write_text(text)
    return load_configuration(path)


def test_each_proxy_has_its_own_settings_and_routes_to_its_own_services(tmp_path: Path) -> None:
    tasks = [proxy_task_input(view) for view in views(loaded(tmp_path, TWO))]
    assert [(task.name, task.port, [service.name for service in task.services]) for task in tasks] == [
        ("grpc", 50051, ["lessons", "grading"]),
        ("batch", 50071, ["reports"]),
    ]


def test_two_proxies_may_route_the_same_proto_service_to_different_services(tmp_path: Path) -> None:
    routes = {
        view.proxy.name: [(s.name, s.upstream.grpc_services) for s in proxy_task_input(view).services]
        for view in views(loaded(tmp_path, TWO))
    }
    assert routes["grpc"][0] == ("lessons", ("learning.v1.Lessons",))
    assert routes["batch"] == [("reports", ("learning.v1.Lessons",))]


@pytest.mark.parametrize(
    ("text", "clients", "variables"),
    [
        pytest.param(TWO, {"grpc": [], "batch": []}, {}, id="nobody"),
        pytest.param(
            TWO + API,
            {"grpc": ["api"], "batch": ["api"]},
            {"api": ["GRPC_ADDRESS", "BATCH_ADDRESS"]},
            id="the API calls every service",
        ),
        pytest.param(
            TWO + API + "  calls: [grading]\n",
            {"grpc": ["api"], "batch": []},
            {"api": ["GRPC_ADDRESS"]},
            id="the API calls services of one proxy",
        ),
        pytest.param(
            TWO + API + "  calls: []\n", {"grpc": [], "batch": []}, {"api": []}, id="the API calls no service"
        ),
        pytest.param(
            TWO.replace("proxies:", CALLS + "proxies:"),
            {"grpc": ["reports"], "batch": []},
            {"reports": ["GRPC_ADDRESS"]},
            id="a service calls one of another proxy",
        ),
        pytest.param(
            TWO.replace("proxies:", "    calls: [lessons, reports]\nproxies:"),
            {"grpc": ["reports"], "batch": ["reports"]},
            {"reports": ["GRPC_ADDRESS", "BATCH_ADDRESS"]},
            id="a service calls two proxies",
        ),
        pytest.param(
            TWO.replace("port: 50071", "clients: [lessons, 10.9.0.0/16], address_variable: REPORTS"),
            {"grpc": [], "batch": ["lessons", "10.9.0.0/16"]},
            {"lessons": ["REPORTS"]},
            id="a client by its name, and a variable of our choice",
        ),
    ],
)
def test_calls_open_the_proxies_of_the_services_that_they_name(
    text: str, clients: dict[str, list[str]], variables: dict[str, list[str]], tmp_path: Path
) -> None:
    configuration = loaded(tmp_path, text)
    assert {view.proxy.name: proxy_clients(view) for view in views(configuration)} == clients
    for name in ("lessons", "grading", "reports", *(["api"] if configuration.api else [])):
        path = ("api",) if name == "api" else ("services", name)
        assert list(address_variables(configuration, path)) == variables.get(name, []), name


def test_each_proxy_that_nobody_may_call_is_a_warning_at_its_own_key(tmp_path: Path) -> None:
    text = TWO.replace("port: 50071", "clients: [10.9.0.0/16]")
    assert [path for path, _ in warnings(loaded(tmp_path, text))] == [("proxies", "grpc", "clients")]


def test_a_file_with_one_proxy_is_its_own_only_view(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, GOOD)
    assert views(configuration) == [configuration]
    assert the_view(configuration, None) is configuration


def test_fails_without_the_name_of_one_of_several_proxies(tmp_path: Path) -> None:
    with pytest.raises(UnknownProxyError, match="several proxies; give --proxy and one of batch, grpc"):
        the_view(loaded(tmp_path, TWO), None)


def test_fails_for_a_proxy_that_the_file_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(UnknownProxyError, match="no proxy 'bach'; give --proxy and one of batch, grpc"):
        the_view(loaded(tmp_path, TWO), "bach")


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        pytest.param(
            TWO + "proxy: {port: 50061}\n",
            [":16: proxies: are given together with proxy; remove proxy, or give it as one of proxies"],
            id="proxy and proxies",
        ),
        pytest.param(
            SERVICES + "proxies:\n  grpc: {services: [lessons, grading]}\n",
            [":13: services.reports: belongs to no proxy; list it in proxies.<name>.services of one of grpc"],
            id="a service in no proxy",
        ),
        pytest.param(
            TWO.replace("[reports]", "[reports, grading]"),
            [":18: proxies.batch.services[1]: grading already belongs to the proxy grpc; remove one of the two"],
            id="a service in two proxies",
        ),
        pytest.param(
            TWO.replace("services: [lessons, grading]", "services: [lessons, grading, lessons]"),
            [":17: proxies.grpc.services[2]: lessons already belongs to the proxy grpc; remove one of the two"],
            id="a service twice in one proxy",
        ),
        pytest.param(
            TWO.replace("[reports]", "[reports, chat]"),
            [":18: proxies.batch.services[1]: no service has the name 'chat'; give one of grading, lessons, reports"],
            id="an unknown service",
        ),
        pytest.param(
            TWO.replace("services: [reports], ", "services: [], "),
            [":18: proxies.batch.services: is empty; give at least one entry"],
            id="no service",
        ),
        pytest.param(
            TWO.replace("services: [reports], ", ""),
            [":18: proxies.batch.services: missing; give the services that it carries calls to"],
            id="services not given",
        ),
        pytest.param(
            TWO.replace("port: 50071", "name: reports-proxy"),
            [":18: proxies.batch.name: unknown key; give one of cpu, memory"],
            id="a name, which is the key already",
        ),
        pytest.param(
            TWO.replace("  batch:", "  api:"),
            [":18: proxies.api: would name its stack as that of the api; give another name, such as api-proxy"],
            id="the name of another stack",
        ),
        pytest.param(
            TWO.replace("  batch:", "  grpc-monitoring:"),
            [":18: proxies.grpc-monitoring: would name its stack as one of the proxy grpc; give another name"],
            id="the name of a stack of another proxy",
        ),
        pytest.param(
            TWO.replace("  batch:", "  grpc-monitoring-2:"),
            [":18: proxies.grpc-monitoring-2: would name its stack as one of the proxy grpc; give another name"],
            id="the name of a further stack of another proxy",
        ),
        pytest.param(
            TWO.replace("  batch:", "  lessons:"),
            [":18: proxies.lessons: 'lessons' is also the name of the service lessons in the namespace; give another name"],
            id="the name of a service of another proxy",
        ),
        pytest.param(
            TWO.replace("  batch:", "  reports:"),
            [":13: services.reports: has the proxy's name, 'reports'; give each its own name"],
            id="the name of a service of its own",
        ),
        pytest.param(
            TWO.replace("port: 50071", "aliases: [grpc]"),
            [":18: proxies.batch.aliases[0]: 'grpc' is also the name of the proxy grpc in the namespace; give another name"],
            id="an alias that is the name of another proxy",
        ),
        pytest.param(
            TWO.replace("port: 50071", "address_variable: GRPC_ADDRESS"),
            [":18: proxies.batch.address_variable: GRPC_ADDRESS already holds the address of grpc; give another variable"],
            id="one variable for two addresses",
        ),
        pytest.param(
            TWO + API + "  proxy_address_variable: PROXY\n",
            [":22: api.proxy_address_variable: is for a file with one proxy; give proxies.<name>.address_variable instead"],
            id="the variable of the only proxy",
        ),
        pytest.param(
            TWO + API + "  environment: {BATCH_ADDRESS: x}\n",
            [":22: api.environment.BATCH_ADDRESS: is set to the proxy's address; remove it, or give another address_variable of that proxy"],
            id="a variable that is set, too",
        ),
        pytest.param(
            TWO.replace("port: 50071", "cpu: 512, memory: 512"),
            [":18: proxies.batch.memory: Fargate does not offer 512 MiB with 512 CPU units; "],
            id="what the rules of one proxy find",
        ),
        pytest.param(
            TWO.replace("port: 50071", "clients: [chat]"),
            [":18: proxies.batch.clients[0]: no service under services has the name 'chat'; "],
            id="an unknown client",
        ),
        pytest.param(
            TWO.replace("example.com/lessons:1.0.0", "example.com/lessons:1.0.0\n    tasks: {min: 2, max: 2, cpu_percent: 50}"),
            [":9: services.lessons.tasks.cpu_percent: has no effect, because min is max; "],
            id="what both proxies find is said once",
        ),
        pytest.param(
            TWO.replace("[learning.v1.Grading]", "[learning.v1.Lessons]"),
            [":12: services.grading.grpc_services[0]: learning.v1.Lessons is already routed to lessons; remove one"],
            id="a proto service routed twice by one proxy",
        ),
    ],
)  # fmt: skip
def test_fails_for_wrong_proxies(text: str, messages: list[str], tmp_path: Path) -> None:
    found = problems(tmp_path, text)
    assert len(found) == len(messages), found
    for line, message in zip(found, messages, strict=True):
        assert line.startswith(message)


def test_fails_for_names_of_two_cut_overs_that_are_equal_in_two_proxies(tmp_path: Path) -> None:
    cut_over = "    cut_over: {name: old.example.com, zone: Z0123456789ABCDEFGHIJ, from: internal-a.eu-west-1.elb.amazonaws.com, percent: 0}\n"
    text = SERVICES.replace("  grading:\n", cut_over + "  grading:\n") + cut_over
    found = problems(tmp_path, text + "proxies:\n" + GRPC + BATCH)
    assert [line.partition(": is also the name of ")[0] for line in found] == [
        ":10: services.lessons.cut_over.name",
        ":17: services.reports.cut_over.name",
    ]


SAMPLE = Path(__file__).parent / "two_proxies.yaml"


@pytest.mark.parametrize(
    ("change", "good"),
    [
        pytest.param(("port: 50071", "port: 50071"), True, id="as it is"),
        pytest.param(("port: 50071", "port: 80"), False, id="a port of root"),
        pytest.param(("    services: [reports]\n", ""), False, id="without services"),
        pytest.param(("port: 50071", "name: batch"), False, id="with a name"),
    ],
)
def test_the_schema_knows_the_keys_of_each_proxy(change: tuple[str, str], *, good: bool) -> None:
    values = yaml.safe_load(SAMPLE.read_text().replace(*change))
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    assert validator.is_valid(values) is good  # pyright: ignore[reportUnknownMemberType]


def test_fails_on_proxies_without_a_proxy(tmp_path: Path) -> None:
    assert problems(tmp_path, SERVICES.replace(REPORTS, "") + "proxies: {}\n") == [
        ":13: proxies: is empty; give a proxy, or remove it to have the one that proxy describes"
    ]


def test_the_policy_of_the_file_may_be_for_the_services_of_one_proxy_alone(tmp_path: Path) -> None:
    policy = {
        "retries": {"on": ["unavailable"]},
        "methods": {"learning.v1.Grading/Get": {"idempotent": True}},
    }
    first, second = views(loaded(tmp_path, TWO + yaml.safe_dump({"policy": policy})))
    assert proxy_task_input(first).policy == proxy_task_input(second).policy
