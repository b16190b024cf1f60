"""Whether Cloud Map and DNS list the tasks that run, and nothing else."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecs_envoy.configuration.existing.plans import own_namespace_id
from ecs_envoy.configuration.plans import service_plans
from ecs_envoy.doctor.account import Account, address_of
from ecs_envoy.doctor.result import Result, ok, problem, unknown, warning

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

MAX_NEGATIVE_TTL_SECONDS = 60
"""A client that asks for a name too early keeps the answer 'no such name' for so long."""


def check_registries(account: Account) -> Iterator[Result]:
    """Compare the addresses in Cloud Map with those of the running tasks."""
    namespace = account.namespace.get("Id", "")
    ids = {summary.get("Id", ""): name for name, summary in account.registries.items()}
    for service in account.services:
        for registry in service.get("serviceRegistries", []):
            identity = registry.get("registryArn", "").rpartition("/")[2]
            if identity in ids:
                yield from _compare(account, ids[identity], service)
            else:
                yield problem(
                    service.get("serviceName", ""),
                    f"is listed by {identity}, which is not in the namespace {namespace}: the proxy does not "
                    "find its tasks; deploy every stack of the environment",
                )


def _compare(account: Account, name: str, service: "ServiceTypeDef") -> Iterator[Result]:
    running = {address for task in account.tasks(service) if (address := address_of(task))}
    listed = account.listed(name)
    if gone := sorted(listed.keys() - running):
        yield problem(
            name, f"lists {', '.join(gone)}, where no task of it runs: calls to them fail; deregister them"
        )
    if missing := sorted(running - listed.keys()):
        why = "they start or stop now, or ECS cannot register them"
        yield warning(name, f"does not list {', '.join(missing)}, where tasks run: {why}; look again")
    if not gone and not missing:
        yield ok(name, f"lists the {len(listed)} tasks that run")


def check_existing_services(account: Account) -> Iterator[Result]:
    """Look whether the services that other stacks deploy are in the namespace and have tasks."""
    if not account.configuration.existing_services:
        yield ok("existing_services", "none are configured")
    for name, service in account.configuration.existing_services.items():
        registry = service.cloud_map_service
        if registry is None or service.namespace:
            yield ok(name, "is not listed in the proxy's namespace, so it is not looked at")
        elif registry not in account.registries:
            known = ", ".join(sorted(account.registries)) or "none"
            yield problem(
                name, f"{registry} is not a service of the namespace; give its name there, one of: {known}"
            )
        elif listed := account.listed(registry):
            yield ok(name, f"{registry} lists {len(listed)} tasks")
        else:
            yield problem(name, f"{registry} lists no task; ask its owner")


def check_dns(account: Account) -> Iterator[Result]:
    """Compare the records in Route 53, which the VPC's resolver answers from, with Cloud Map's list."""
    name, wanted = account.namespace.get("Name", ""), account.configuration.namespace.name
    if name != wanted:
        yield problem(
            name,
            f"is the name of {account.namespace.get('Id', '')}, and the configuration says {wanted}: clients "
            "would dial names that do not exist; correct namespace.name, and deploy every stack",
        )
    properties = account.namespace.get("Properties", {}).get("DnsProperties", {})
    zone, soa = properties.get("HostedZoneId"), properties.get("SOA", {}).get("TTL")
    if not zone:
        yield problem(name, "has no hosted zone; give a private DNS namespace")
        return
    if soa and soa > MAX_NEGATIVE_TTL_SECONDS:
        yield warning(
            name,
            f"a client that asks for a name before its first task is listed waits for up to {soa} s "
            "(the TTL of its SOA); aws servicediscovery update-private-dns-namespace sets another",
        )
    records: dict[str, set[str]] = {}
    for page in account.route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone):
        for record in page["ResourceRecordSets"]:
            if record["Type"] == "A":
                values = {value["Value"] for value in record.get("ResourceRecords", [])}
                records.setdefault(record["Name"].rstrip("."), set()).update(values)
    yield from _compare_records(account, records)


def _compare_records(account: Account, records: dict[str, set[str]]) -> Iterator[Result]:
    own = own_namespace_id(account.configuration)
    for _, plan in service_plans(account.configuration):
        listed = plan.listed_in
        if listed is None or listed.namespace_id != own:
            continue
        if listed.service not in account.registries:
            yield unknown(plan.address, "is not in the namespace, so DNS has nothing to list")
            continue
        health = account.listed(listed.service)
        healthy = {address for address, status in health.items() if status != "UNHEALTHY"} or health.keys()
        found = records.get(plan.address, set())
        if found == healthy:
            yield ok(plan.address, f"has the {len(found)} records of Cloud Map's list")
        elif plan.discovery == "dns":
            yield warning(
                plan.address,
                f"has {len(found)} records, and Cloud Map lists {len(healthy)} healthy tasks; Route 53 "
                "follows generally within 60 s, so look again",
            )
        else:
            yield ok(plan.address, f"has {len(found)} records; the proxy asks Cloud Map itself")
