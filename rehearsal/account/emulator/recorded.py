"""Handlers for resources that MiniStack does not know and no rehearsal uses: they only return an id."""

from rehearsal.account.emulator.ministack_internals import Created, Properties

TYPES = (
    "AWS::APS::RuleGroupsNamespace",
    "AWS::APS::Workspace",
    "AWS::Logs::QueryDefinition",
)


def create(logical_id: str, _properties: Properties, stack: str) -> Created:
    """Return an id, and every attribute that our templates read from one of these resources."""
    arn = f"arn:aws:aps:us-east-1:000000000000:workspace/ws-{stack}-{logical_id}"
    return f"{stack}-{logical_id}", {"Arn": arn, "WorkspaceId": f"ws-{stack}-{logical_id}"}


def update(physical_id: str, _old: Properties, _new: Properties, _stack: str) -> Created:
    """Keep the id."""
    return physical_id, {}


def delete(_physical_id: str, _properties: Properties) -> None:
    """Do nothing."""
