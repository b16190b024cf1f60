"""The construct for a workspace of Amazon Managed Service for Prometheus."""

from pathlib import Path

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_aps as aps
from aws_cdk import aws_iam as iam
from constructs import Construct

from ecs_envoy.settings.arguments import checked_arguments
from ecs_envoy.settings.workspace_arn import workspace_problem

_PACKAGE = Path(__file__).resolve().parents[1]


def prometheus_rules() -> str:
    """Return the recording and alerting rules as Prometheus's YAML."""
    # A wheel has them inside this package. In a checkout they are at the top, where your own Prometheus finds
    # them.
    places = (_PACKAGE / "prometheus/rules.yaml", _PACKAGE.parents[1] / "monitoring/prometheus/rules.yaml")
    return next(place for place in places if place.is_file()).read_text(encoding="utf-8")


class ManagedPrometheus(Construct):
    """Defines a workspace with this package's recording and alerting rules, or uses one that exists.

    A new workspace is kept when its stack is deleted, because its metrics cannot be restored. The
    workspace's alert manager decides where its alerts go.

    Args:
        workspace_arn: The ARN of the workspace to use, in the stack's region. Its owner manages its
            rules. By default a new workspace is created.

    Attributes:
        workspace_arn: The workspace's ARN.
        remote_write_url: The URL that metrics are written to.

    Raises:
        ValueError: The value is not the ARN of a workspace, or the workspace is in another region.

    """

    @checked_arguments
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
        """Let `role` write metrics to this workspace, and nothing else."""
        return iam.Grant.add_to_principal(
            grantee=role, actions=["aps:RemoteWrite"], resource_arns=[self.workspace_arn]
        )
