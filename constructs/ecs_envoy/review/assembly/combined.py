"""Puts the stacks of an assembly into one template, without what changes though nothing is deployed anew.

One template shows what a change in one stack does to another: the CDK's diff library follows references
within a template only. A resource's id is `<stack>/<logical id>`, and a reference to another stack is a
`Ref` or `Fn::GetAtt` of that id.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import Assembly, Asset, Definition, Stack, Template

_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_SUB_REFERENCE = re.compile(r"\$\{(?!!)([^}]+)\}")
_NOISE_METADATA = ("aws:cdk:", "aws:asset:")
_NOISE_TYPES = {"AWS::CDK::Metadata"}
_NOISE_PARAMETERS = {"BootstrapVersion"}


@dataclass(frozen=True, kw_only=True)
class Names:
    """How the assets of one side are called in both.

    Attributes:
        by_digest: The text for each asset's hash, such as `Proxy/Discovery/AssetImage, rebuilt`.

    """

    by_digest: Mapping[str, str]


def asset_names(base: Assembly | None, head: Assembly | None) -> tuple[Names, Names]:
    """Return how the assets of both sides are called: hashes say nothing to a reader.

    An asset of `head` that has another hash than in `base` is called `rebuilt`.
    """
    before: Mapping[str, Asset] = base.assets if base else {}
    after: Mapping[str, Asset] = head.assets if head else {}
    old: dict[tuple[str, bool], set[str]] = {}
    for digest, asset in before.items():
        old.setdefault((asset.name, asset.image), set()).add(digest)
    rebuilt = {
        digest for digest, asset in after.items() if digest not in before and (asset.name, asset.image) in old
    }
    return (
        Names(by_digest={digest: _called(asset) for digest, asset in before.items()}),
        Names(
            by_digest={
                digest: _called(asset) + (", rebuilt" if digest in rebuilt else "")
                for digest, asset in after.items()
            }
        ),
    )


def _called(asset: Asset) -> str:
    return f"{'image' if asset.image else 'file'} {asset.name.removesuffix('/AssetImage')}"


def combined(assembly: Assembly | None, names: Names) -> Template:
    """Return the stacks of `assembly` as one template; an empty one for None."""
    template: Template = {"Resources": {}, "Outputs": {}, "Parameters": {}, "Conditions": {}, "Mappings": {}}
    if assembly is None:
        return template
    exports = _exports(assembly)
    for stack in assembly.stacks.values():
        prefix = f"{stack.name}/"
        own = {
            name
            for section in ("Resources", "Parameters", "Conditions", "Mappings")
            for name in stack.template.get(section, {})
        }
        rewrite = _rewriter(prefix, own, exports, names)
        for section, found in template.items():
            for name, value in stack.template.get(section, {}).items():
                if not _is_noise(section, name, value):
                    found[prefix + name] = rewrite(_without_noise(section, value))
    return template


def _is_noise(section: str, name: str, value: Definition) -> bool:
    return (
        (section == "Resources" and value.get("Type") in _NOISE_TYPES)
        or (section == "Parameters" and name in _NOISE_PARAMETERS)
        or (section == "Conditions" and name == "CDKMetadataAvailable")
        # The CDK writes these for references between stacks, which are resolved here.
        or (section == "Outputs" and "Export" in value and name.startswith("ExportsOutput"))
        or (section == "Outputs" and name.startswith("PublishOutput"))
    )


def _without_noise(section: str, value: Template) -> Template:
    if section != "Resources" or "Metadata" not in value:
        return value
    metadata = {k: v for k, v in value["Metadata"].items() if not k.startswith(_NOISE_METADATA)}
    rest = {k: v for k, v in value.items() if k != "Metadata"}
    return {**rest, "Metadata": metadata} if metadata else rest


def _exports(assembly: Assembly) -> dict[str, Json]:
    """Return what each export of an output stands for, as a `Ref` or `Fn::GetAtt` with whole ids."""
    found: dict[str, Json] = {}
    for stack in assembly.stacks.values():
        for name, output in stack.template.get("Outputs", {}).items():
            value = _reference(output.get("Value"), f"{stack.name}/")
            if value is None:
                continue
            export = output.get("Export", {}).get("Name")
            if isinstance(export, str):
                found[export] = value
            found[f"{stack.name}.{name}"] = value
    return found


def _reference(value: Json, prefix: str) -> Json:
    match value:
        case {"Ref": str(name)} if not name.startswith("AWS::"):
            return {"Ref": prefix + name}
        case {"Fn::GetAtt": [str(name), attribute]}:
            return {"Fn::GetAtt": [prefix + name, attribute]}
        case _:
            return None


def _rewriter(
    prefix: str, own: set[str], exports: Mapping[str, Json], names: Names
) -> Callable[[Json], Json]:
    def in_sub(found: re.Match[str]) -> str:
        name = found[1].partition(".")[0]
        return f"${{{prefix}{found[1]}}}" if name in own else found[0]

    def rewrite(value: Json) -> Json:
        match value:
            case {"Fn::ImportValue": str(export)} if export in exports:
                return exports[export]
            case {"Fn::GetStackOutput": {"StackName": str(stack), "OutputName": str(output)}} if (
                f"{stack}.{output}" in exports
            ):
                return exports[f"{stack}.{output}"]
            case {"Fn::Sub": str(text)} if (image := _image(text, names)) is not None:
                return image
            case {"Ref": str(name)} if name in own:
                return {"Ref": prefix + name}
            case {"Fn::GetAtt": [str(name), attribute]} if name in own:
                return {"Fn::GetAtt": [prefix + name, attribute]}
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": _SUB_REFERENCE.sub(in_sub, _named(text, names))}
            case {"Fn::Sub": [str(text), variables]}:
                return {"Fn::Sub": [_SUB_REFERENCE.sub(in_sub, _named(text, names)), rewrite(variables)]}
            case dict():
                return {key: _rewritten(key, item) for key, item in value.items()}
            case list():
                return [rewrite(item) for item in value]
            case str():
                return _named(value, names)
            case _:
                return value

    def _rewritten(key: str, item: Json) -> Json:
        match key, item:
            case "Condition", str() if item in own:
                return prefix + item
            case "DependsOn", str():
                return [prefix + item]
            case "DependsOn", list() if ids := [entry for entry in item if isinstance(entry, str)]:
                return [*map(prefix.__add__, sorted(ids))]
            case _:
                return rewrite(item)

    return rewrite


def _image(text: str, names: Names) -> str | None:
    digest = text.rpartition(":")[2]
    return names.by_digest.get(digest) if "container-assets" in text else None


def _named(text: str, names: Names) -> str:
    return _DIGEST.sub(lambda found: names.by_digest.get(found[0], found[0]), text)


def stack_of(resource_id: str) -> str:
    """Return the stack of a resource in the combined template."""
    return resource_id.partition("/")[0]


def path_of(resource_id: str, stacks: Mapping[str, Stack]) -> str:
    """Return the construct's path of a resource in the combined template."""
    stack, _, logical_id = resource_id.partition("/")
    return stacks[stack].paths.get(logical_id, resource_id) if stack in stacks else resource_id
