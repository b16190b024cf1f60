"""Whether a server reports to Datadog by itself, so that it needs no agent of ours."""

import re
from collections.abc import Iterable, Mapping

from ecs_envoy.settings.task.sidecar import SidecarContainer

_AGENT_ELSEWHERE = {
    "DD_AGENT_HOST",
    "DD_TRACE_AGENT_HOSTNAME",
    "DD_TRACE_AGENT_URL",
    "DD_DOGSTATSD_HOST",
    "DD_DOGSTATSD_URL",
    "DD_API_KEY",
}
"""
The variables that tell Datadog's libraries where the agent is ("Library configuration" in its documentation),
or that let them do without.
"""

_AGENT_IMAGE = re.compile(r"(?:.*/)?(?:datadog(?:hq)?/(?:agent|serverless-init)|datadog-agent)[:@].*")

_OUR_NAME = "datadog-agent"
"""The name of the container that `DatadogECSFargate` adds; ECS refuses two of a name in a task."""


def has_own_datadog(variables: Iterable[str], sidecars: Mapping[str, SidecarContainer]) -> bool:
    """Return whether the environment `variables` or `sidecars` show an agent of the user's own."""
    return bool(_AGENT_ELSEWHERE.intersection(variables)) or any(
        name == _OUR_NAME
        or _AGENT_IMAGE.fullmatch(sidecar.image)
        or "DD_API_KEY" in {*sidecar.environment, *sidecar.secrets}
        for name, sidecar in sidecars.items()
    )
