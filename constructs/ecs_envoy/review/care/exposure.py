"""What becomes public, is no longer encrypted, or shows another certificate."""

from collections.abc import Iterator, Mapping
from typing import Any

from ecs_envoy.review.assembly.combined import path_of
from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.values import block, entries, text
from ecs_envoy.review.resources.changes import Kind
from ecs_envoy.review.sections import Care, CareKind

_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_ENCRYPTION = (
    "BucketEncryption",
    "Encrypted",
    "EncryptionConfiguration",
    "EncryptionSpecification",
    "KMSKeyId",
    "KmsKeyArn",
    "KmsKeyId",
    "KmsMasterKeyId",
    "KmsMasterKeyArn",
    "SSESpecification",
    "SqsManagedSseEnabled",
    "StorageEncrypted",
    "StorageEncryptionType",
    "AtRestEncryptionEnabled",
    "TransitEncryptionEnabled",
)


def exposures(sides: Sides) -> Iterator[Care]:
    """Yield what is exposed after the change and was not before."""
    already = {sides.id_now(place) for place, _ in _exposed(sides.base)}
    yield from _of(sides.head, already)
    for change in sides.changes:
        if change.old is None or change.new is None or change.kind is Kind.ORPHANED:
            continue
        old: Mapping[str, Any] = change.old.get("Properties", {})
        new: Mapping[str, Any] = change.new.get("Properties", {})
        for name in _ENCRYPTION:
            if (before := old.get(name)) and before != "false" and new.get(name) in (None, False, "false"):
                yield _care(
                    f"{code(change.type)} loses its encryption setting {code(name)} (was "
                    f"{code(text(before, sides.base.assembly.stacks))}): what it stores from now on is not "
                    "encrypted with that key",
                    change.path,
                )
        if change.type == "AWS::S3::Bucket" and _blocks(old) - _blocks(new):
            yield _care("the bucket no longer blocks public access to its objects", change.path)
        if change.type == _LISTENER:
            yield from _certificate(sides, change.path, old, new)
    yield from _secrets_as_text(sides)


def all_exposures(head: Side) -> Iterator[Care]:
    """Yield what is exposed in an environment that is new."""
    yield from _of(head, set())


def _care(sentence: str, place: str) -> Care:
    return Care(kind=CareKind.EXPOSURE, text=sentence, place=place)


def _of(side: Side, already: set[str]) -> Iterator[Care]:
    for place, sentence in _exposed(side):
        if place not in already:
            yield _care(sentence, path_of(place, side.assembly.stacks))


def _exposed(side: Side) -> Iterator[tuple[str, str]]:
    """Yield the id of each resource that is exposed, and how."""
    for service in side.services.values():
        if service.public_ip:
            sentence = f"tasks of {called(service)} have public addresses: only the security group keeps the "
            yield service.id, f"{sentence}internet out"
    for resource_id, definition in side.template["Resources"].items():
        properties: Mapping[str, Any] = definition.get("Properties", {})
        kind: str = definition["Type"]
        if kind == "AWS::ElasticLoadBalancingV2::LoadBalancer":
            # The API's default (Elastic Load Balancing API, CreateLoadBalancer).
            if properties.get("Scheme", "internet-facing") == "internet-facing":
                yield resource_id, "the load balancer has a public address: the internet can reach it"
        elif kind == _LISTENER and properties.get("Protocol") in ("HTTP", "TCP") and _serves(properties):
            port = properties.get("Port")
            yield (
                resource_id,
                f"the load balancer takes calls on port {port} without TLS: whoever is on the way reads them",
            )
        elif kind == "AWS::RDS::DBInstance" and properties.get("PubliclyAccessible") in (True, "true"):
            yield resource_id, "the database has a public address"
        elif kind == "AWS::Lambda::Url" and properties.get("AuthType") == "NONE":
            yield resource_id, "anyone may call the function by its URL"


def _serves(listener: Mapping[str, Any]) -> bool:
    """Return whether a listener does more than to send its clients to HTTPS."""
    return any(action.get("Type") != "redirect" for action in entries(listener, "DefaultActions"))


def _certificate(sides: Sides, place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Care]:
    before, after = _certificates(sides.base, old), _certificates(sides.head, new)
    if before and after and before != after:
        yield _care(
            f"the load balancer shows the certificate {code(after)} instead of {code(before)}: "
            "clients get a TLS error unless it is issued, and valid for the name that they call",
            place,
        )


def _certificates(side: Side, listener: Mapping[str, Any]) -> str:
    found: Json = [entry.get("CertificateArn") for entry in entries(listener, "Certificates")]
    return text(found, side.assembly.stacks)


def _blocks(bucket: Mapping[str, Any]) -> set[str]:
    settings = block(bucket, "PublicAccessBlockConfiguration")
    return {name for name, value in settings.items() if value in (True, "true")}


def _secrets_as_text(sides: Sides) -> Iterator[Care]:
    for before, after in sides.services:
        for name, container in after.containers.items():
            old = before.containers.get(name)
            for variable in sorted(set(old.secrets if old else ()) & set(container.environment)):
                yield _care(
                    f"{code(variable)} of {called(after)} was a secret, and now stands in the "
                    "template as text",
                    after.path,
                )
