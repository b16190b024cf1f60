"""The resources that a configuration file deploys."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack
from aws_cdk.assertions import Annotations, Match, Template

from app import define_stacks
from ecs_envoy.configuration import load_configuration

Resources = list[dict[str, Any]]


class Deployed:
    """The templates of a configuration.

    Attributes:
        folder: The folder of the assembly.
        stacks: The stacks by the last word of their names.

    """

    def __init__(self, text: str, folder: Path, context: dict[str, Any] | None = None) -> None:
        path = folder / "good.yaml"
        path.write_text(text)
        app = App(context=context)
        define_stacks(app, load_configuration(path))
        self.folder = Path(app.outdir)
        self._app = app
        self.stacks = {
            child.node.id.removeprefix("dev-"): child
            for child in app.node.children
            if isinstance(child, Stack)
        }

    def missing(self) -> list[Any]:
        """Return what the CDK CLI would look up."""
        self._app.synth()
        return json.loads((self.folder / "manifest.json").read_text()).get("missing", [])

    def warnings(self) -> list[str]:
        """Return what the CDK warns of."""
        found = [
            Annotations.from_stack(stack).find_warning("*", Match.any_value())
            for stack in self.stacks.values()
        ]
        return [str(message.entry.data) for messages in found for message in messages]

    def resources(self, stack: str, kind: str) -> Resources:
        found = Template.from_stack(self.stacks[stack]).find_resources(kind)
        return [found[name]["Properties"] for name in sorted(found)]

    def only(self, stack: str, kind: str) -> dict[str, Any]:
        (found,) = self.resources(stack, kind)
        return found

    def containers(self, stack: str) -> dict[str, dict[str, Any]]:
        definition = self.only(stack, "AWS::ECS::TaskDefinition")
        return {container["Name"]: container for container in definition["ContainerDefinitions"]}

    def statements(self, stack: str) -> Resources:
        policies = self.resources(stack, "AWS::IAM::Policy")
        return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]

    def all(self, kind: str) -> Resources:
        return [resource for stack in self.stacks for resource in self.resources(stack, kind)]
