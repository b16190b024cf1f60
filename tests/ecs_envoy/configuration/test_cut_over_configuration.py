"""The keys of a configuration for the move of clients from an old load balancer."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.plans import cut_overs
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems

HERE = "services.lessons.cut_over"
BLOCK = """\
    cut_over:
      name: lessons-internal.example.com
      zone: Z0123456789ABCDEFGHIJ
      from: internal-lessons-1.eu-west-1.elb.amazonaws.com
"""


def test_nobody_moves_before_a_percentage_is_given(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD + BLOCK)
    ((service, cut_over),) = cut_overs(load_configuration(path))
    assert (service, cut_over.percent) == ("lessons", 0)
    assert cut_over.load_balancer == "internal-lessons-1.eu-west-1.elb.amazonaws.com"


@pytest.mark.parametrize(
    ("block", "message"),
    [
        pytest.param(
            BLOCK.replace("from:", "form:"),
            f":10: {HERE}.from: missing; give the old load balancer's DNS name\n"
            f":13: {HERE}.form: unknown key; did you mean from?",
            id="a slip of the pen",
        ),
        pytest.param(
            BLOCK + "      percent: 101\n",
            f":14: {HERE}.percent: 101 is not a percentage of the look-ups; give a number from 0 to 100",
            id="more than all",
        ),
        pytest.param(
            BLOCK + "      percent: 33.3\n",
            f":14: {HERE}.percent: 33.3 is not a percentage of the look-ups; give a whole number from 0 to 100",
            id="a part of a percent",
        ),
        pytest.param(
            BLOCK.replace("Z0123456789ABCDEFGHIJ", "example.com"),
            f":12: {HERE}.zone: 'example.com' is not a hosted zone's id; give one such as Z0123456789ABCDEFGHIJ",
            id="a name for an id",
        ),
        pytest.param(
            BLOCK.replace("lessons-internal.example.com", "lessons-internal.example.com."),
            f":11: {HERE}.name: 'lessons-internal.example.com.' is not a DNS name; give labels of at most 63 "
            "characters with dots between them, without scheme, port or final dot, such as lessons-internal.example.com",
            id="a final dot",
        ),
        pytest.param(
            BLOCK.replace("lessons-internal.example.com", "grpc.learning.local"),
            f":11: {HERE}.name: is in the namespace learning.local, whose records Cloud Map makes; give the name in a zone of yours that clients dial",
            id="a name of Cloud Map",
        ),
        pytest.param(
            BLOCK.replace("lessons-internal.example.com", "internal-Lessons-2.eu-west-1.elb.amazonaws.com"),
            f":11: {HERE}.name: is a name of AWS, in whose zone you cannot make records; give the clients a name of your own first",
            id="a name of AWS",
        ),
        pytest.param(
            BLOCK.replace("internal-lessons-1.eu-west-1.elb.amazonaws.com", "Lessons-Internal.example.com"),
            f":13: {HERE}.from: is the name itself; give the DNS name that AWS gave to the load balancer",
            id="a circle",
        ),
        pytest.param(
            BLOCK.replace("internal-lessons-1.eu-west-1.elb.amazonaws.com", "grpc.learning.local"),
            f":13: {HERE}.from: is in the namespace learning.local; give the DNS name that AWS gave to the load balancer",
            id="the proxy as the load balancer",
        ),
        pytest.param(
            BLOCK.replace("internal-lessons-1.eu-west-1.elb.amazonaws.com", "10.0.0.7"),
            f":13: {HERE}.from: '10.0.0.7' is not a DNS name; give labels of at most 63 "
            "characters with dots between them, without scheme, port or final dot, such as lessons-internal.example.com",
            id="an address",
        ),
        pytest.param(
            BLOCK
            + "  grading:\n    image: example.com/grading:1\n    grpc_services: [learning.v1.Grading]\n"
            + BLOCK.replace("name: lessons", "name: grading").replace(
                "internal-lessons-1.eu-west-1.elb.amazonaws.com", "lessons-internal.example.com"
            ),
            ":20: services.grading.cut_over.from: is the name of lessons; give the DNS name that AWS gave to the load balancer",
            id="the name of another service as the load balancer",
        ),
        pytest.param(
            "    hosts: [progress.example.com]\n"
            + BLOCK
            + "  grading:\n    image: example.com/grading:1\n"
            + BLOCK.replace("lessons-internal", "PROGRESS"),
            ":18: services.grading.cut_over.name: progress.example.com is a host of lessons, too; remove one of the two, or list grpc_services in both: on a shared host the proto service decides",
            id="the host of another service",
        ),
        pytest.param(
            BLOCK
            + "  grading:\n    image: example.com/grading:1\n    grpc_services: [learning.v1.Grading]\n"
            + BLOCK,
            f":11: {HERE}.name: is also the name of grading; give each name once\n"
            ":18: services.grading.cut_over.name: is also the name of lessons; give each name once",
            id="a name for two services",
        ),
    ],
)
def test_fails_with_line_key_and_cure(block: str, message: str, tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + block) == message.splitlines()


API = """\
api:
  image: example.com/api:1
  certificate: arn:aws:acm:eu-west-1:111122223333:certificate/1
  domain: {name: api.example.com, hosted_zone: example.com, hosted_zone_id: ZONE}
