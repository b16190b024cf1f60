"""What the discovery sidecar may ask AWS: about the services of the proxy, and about nothing else."""

from collections.abc import Iterator, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.plan.limits.policy_size import statements_of_names
from ecs_envoy.plan.reach.service_location import InCloudMap, InEcs
from ecs_envoy.settings.arguments import is_token


def grant_discovery(
    scope: Construct,
    role: iam.IRole,
    discovered: Sequence[InCloudMap | InEcs],
    own_namespace: servicediscovery.IPrivateDnsNamespace,
) -> None:
    """Let `role` find the tasks of `discovered`; the proxy itself is in `own_namespace`."""
    stack = Stack.of(scope)
    namespaces: dict[str, list[InCloudMap]] = {}
    for location in discovered:
        if isinstance(location, InCloudMap):
            namespaces.setdefault(location.namespace_id, []).append(location)
    for namespace_id, services in namespaces.items():
        is_own = namespace_id == own_namespace.namespace_id
        arn = own_namespace.namespace_arn if is_own else _namespace_arn(stack, namespace_id)
        for statement in _cloud_map_statements(arn, services):
            role.add_to_principal_policy(statement)
    for ecs_cluster in sorted({found.ecs_cluster for found in discovered if isinstance(found, InEcs)}):
        for statement in _ecs_statements(stack, ecs_cluster):
            role.add_to_principal_policy(statement)


def _namespace_arn(stack: Stack, namespace_id: str) -> str:
    return stack.format_arn(service="servicediscovery", resource="namespace", resource_name=namespace_id)


def _cloud_map_statements(
    namespace_arn: str, services: Sequence[InCloudMap]
) -> Iterator[iam.PolicyStatement]:
    for names in statements_of_names({service.service for service in services}):
        yield iam.PolicyStatement(
            actions=["servicediscovery:DiscoverInstances", "servicediscovery:DiscoverInstancesRevision"],
            # The actions do not support resources, only these two condition keys ("Actions, resources, and
            # condition keys for AWS Cloud Map").
            resources=["*"],
            conditions={
                # A request has the namespace's HttpName: its name, or its name and a hash if the account has
                # used the name before in the region. Nobody documents the form of the hash.
                "StringLike": {"servicediscovery:NamespaceName": f"{_literal(services[0].namespace)}*"},
                "StringEquals": {"servicediscovery:ServiceName": names},
            },
        )
    yield iam.PolicyStatement(
        actions=["servicediscovery:GetNamespace"],  # it knows the HttpName
        resources=[namespace_arn],
    )


def _literal(name: str) -> str:
    """Return the pattern that only `name` matches ("IAM policy elements: Variables and tags")."""
    if is_token(name):
        return name
    return "".join(f"${{{char}}}" if char in "*?$" else char for char in name)


def _ecs_statements(stack: Stack, ecs_cluster: str) -> Iterator[iam.PolicyStatement]:
    cluster_arn = stack.format_arn(service="ecs", resource="cluster", resource_name=ecs_cluster)
    yield iam.PolicyStatement(
        actions=["ecs:ListTasks"],
        # It knows only container instances as resources, and without one the request is for "*", so the
        # condition alone bounds it (widdix/complete-aws-iam-reference#74, cdklabs/construct-hub#1207; the
        # condition key is in "Actions, resources, and condition keys for Amazon ECS").
        resources=["*"],
        conditions={"ArnEquals": {"ecs:cluster": cluster_arn}},
    )
    yield iam.PolicyStatement(
        actions=["ecs:DescribeTasks"],
        # Its resource is a task, whose ARN has the name of the ECS cluster (same page).
        resources=[stack.format_arn(service="ecs", resource="task", resource_name=f"{ecs_cluster}/*")],
    )
