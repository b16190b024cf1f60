"""The stacks of the services of a configuration, and of their monitoring."""

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.proxies.views import is_routed, stack_name
from ecs_envoy.plan.limits.service_stacks import services_stack_name, stack_number


def stack_of(configuration: Configuration, service: str) -> int:
    """Return the number of the stack that `service` is in."""
    deployed = configuration.services.get(service)
    if deployed is None:
        # Existing services have rules only. Services that share a security group share its rules, too, and
        # EC2 refuses a rule that is there already, so that all of them are in one stack.
        return 1
    return stack_number(service, stacks=configuration.service_stacks, chosen=deployed.stack)


def used_stacks(configuration: Configuration) -> list[int]:
    """Return the numbers of the stacks that have services, in ascending order; the first always counts."""
    return sorted({1, *(stack_of(configuration, name) for name in configuration.services)})


def defined_stacks(configuration: Configuration) -> list[int]:
    """Return the numbers of the stacks to define, in ascending order.

    With `service_stacks` also those without a service are defined: the CDK CLI then deletes the stack whose
    last service is gone, and says of the others that there is nothing to deploy.
    """
    return sorted({*range(1, configuration.service_stacks + 1), *used_stacks(configuration)})


def used_stack_names(configuration: Configuration) -> list[str]:
    """Return the names of the stacks that have services."""
    return [services_stack_name(configuration.environment, n) for n in used_stacks(configuration)]


def stack_name_of(configuration: Configuration, service: str) -> str:
    """Return the name of the stack that `service` is in."""
    return services_stack_name(configuration.environment, stack_of(configuration, service))


def monitored_in(configuration: Configuration, service: str) -> int:
    """Return the number of the monitoring stack that `service` is in: that of its own stack.

    Existing services are spread by their names, too: unlike their rules, their alarms share nothing.
    """
    deployed = configuration.services.get(service)
    chosen = deployed.stack if deployed else None
    return stack_number(service, stacks=configuration.service_stacks, chosen=chosen)


def monitored_services(view: Configuration, number: int) -> list[str]:
    """Return the services of the proxy of `view` that the monitoring stack with this number has."""
    every = [*view.services, *view.existing_services]
    return [name for name in every if is_routed(view, name) and monitored_in(view, name) == number]


def used_monitoring_stacks(view: Configuration) -> list[int]:
    """Return the numbers of the monitoring stacks that have resources, in ascending order."""
    if not view.telemetry.cloudwatch:
        return []
    every = [*view.services, *view.existing_services]
    return sorted({1, *(monitored_in(view, name) for name in every if is_routed(view, name))})


def defined_monitoring_stacks(view: Configuration) -> list[int]:
    """Return the numbers of the monitoring stacks to define, as `defined_stacks` does."""
    used = used_monitoring_stacks(view)
    return sorted({*range(1, view.service_stacks + 1), *used}) if used else []


def monitoring_stack_name(view: Configuration, number: int) -> str:
    """Return the name of the monitoring stack with this number; the first has none in its name."""
    return stack_name(view, "monitoring" if number == 1 else f"monitoring-{number}")
