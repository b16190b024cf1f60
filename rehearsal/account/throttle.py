"""Asks the emulator to refuse a share of all calls to Cloud Map and ECS."""

import urllib.request

from rehearsal.account.aws import Aws

PATH, SHARE = "/_rehearsal/throttle", "share"


def throttle(aws: Aws, share: float) -> None:
    """Let the emulator refuse `share` of the calls, 0 to 1, with ThrottlingException; 0 ends it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{aws.endpoint}{PATH}?{SHARE}={share}", method="POST")  # noqa: S310  # HTTP
    with opener.open(request, timeout=10):
        pass
