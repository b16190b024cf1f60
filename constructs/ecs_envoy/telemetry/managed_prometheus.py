"""A workspace of Amazon Managed Service for Prometheus."""

from pathlib import Path

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_aps as aps
from aws_cdk import aws_iam as iam
from constructs import Construct

from ecs_envoy.settings.workspace_arn import workspace_problem

_PACKAGE = Path(__file__).resolve().parents[1]


def prometheus_rules() -> str:
    """Return the recording and alerting rules, as Prometheus reads them."""
    # In a wheel they lie beside us; in a checkout at the top, where a Prometheus of your own finds them.
    places = (_PACKAGE / "prometheus/rules.yaml", _PACKAGE.parents[1] / "monitoring/prometheus/rules.yaml")
    return next(place for place in places if place.is_file()).read_text(encoding="utf-8")


class ManagedPrometheus(Construct):
    """Defines a workspace with this package's recording and alerting rules, or takes one that exists.

    One made here stays when its stack goes: what it has measured is not to be had again. Where
    its alerts go is the workspace's alert manager's to say.

    Args:
        workspace_arn: The ARN of the workspace to use, of the stack's region; its rules are its
            owner's. A new one by default.

    Attributes:
        workspace_arn: The workspace's ARN.
        remote_write_url: Where metrics are written to.

    Raises:
        ValueError: The ARN is none, or of another region.

    """

    def __init__(self, scope: Construct, construct_id: str, *, workspace_arn: str | None = None) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        if workspace_arn is None:
            workspace = aps.CfnWorkspace(self, "Workspace", alias=construct_id)
            workspace.apply_removal_policy(RemovalPolicy.RETAIN)
            aps.CfnRuleGroupsNamespace(
                self, "Rules", name="ecs-envoy", workspace=workspace.attr_arn, data=prometheus_rules()
            )
            self.workspace_arn, workspace_id = workspace.attr_arn, workspace.attr_workspace_id
        else:
            if problem := workspace_problem(workspace_arn, stack.region):
                raise ValueError(problem)
            self.workspace_arn, workspace_id = workspace_arn, workspace_arn.rpartition("/")[2]
        self.remote_write_url = (
            f"https://aps-workspaces.{stack.region}.{stack.url_suffix}/workspaces/{workspace_id}"
            "/api/v1/remote_write"
        )

    def grant_write(self, role: iam.IGrantable) -> iam.Grant:
        """Let `role` write metrics to this workspace, and do no more."""
        return iam.Grant.add_to_principal(
            grantee=role, actions=["aps:RemoteWrite"], resource_arns=[self.workspace_arn]
        )
