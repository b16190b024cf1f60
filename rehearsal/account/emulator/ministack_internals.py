"""The only place that touches MiniStack's internals. They have no types, so tests check how they are used."""

import importlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
responses: Any = importlib.import_module("ministack.core.responses")
ec2: Any = importlib.import_module("ministack.services.ec2")
events: Any = importlib.import_module("ministack.services.eventbridge")
ecs: Any = importlib.import_module("ministack.services.ecs")
route53: Any = importlib.import_module("ministack.services.route53")
servicediscovery: Any = importlib.import_module("ministack.services.servicediscovery")
application: Any = importlib.import_module("ministack.app")

Properties = dict[str, Any]
Created = tuple[str, Properties]
"""A resource's physical id (CloudFormation's Ref) and its attributes (Fn::GetAtt)."""


class RefusedError(ValueError):
    """The emulator refused a call; the message holds AWS's code and message."""


def call_ec2(action: str, **parameters: object) -> ET.Element:
    """Make the EC2 call `action` as a client would; return its answer without XML namespaces.

    Raises:
        RefusedError: EC2 refused it.

    """
    status, _, body = ec2._ACTION_MAP[action](dict(_query(parameters)))
    text = body.decode() if isinstance(body, bytes) else str(body)
    answer = ET.fromstring(text)  # noqa: S314  # this process wrote the XML itself
    for element in answer.iter():
        element.tag = element.tag.rpartition("}")[2]
    if status >= 400:
        raise RefusedError(f"{action}: {answer.findtext('.//Code')}: {answer.findtext('.//Message')}")
    return answer


def text_in(answer: ET.Element, tag: str) -> str:
    """Return the text of the first `tag` in `answer`.

    Raises:
        RefusedError: There is no such tag, or it is empty.

    """
    text = answer.findtext(f".//{tag}")
    if not text:
        raise RefusedError(f"{answer.tag} has no {tag}")
    return text


def _query(parameters: Mapping[str, object], prefix: str = "") -> list[tuple[str, list[str]]]:
    """Flatten `parameters` as EC2's query protocol does; the items of a list are numbered from 1."""
    pairs: list[tuple[str, list[str]]] = []
    for key, value in parameters.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            pairs += _query({str(k): v for k, v in value.items()}, f"{name}.")  # pyright: ignore
        elif isinstance(value, list):
            pairs += _query({str(n): item for n, item in enumerate(value, 1)}, f"{name}.")  # pyright: ignore
        elif value is not None:
            pairs.append((name, [str(value)]))
    return pairs
