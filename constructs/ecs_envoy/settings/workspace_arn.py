"""ARNs of workspaces of Amazon Managed Service for Prometheus."""

import re

WORKSPACE_ARN = r"arn:aws[a-z-]*:aps:[a-z0-9-]+:\d{12}:workspace/ws-[\w-]+"


def workspace_problem(arn: str, region: str) -> str | None:
    """Return why a proxy in `region` cannot write to the workspace `arn`, and what to give; None if it can.

    A `region` that is known only at deployment is not compared.
    """
    if not re.fullmatch(WORKSPACE_ARN, arn):
        return (
            f"{arn!r} is not the ARN of a workspace; give one such as "
            "arn:aws:aps:eu-west-1:111122223333:workspace/ws-0123..."
        )
    workspace_region = arn.split(":")[3]
    if workspace_region != region and not region.startswith("${"):
        return f"is a workspace in {workspace_region}, and the proxy writes to {region}; give one in {region}"
    return None
