"""Handlers for the two resources of Application Auto Scaling, which MiniStack does not know."""

from rehearsal.account.emulator.ministack_internals import Created, Properties, RefusedError, ecs


def create_scalable_target(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Bring the ECS service's desired count into the bounds, as the registration of a target does in AWS."""
    resource, dimension = properties["ResourceId"], properties["ScalableDimension"]
    _, cluster, name = resource.split("/")
    service = ecs._services.get(f"{cluster}/{name}")
    if service is None:
        raise RefusedError(f"{resource}: no such ECS service")
    bounded = min(max(service["desiredCount"], properties["MinCapacity"]), properties["MaxCapacity"])
    if bounded != service["desiredCount"]:
        ecs._update_service({"cluster": cluster, "service": name, "desiredCount": bounded})
    return f"{resource}|{dimension}|{properties['ServiceNamespace']}", {}


def update_scalable_target(physical_id: str, _old: Properties, new: Properties, stack: str) -> Created:
    """Apply the new bounds."""
    create_scalable_target("", new, stack)
    return physical_id, {}


def delete_scalable_target(_physical_id: str, _properties: Properties) -> None:
    """Leave the ECS service's desired count as it is, as AWS does."""


def create_scaling_policy(logical_id: str, properties: Properties, stack: str) -> Created:
    """Return an ARN for the policy; no autoscaling happens in a rehearsal."""
    arn = f"arn:aws:autoscaling:::scalingPolicy:{stack}:{logical_id}:policyName/{properties['PolicyName']}"
    return arn, {"Arn": arn}


def update_scaling_policy(physical_id: str, _old: Properties, _new: Properties, _stack: str) -> Created:
    """Keep the ARN."""
    return physical_id, {"Arn": physical_id}


def delete_scaling_policy(_physical_id: str, _properties: Properties) -> None:
    """Do nothing."""
