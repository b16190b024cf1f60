"""Lets the stand-in for ECS put ECS's own events into EventBridge."""

from collections.abc import Mapping
from typing import Any

from rehearsal.account.emulator.ministack_internals import events


def patch_ministack() -> None:
    """Accept events with the source `aws.ecs`, which AWS accepts from ECS alone."""
    put = events._put_events

    def put_events(data: Mapping[str, Any], allow_aws_source: bool = False) -> Any:  # noqa: ANN401
        is_of_ecs = all(entry.get("Source") == "aws.ecs" for entry in data.get("Entries", []))
        return put(data, allow_aws_source=allow_aws_source or is_of_ecs)

    events._put_events = put_events
