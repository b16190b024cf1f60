"""The keys of a configuration for how tasks are found and how they stop."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.warnings import warnings
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            GOOD + "    tasks: {min: 2, max: 20}\n    discovery: dns\n",
            ":11: services.lessons.discovery: 20 tasks are twice as many in a rolling deployment, and a DNS answer "
            "lists 8, so some would be idle; give 4 at most, or discovery: cloud_map",
            id="more tasks than DNS lists",
        ),
        pytest.param(
            GOOD + "    discovery: consul\n",
            ":10: services.lessons.discovery: 'consul' is unknown; give one of 'dns' or 'cloud_map'",
            id="unknown discovery",
        ),
        pytest.param(
            GOOD + "    policy: {load_balancing: {zone_aware: true}}\n    discovery: dns\n    stop_timeout: 2m\n",
            ":10: services.lessons.policy.load_balancing.zone_aware: DNS does not say which zone a task is in; remove it, or give discovery: cloud_map",
            id="zones by DNS",
        ),
        pytest.param(
            GOOD + "    policy: {load_balancing: {zone_aware: 'no'}}\n",
            ":10: services.lessons.policy.load_balancing.zone_aware: 'no' is not true or false; give one of the two, without quotes",
            id="text instead of true or false",
        ),
        pytest.param(
            GOOD + "    pre_stop_wait: 71s\n    discovery: dns\n",
            ":10: services.lessons.pre_stop_wait: a wait of 71s ends before the proxies know that the task stops; give 72s to 115s, or discovery: cloud_map and 4s",
            id="a wait too short for DNS",
        ),
        pytest.param(
            GOOD + "    tasks: 9\n    pre_stop_wait: 3s\n",
            ":11: services.lessons.pre_stop_wait: a wait of 3s ends before the proxies know that the task stops; give 4s to 115s",
            id="a wait too short for Cloud Map",
        ),
        pytest.param(
            GOOD + "    tasks: 9\n    pre_stop_wait: 4s\nproxy: {discovery: {interval: 10s}}\n",
            ":11: services.lessons.pre_stop_wait: a wait of 4s ends before the proxies know that the task stops; give 14s to 115s",
            id="a wait too short for a slow poll",
        ),
        pytest.param(
            GOOD + "    tasks: 9\n    pre_stop_wait: 3s\nproxy: {discovery: {interval: 10s}}\n",
            ":11: services.lessons.pre_stop_wait: a wait of 3s ends before the proxies know that the task stops; give 14s to 115s",
            id="a wait too short for any poll",
        ),
        pytest.param(
            GOOD + "    stop_timeout: 3s\n    pre_stop_wait: 0s\nproxy: {discovery: {interval: 10s}}\n",
            ":10: services.lessons.stop_timeout: by Cloud Map the proxies call a task until 14s",
            id="a server that ends too soon for any poll",
        ),
        pytest.param(
            GOOD + "    pre_stop_wait: 71s\n    discovery: dns\nproxy: {discovery: {interval: 10s}}\n",
            ":10: services.lessons.pre_stop_wait: a wait of 71s ends before the proxies know that the task stops; give 72s to 115s, or discovery: cloud_map and 14s",
            id="a wait too short for DNS, with a slow poll",
        ),
        pytest.param(
            GOOD + "    pre_stop_wait: 2m\n",
            ":10: services.lessons.pre_stop_wait: '2m' is not a pre-stop wait; give whole seconds from 0s to 115s",
            id="a wait longer than Fargate's stop timeout",
        ),
        pytest.param(
            GOOD + "    pre_stop_image: example.com/busybox:1.37.0\n    pre_stop_wait: 0s\n",
            ":10: services.lessons.pre_stop_image: has no effect with pre_stop_wait: 0s; remove one of the two",
            id="an image without a wait",
        ),
        pytest.param(
            GOOD + "    stop_timeout: 3m\n",
            ":10: services.lessons.stop_timeout: '3m' is not a stop timeout on Fargate; give whole seconds from 2s",
            id="stop timeout",
        ),
        pytest.param(
            GOOD + "    stop_timeout: 3s\n    pre_stop_wait: 0s\n",
            ":10: services.lessons.stop_timeout: by Cloud Map the proxies call a task until 4s after SIGTERM, and ECS kills the server after 3s; give pre_stop_wait: 4s, or stop_timeout: 4s or more if the server keeps serving by itself",
            id="a server that is killed before Cloud Map tells",
        ),
        pytest.param(
            GOOD + "    pre_stop_wait: 0s\nproxy: {discovery: {interval: 30s}}\n",
            ":7: services.lessons.stop_timeout: by Cloud Map the proxies call a task until 38s after SIGTERM, and ECS kills the server after 30s; give pre_stop_wait: 38s, or",
            id="a server that is killed before a slow poll",
        ),
        pytest.param(
            GOOD + "    discovery: dns\n    stop_timeout: 9s\n    pre_stop_wait: 0s\nproxy: {discovery: {interval: 10s}}\n",
            ":11: services.lessons.stop_timeout: by DNS the proxies call a task until 72s",
            id="a slow poll that does not matter by DNS",
        ),
        pytest.param(
            GOOD + "    tasks: 9\nproxy: {port: 9902}\n",
            ":11: proxy.port: 9902 is the port of the discovery sidecar; give another",
            id="the sidecar's port",
        ),
        pytest.param(
            GOOD + "proxy: {discovery: {interval: 100ms}}\n",
            ":10: proxy.discovery.interval: '100ms' is not an interval between polls; give a time from 500ms to 1m",
            id="too short an interval",
        ),
        pytest.param(
            GOOD + "proxy: {discovery: {image: discovery}}\n",
            ":10: proxy.discovery.image: 'discovery' is not an image with an exact version",
            id="a sidecar without a version",
        ),
    ],
)  # fmt: skip
def test_fails_with_file_line_key_and_what_to_give(text: str, message: str, tmp_path: Path) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(message)


ISOLATED = """
environment: dev
region: eu-west-1
account: "111122223333"
image_mirror: 111122223333.dkr.ecr.eu-west-1.amazonaws.com
network:
  vpc_id: vpc-0123456789abcdef0
  subnets: {proxy: {kind: isolated}}
namespace: {name: learning.local}
proxy: {clients: [10.0.0.0/16], discovery: {image: "example.com/discovery:1"}}
services:
  lessons: {image: "example.com/lessons:1", grpc_services: [learning.v1.Lessons]}
"""


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        pytest.param(ISOLATED, [("proxy", "discovery", "events")], id="no way to SQS"),
        pytest.param(ISOLATED.replace("vpc_id:", "endpoints: true\n  vpc_id:"), [], id="endpoints"),
        pytest.param(ISOLATED.replace("{image:", "{events: false, image:", 1), [], id="no events"),
        pytest.param(ISOLATED.replace("isolated", "private"), [], id="private"),
        pytest.param(
            ISOLATED.replace("grpc_services:", "discovery: dns, grpc_services:"), [], id="no sidecar"
        ),
    ],
)
def test_a_proxy_without_a_way_to_the_events_gets_a_warning(
    tmp_path: Path, text: str, warned: list[tuple[str, ...]]
) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text(text)
    assert [path for path, _ in warnings(load_configuration(file))] == warned
