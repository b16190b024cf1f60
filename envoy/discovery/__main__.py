"""`python -m discovery SETTINGS`: keep Envoy's endpoints in step with Cloud Map until SIGTERM."""

import logging
import os
import signal
import sys

from discovery.cloud_map import CloudMap
from discovery.http_server import serve
from discovery.json_log import log_to_stdout
from discovery.settings import parse
from discovery.sidecar import Sidecar

FAILED, BAD_INPUT = 1, 2


def main() -> int:
    """Run until SIGTERM. Return 0 then, 1 if the port is taken, and 2 if the settings are not valid."""
    try:
        (text,) = sys.argv[1:]
        settings = parse(text)
        region = os.environ["AWS_REGION"]
    except ValueError as error:
        print(f"discovery: {error}; give one argument of JSON", file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    except KeyError:
        print("discovery: AWS_REGION is not set; give the region of the namespace", file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    log_to_stdout()
    cloud_map = CloudMap(endpoint=_endpoint(region), region=region, namespace=settings.namespace)
    sidecar = Sidecar(settings, cloud_map)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: sidecar.stop())
    try:
        serve(sidecar, settings.address, settings.port)
    except OSError as error:
        print(f"discovery: {settings.address}:{settings.port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return FAILED
    sidecar.run()
    logging.getLogger("discovery").info("stopped")
    return 0


def _endpoint(region: str) -> str:
    """Return the URL of Cloud Map's data plane.

    It comes from the environment variables that AWS's SDKs read, or else from the region.
    """
    configured = os.environ.get("AWS_ENDPOINT_URL_SERVICEDISCOVERY") or os.environ.get("AWS_ENDPOINT_URL")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return configured or f"https://data-servicediscovery.{region}.{suffix}"


if __name__ == "__main__":
    sys.exit(main())