"""


@pytest.mark.parametrize("zone", ["Z1", "Z" + "A" * 31])
def test_every_key_takes_a_zone_that_another_takes(zone: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD + BLOCK.replace("Z0123456789ABCDEFGHIJ", zone) + API.replace("ZONE", zone))
    load_configuration(path)


@pytest.mark.parametrize("zone", ["example.com", "Z" + "A" * 32, "/hostedzone/Z1"])
def test_fails_on_a_zone_with_the_same_words_at_every_key(zone: str, tmp_path: Path) -> None:
    text = GOOD + BLOCK.replace("Z0123456789ABCDEFGHIJ", zone) + API.replace("ZONE", zone)
    words = [problem.split(": ", 2)[2] for problem in problems(tmp_path, text)]
    assert words == [f"'{zone}' is not a hosted zone's id; give one such as Z0123456789ABCDEFGHIJ"] * 2


EXISTING = """\
environment: prod
region: eu-west-1
account: "111122223333"
network: {vpc_id: vpc-0123456789abcdef0}
namespace: {name: learning.local, id: ns-0123456789abcdef}
existing_services:
  grading:
    address: ADDRESS:50051
    cidrs: [10.0.0.0/16]
    grpc_services: [learning.v1.Grading]
  lessons:
    cloud_map_service: lessons
    grpc_services: [learning.v1.Lessons]
"""


def test_a_proxy_may_find_a_service_at_the_load_balancer_whose_clients_move(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(EXISTING.replace("ADDRESS", "internal-lessons-1.eu-west-1.elb.amazonaws.com") + BLOCK)
    load_configuration(path)


@pytest.mark.parametrize("discovery", ["", "    discovery: dns\n"])
def test_fails_where_the_proxy_would_find_a_service_at_itself_after_the_move(
    discovery: str, tmp_path: Path
) -> None:
    address = "Lessons-internal.example.com"
    text = EXISTING.replace("ADDRESS", address)
    if discovery:
        other = "namespace: {id: ns-0123456789abcdee, name: example.com}"
        there = f"cloud_map_service: Lessons-internal\n    {other}\n{discovery}"
        text = text.replace(f"    address: {address}:50051\n    cidrs: [10.0.0.0/16]\n", f"    {there}")
    (found,) = problems(tmp_path, text + BLOCK)
    assert found.partition(": ")[2] == (
        "existing_services.lessons.cut_over.name: is where the proxy finds the tasks of grading, so that it "
        "would call itself; give grading another address, such as the load balancer's own name"
    )
