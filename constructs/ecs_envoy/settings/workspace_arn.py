"""ARNs of workspaces of Amazon Managed Service for Prometheus."""

import re

WORKSPACE_ARN = r"arn:aws[a-z-]*:aps:[a-z0-9-]+:\d{12}:workspace/ws-[\w-]+"


def workspace_problem(arn: str, region: str) -> str | None:
    """Return why a proxy in `region` cannot write to the workspace `arn`, and what to give; None if it can.

    A `region` that is only known when the stack is deployed is not compared.
    """
    if not re.fullmatch(WORKSPACE_ARN, arn):
        return (
            f"{arn!r} is no workspace's ARN; give one such as "
            "arn:aws:aps:eu-west-1:111122223333:workspace/ws-0123..."
        )
    there = arn.split(":")[3]
    if there != region and not region.startswith("${"):
        return f"is a workspace in {there}, and the proxy writes to {region}; give one of {region}"
    return None
