"""The check of Envoy's container."""

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

import envoy_config


def ready_check(proxy: envoy_config.Proxy) -> ecs.HealthCheck:
    """Return the check that Envoy's admin answers `/ready` with 200; by bash, since the image has no curl."""
    return ecs.HealthCheck(
        command=["CMD", "/bin/bash", "-c", ready_script(proxy.admin_address, proxy.admin_port)],
        interval=Duration.seconds(5),
        timeout=Duration.seconds(3),
        retries=3,
        start_period=Duration.seconds(10),
    )


def ready_script(address: str, port: int) -> str:
    """Return the bash script that succeeds while the Envoy whose admin listens there is ready."""
    return (
        f"exec 3<>/dev/tcp/{address}/{port}"
        " && printf 'GET /ready HTTP/1.1\\r\\nHost: envoy\\r\\nConnection: close\\r\\n\\r\\n' >&3"
        " && read -r -t 2 -u 3 _ status _"
        ' && [ "$status" = 200 ]'
    )
