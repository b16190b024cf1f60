"""The health checks of the proxy's containers."""

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs


def ready_check(address: str, port: int, *, start_period: Duration) -> ecs.HealthCheck:
    """Return a check that `/ready` answers with status 200. It uses bash, because our images have no curl."""
    return ecs.HealthCheck(
        command=["CMD", "/bin/bash", "-c", ready_script(address, port)],
        interval=Duration.seconds(5),
        timeout=Duration.seconds(3),
        retries=3,
        start_period=start_period,
    )


def ready_script(address: str, port: int) -> str:
    """Return a bash script that succeeds if `/ready` at `address` and `port` answers with status 200."""
    return (
        f"exec 3<>/dev/tcp/{address}/{port}"
        " && printf 'GET /ready HTTP/1.1\\r\\nHost: envoy\\r\\nConnection: close\\r\\n\\r\\n' >&3"
        " && read -r -t 2 -u 3 _ status _"
        ' && [ "$status" = 200 ]'
    )
