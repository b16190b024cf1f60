"""Reads a cloud assembly: its stacks, the resources in them, and the names of its assets."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecs_envoy.review.assembly.findings import REPORTS, Finding, annotations, plugins, report_findings

UNKNOWN_REGION = "unknown-region"
"""The region of a stack whose app does not say it."""

Template = dict[str, Any]
Definition = Mapping[str, Any]


class BadAssemblyError(ValueError):
    """A folder is no cloud assembly that can be compared; the message names the file and the cure."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack of an assembly.

    Attributes:
        name: Its name in CloudFormation.
        account: The account's id; `unknown-account` if the app does not say it.
        region: The region; `UNKNOWN_REGION` if the app does not say it.
        template: Its template.
        paths: The construct's path of each resource, by logical id, such as `dev-proxy/Proxy/Service`.
        termination_protection: Whether CloudFormation refuses to delete it.
        depends_on: The stacks that are deployed before it, by name.
        parent: The stack that it is nested in, and deleted with; None if it is not nested.

    """

    name: str
    account: str
    region: str
    template: Template
    paths: Mapping[str, str]
    termination_protection: bool = False
    depends_on: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Asset:
    """Something that is built or uploaded at deployment.

    Attributes:
        name: Its construct's path within the stack, such as `Proxy/TaskDefinition/Discovery/AssetImage`.
        image: Whether it is a container image, which needs Docker at deployment; otherwise it is a file.

    """

    name: str
    image: bool


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """A cloud assembly.

    Attributes:
        folder: Where it is.
        stacks: Its stacks by name, with those of its stages.
        assets: What is built or uploaded at deployment, by the hash that stands in templates.
        missing: The look-ups that `cdk.context.json` does not answer, as its keys.
        libraries: The version of each library whose constructs it has, such as `aws-cdk-lib`.
        findings: What cdk-nag, other plugins of the CDK's validation and the constructs themselves say.
        checked_by: The plugins of the CDK's validation that have looked at it.

    """

    folder: Path
    stacks: Mapping[str, Stack] = field(default_factory=dict[str, Stack])
    assets: Mapping[str, Asset] = field(default_factory=dict[str, Asset])
    missing: tuple[str, ...] = ()
    libraries: Mapping[str, str] = field(default_factory=dict[str, str])
    findings: tuple[Finding, ...] = ()
    checked_by: tuple[str, ...] = ()


def read_assembly(folder: Path) -> Assembly:
    """Return the cloud assembly in `folder`.

    Raises:
        BadAssemblyError: There is none, or a file of it is damaged.

    """
    try:
        return _read(folder)
    except (AttributeError, KeyError, TypeError) as error:
        raise BadAssemblyError(
            f"{folder}: is damaged: {type(error).__name__}: {error}; synthesize the assembly again"
        ) from None


def _read(folder: Path) -> Assembly:
    stacks: dict[str, Stack] = {}
    assets: dict[str, Asset] = {}
    missing: list[str] = []
    findings: list[Finding] = []
    checked_by: list[str] = []
    for place, manifest in _manifests(folder):
        missing += [entry["key"] for entry in manifest.get("missing", [])]
        for report in (_json(place / name) for name in REPORTS if (place / name).is_file()):
            findings += report_findings(report)
            checked_by += plugins(report)
        for name, artifact in manifest.get("artifacts", {}).items():
            properties = artifact.get("properties", {})
            findings += annotations(_metadata(place, artifact))
            match artifact.get("type"):
                case "aws:cloudformation:stack":
                    stack = _stack(place, name, artifact, manifest["artifacts"])
                    stacks |= {found.name: found for found in _with_nested(place, stack)}
                case "cdk:asset-manifest":
                    assets |= _assets(_json(place / properties["file"]))
                case _:
                    pass
    return Assembly(
        folder=folder,
        stacks=stacks,
        assets=assets,
        missing=tuple(dict.fromkeys(missing)),
        libraries=_libraries(folder),
        findings=tuple(dict.fromkeys(findings)),
        checked_by=tuple(dict.fromkeys(checked_by)),
    )


def _manifests(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each manifest with its folder: that of the app, then those of its stages."""
    if not (folder / "manifest.json").is_file():
        raise BadAssemblyError(
            f"{folder}: is no cloud assembly, since it has no manifest.json; give a folder that cdk synth "
            "wrote, such as cdk.out"
        )
    manifest = _json(folder / "manifest.json")
    yield folder, manifest
    for artifact in manifest.get("artifacts", {}).values():
        if artifact.get("type") == "cdk:cloud-assembly":
            yield from _manifests(folder / artifact["properties"]["directoryName"])


