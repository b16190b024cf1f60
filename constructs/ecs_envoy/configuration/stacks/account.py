"""Quotas of the account that a configuration may pass: AWS raises them, so that they are warnings."""

from collections.abc import Iterator

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import servers
from ecs_envoy.configuration.proxies.views import views
from ecs_envoy.plan.limits.monitoring_sizes import QUERIES_OF_SERVICE
from ecs_envoy.plan.limits.quotas import (
    FARGATE_VCPUS,
    INSTANCES_OF_NAMESPACE,
    QUERY_ALARMS,
    ROLES,
    Quota,
)
from envoy_config.settings_error import Finding, KeyPath

_UNITS_OF_VCPU = 1024
_ROLES_OF_TASK = 2


def quota_warnings(configuration: Configuration) -> list[Finding]:
    """Return what passes the quotas of a new account where every task runs that may, with their names."""
    return [
        (path, f"{text}, and a new account has {quota.most} {quota.what}; {cure}")
        for path, text, quota, cure in _needed(configuration)
    ]


def _needed(configuration: Configuration) -> Iterator[tuple[KeyPath, str, Quota, str]]:
    cure = 'ask AWS to raise it in Service Quotas ("{}"), unless the account\'s is higher already'
    tasks = [*servers(configuration).values(), *(view.proxy for view in views(configuration))]
    vcpus = sum(task.tasks.max * task.cpu for task in tasks) / _UNITS_OF_VCPU
    if vcpus > FARGATE_VCPUS.most:
        text = f"the most tasks of all together need {vcpus:,.0f} vCPUs at once"
        yield ("services",), text, FARGATE_VCPUS, cure.format("Fargate On-Demand vCPU resource count")
    # Each name of the proxy is an instance, too.
    listed = sum(service.tasks.max for service in configuration.services.values())
    names = len(configuration.services) + len(configuration.existing_services)
    proxies = sum(view.proxy.tasks.max + len(view.proxy.aliases) for view in views(configuration))
    if (instances := listed + names + proxies) > INSTANCES_OF_NAMESPACE.most:
        text = f"the most tasks of all together and the names of the proxy are {instances:,} instances"
        yield ("namespace",), text, INSTANCES_OF_NAMESPACE, cure.format("Instances per namespace")
    if (roles := _ROLES_OF_TASK * len(tasks)) > ROLES.most // 2:
        text = f"the tasks have {roles} roles"
        yield ("services",), text, ROLES, cure.format("Roles per account")
    # An alarm of each service's skew has one. CloudWatch has no limit for all alarms together.
    queries = QUERIES_OF_SERVICE * len(configuration.services) if configuration.telemetry.cloudwatch else 0
    if queries > QUERY_ALARMS.most // 2:
        text = f"each service has an alarm with a query of Metrics Insights, together {queries:,}"
        yield ("telemetry", "cloudwatch"), text, QUERY_ALARMS, cure.format("Metrics Insights alarms")
