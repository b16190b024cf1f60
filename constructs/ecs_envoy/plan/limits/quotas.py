"""The quotas of AWS that an environment may reach, each with its page. docs/limits.md shows them all.

The figures are of November 2026. A hard limit is an error where it is passed; an adjustable quota is a
warning, since nobody but the account knows its own figure.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quota of AWS.

    Attributes:
        what: What is counted.
        most: How many there may be; of an adjustable quota the figure of a new account.
        page: The page of AWS's documentation that has the figure.
        spare: How much of it is kept free, for what others add, such as the CDK CLI's own metadata.
        adjustable: Whether AWS raises it on request.

    """

    what: str
    most: int
    page: str
    spare: int = 0
    adjustable: bool = False

    @property
    def usable(self) -> int:
        """How many we use at most."""
        return self.most - self.spare


_CLOUD_FORMATION = "Understand CloudFormation quotas"
_ECS = "Amazon ECS endpoints and quotas"
_CLOUD_MAP = "AWS Cloud Map service quotas"
_CLOUD_WATCH = "CloudWatch service quotas"
_IAM = "IAM and AWS STS quotas"
_VPC = "Amazon VPC quotas"

RESOURCES = Quota(what="resources of a stack", most=500, page=_CLOUD_FORMATION, spare=10)
TEMPLATE_BYTES = Quota(what="bytes of a template", most=1_000_000, page=_CLOUD_FORMATION, spare=50_000)
OUTPUTS = Quota(what="outputs of a stack", most=200, page=_CLOUD_FORMATION, spare=5)
PARAMETERS = Quota(what="parameters of a stack", most=200, page=_CLOUD_FORMATION, spare=5)
STACKS = Quota(what="stacks", most=2000, page=_CLOUD_FORMATION, adjustable=True)

RULES = Quota(what="inbound or outbound rules of a security group", most=60, page=_VPC)
"""
AWS raises it on request, but then a task may have fewer groups, so that it counts as a limit here. A rule
with a prefix list counts as many as the list may have entries.
"""
SECURITY_GROUPS = Quota(what="security groups", most=2500, page=_VPC, adjustable=True)
GROUPS_OF_TASK = Quota(what="security groups of a task", most=5, page=_ECS)

CONTAINERS = Quota(what="containers of a task definition", most=10, page=_ECS)
TASK_DEFINITION_BYTES = Quota(what="bytes of a task definition", most=64 * 1024, page=_ECS)
ECS_SERVICES = Quota(what="services of an ECS cluster", most=5000, page=_ECS, adjustable=True)
FARGATE_VCPUS = Quota(what="vCPUs on Fargate", most=6, page=_ECS, adjustable=True)

INSTANCES_OF_SERVICE = Quota(what="tasks listed of a Cloud Map service", most=1000, page=_CLOUD_MAP)
INSTANCES_OF_NAMESPACE = Quota(
    what="tasks listed in a Cloud Map namespace", most=2000, page=_CLOUD_MAP, adjustable=True
)

ROLES = Quota(what="IAM roles", most=1000, page=_IAM, adjustable=True)
INLINE_POLICY_CHARACTERS = Quota(what="characters of a role's inline policies", most=10_240, page=_IAM)
MANAGED_POLICY_CHARACTERS = Quota(what="characters of a managed policy", most=6144, page=_IAM)
MANAGED_POLICIES = Quota(what="managed policies of a role", most=10, page=_IAM, adjustable=True)

WIDGETS = Quota(what="widgets of a dashboard", most=500, page=_CLOUD_WATCH)
METRICS_OF_WIDGET = Quota(what="metrics of a widget", most=500, page=_CLOUD_WATCH)
METRICS_OF_DASHBOARD = Quota(what="metrics of a dashboard", most=2500, page=_CLOUD_WATCH)
ALARMS_OF_WIDGET = Quota(what="alarms of a widget", most=100, page="Dashboard body structure and syntax")
QUERY_ALARMS = Quota(
    what="alarms with a query of Metrics Insights", most=200, page=_CLOUD_WATCH, adjustable=True
)
FILTER_PATTERN_CHARACTERS = Quota(
    what="characters of a metric filter's pattern", most=1024, page="MetricFilter"
)

ALB_TARGETS = Quota(
    what="targets of an ALB", most=1000, page="Quotas for your Application Load Balancers", adjustable=True
)

QUOTAS = tuple(value for value in vars().values() if isinstance(value, Quota))
"""All of them, in the order of docs/limits.md."""