def _libraries(folder: Path) -> dict[str, str]:
    """Return the version of each library, as the CDK notes it beside each construct, if it does."""
    if not (folder / "tree.json").is_file():
        return {}
    found: dict[str, str] = {}
    nodes: list[dict[str, Any]] = [_json(folder / "tree.json").get("tree", {})]
    while nodes:
        node = nodes.pop()
        nodes += node.get("children", {}).values()
        info = node.get("constructInfo", {})
        name, version = str(info.get("fqn", "")).partition(".")[0], info.get("version")
        if name and isinstance(version, str) and version[:1].isdecimal():
            found[name] = version
    return dict(sorted(found.items()))


def _stack(folder: Path, name: str, artifact: Mapping[str, Any], artifacts: Mapping[str, Any]) -> Stack:
    properties = artifact["properties"]
    template = _json(folder / properties["templateFile"])
    account, _, region = artifact.get("environment", "").removeprefix("aws://").partition("/")
    return Stack(
        name=properties.get("stackName", name),
        account=account or "unknown-account",
        region=region or UNKNOWN_REGION,
        template=template,
        paths=_paths(folder, artifact, template),
        termination_protection=properties.get("terminationProtection") is True,
        depends_on=tuple(
            artifacts[other].get("properties", {}).get("stackName", other)
            for other in artifact.get("dependencies", [])
            if artifacts.get(other, {}).get("type") == "aws:cloudformation:stack"
        ),
    )


def _with_nested(folder: Path, stack: Stack) -> Iterator[Stack]:
    """Yield a stack and those nested in it, whose names are those of the construct that nests them."""
    yield stack
    for logical_id, resource in stack.template.get("Resources", {}).items():
        file = resource.get("Metadata", {}).get("aws:asset:path", "")
        if resource.get("Type") != "AWS::CloudFormation::Stack" or not (folder / file).is_file():
            continue
        path = stack.paths[logical_id].replace("/", ".")
        template = _json(folder / file)
        nested = Stack(
            name=re.sub(r"\.NestedStackResource$|\.NestedStack$", "", path),
            account=stack.account,
            region=stack.region,
            template=template,
            paths=_paths(folder, {}, template),
            parent=stack.name,
        )
        yield from _with_nested(folder, nested)


def _paths(folder: Path, artifact: Mapping[str, Any], template: Template) -> dict[str, str]:
    by_id = {
        entry["data"]: path.strip("/")
        for path, entries in _metadata(folder, artifact).items()
        for entry in entries
        if entry.get("type") == "aws:cdk:logicalId"
    }
    return {
        logical_id: _readable(
            by_id.get(logical_id) or resource.get("Metadata", {}).get("aws:cdk:path") or logical_id
        )
        for logical_id, resource in template.get("Resources", {}).items()
    }


def _metadata(folder: Path, artifact: Mapping[str, Any]) -> dict[str, Any]:
    """Return what constructs have said of a stack, by their paths."""
    metadata = dict(artifact.get("metadata", {}))
    if extra := artifact.get("additionalMetadataFile"):
        metadata |= _json(folder / extra)
    return metadata


def _readable(path: str) -> str:
    """Return a construct's path without the last part, if that only says that it is the resource itself."""
    return re.sub(r"/(Resource|Default)$", "", path)


def _assets(manifest: Mapping[str, Any]) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for kind in ("files", "dockerImages"):
        for digest, asset in manifest.get(kind, {}).items():
            name = asset.get("displayName") or asset.get("source", {}).get("path") or "unnamed"
            found[digest] = Asset(name=name, image=kind == "dockerImages")
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadAssemblyError(f"{path}: is missing; synthesize the assembly again") from None
    except (OSError, ValueError) as error:
        raise BadAssemblyError(f"{path}: cannot be read: {error}; synthesize the assembly again") from None
