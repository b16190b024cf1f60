"""The drain container in the proxy's task: it decides when Envoy may end after ECS stops the task."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

from ecs_envoy.fargate.arguments import duration_of
from ecs_envoy.fargate.stop_first import containers_of, stop_first
from ecs_envoy.plan.sidecars import CPU_UNITS, MEMORY_MIB
from ecs_envoy.plan.stop.proxy_stop import ProxyStop
from ecs_envoy.proxy.envoy_container import ENVOY_USER
from envoy_config.model import ADMIN_ADDRESS, ADMIN_PORT

_PACKAGE = Path(__file__).resolve().parents[1]


def drain_script() -> str:
    """Return the script that the container runs, without its comments: a task definition holds 64 KB."""
    # A wheel has it inside this package; a checkout has it in envoy/drain.
    places = (_PACKAGE / "drain/drain.sh", _PACKAGE.parents[1] / "envoy/drain/drain.sh")
    lines = next(place for place in places if place.is_file()).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def add_drain_container(
    definition: ecs.FargateTaskDefinition,
    *,
    image: ecs.ContainerImage,
    stop: ProxyStop,
    log: ecs.LogDriver,
) -> ecs.ContainerDefinition:
    """Add the container that ECS stops before all others of `definition`, which are there already.

    Args:
        definition: The task definition.
        image: Envoy's image, which has bash.
        stop: The steps of the stop and their times.
        log: Its log driver.

    """
    seconds = {
        "SERVE_ON_SECONDS": stop.serve_on,
        "LOOK_UP_SECONDS": stop.look_up,
        "DRAIN_SECONDS": stop.drain,
    }
    others = containers_of(definition)
    container = definition.add_container(
        "Drain",
        container_name="drain",
        image=image,
        entry_point=["/bin/bash", "-c"],
        command=[drain_script()],
        environment={
            "ADMIN_ADDRESS": ADMIN_ADDRESS,
            "ADMIN_PORT": str(ADMIN_PORT),
            **{name: f"{time.total_seconds():.0f}" for name, time in seconds.items()},
        },
        cpu=CPU_UNITS["drain"],
        memory_limit_mib=MEMORY_MIB["drain"],
        # Without it the proxy serves on, but its stop loses the calls that are open.
        essential=False,
        enable_restart_policy=True,
        restart_attempt_period=Duration.seconds(60),
        user=ENVOY_USER,
        readonly_root_filesystem=True,
        stop_timeout=duration_of(stop.stop_timeout),
        logging=log,
    )
    stop_first(container, others)
    return container
