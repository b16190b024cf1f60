"""Findings that an assembly brings with it: those of cdk-nag and other plugins, and of its constructs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REPORTS = ("validation-report.json", "policy-validation-report.json")
"""The names of the report of the CDK's validation; the second one is that of older versions."""

_ANNOTATIONS = "Construct Annotations"
"""The plugin that repeats in the report what stands in the manifest."""

_LEVELS = {"aws:cdk:error": "error", "aws:cdk:warning": "warning"}
_ACKNOWLEDGE = re.compile(r"\s*\[ack: (?P<rule>[^\]]+)\]\s*$")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a check found.

    Attributes:
        tool: What found it, such as `AwsSolutions` or `cfn-lint`.
        rule: Its rule, such as `AwsSolutions-IAM5[Resource::*]`; empty if it has none.
        place: The construct's path, with the property where a tool names one.
        text: What is wrong.
        level: `error` or `warning`, or what else the tool says; empty if it says nothing.

    """

    tool: str
    rule: str
    place: str
    text: str
    level: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it the same finding on both sides; without a rule, its text does."""
        return self.tool, self.rule or self.text, self.place


def report_findings(report: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings in a report of the CDK's validation, in either of its two forms."""
    for plugin in report.get("pluginReports", []):
        name = plugin_name(plugin)
        if name == _ANNOTATIONS:
            continue
        for violation in plugin.get("violations", []):
            for place in _places(violation):
                yield Finding(
                    tool=name,
                    rule=violation.get("ruleName", ""),
                    place=_readable(place),
                    text=_one_line(violation.get("description", "")),
                    level=violation.get("severity") or "",
                )


def _places(violation: Mapping[str, Any]) -> list[str]:
    """Return the constructs that violate a rule; one empty place if the plugin names none."""
    found: list[Mapping[str, str]] = (
        violation.get("violatingConstructs") or violation.get("violatingResources") or []
    )
    return [c.get("constructPath") or c.get("resourceLogicalId") or "" for c in found] or [""]


def plugin_name(plugin: Mapping[str, Any]) -> str:
    """Return the name of a plugin in a report."""
    return plugin.get("pluginName") or plugin.get("summary", {}).get("pluginName") or "validation"


def plugins(report: Mapping[str, Any]) -> list[str]:
    """Return the names of the plugins that made a report."""
    return [
        name for plugin in report.get("pluginReports", []) if (name := plugin_name(plugin)) != _ANNOTATIONS
    ]


def annotations(metadata: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the warnings and errors that constructs have put into a stack's metadata."""
    for path, entries in metadata.items():
        for entry in entries:
            level = _LEVELS.get(entry.get("type"))
            if level is None:
                continue
            text = str(entry.get("data", ""))
            found = _ACKNOWLEDGE.search(text)
            yield Finding(
                tool="the CDK",
                rule=found["rule"] if found else "",
                place=_readable(path.strip("/")),
                text=_one_line(text[: found.start()] if found else text),
                level=level,
            )


def _readable(path: str) -> str:
    return re.sub(r"/(Resource|Default)$", "", path)


def _one_line(text: str) -> str:
    return " ".join(text.split())
