"""`python -m discovery SETTINGS`: keep Envoy's endpoints in step with Cloud Map and ECS until SIGTERM."""

import logging
import os
import signal
import sys

from discovery.endpoints_file import Publish
from discovery.http_server import serve
from discovery.json_log import log_to_stdout
from discovery.settings import parse
from discovery.sidecar import Sidecar
from discovery.sources import Sources
from discovery.watchdog import Watchdog

FAILED, BAD_INPUT = 1, 2


def main() -> int:
    """Run until SIGTERM. Return 0 then, 1 if a thread hangs or the port is taken, 2 if settings are wrong."""
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
    try:
        publish = _serve_xds(settings.xds) if settings.xds else None
    except OSError as error:
        print(f"discovery: {settings.xds}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return FAILED
    sidecar = Sidecar(settings, Sources(settings, region), Watchdog(), publish)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: sidecar.stop())
    try:
        serve(sidecar, settings.address, settings.port)
    except OSError as error:
        print(f"discovery: {settings.address}:{settings.port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return FAILED
    if not sidecar.run():
        os._exit(FAILED)  # a normal exit could hang like the thread
    logging.getLogger("discovery").info("stopped")
    return 0


def _serve_xds(address: str) -> Publish:
    """Serve endpoints to Envoy at `address` until the process ends; return what gets them."""
    # Here, because gRPC takes 25 MiB, and few sidecars need it (measured).
    from discovery.xds.server import XdsServer

    return XdsServer(address).put


if __name__ == "__main__":
    sys.exit(main())
