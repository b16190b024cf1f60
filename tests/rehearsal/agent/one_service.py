"""An ECS service on the emulator, and an agent that runs it."""

import sys
from pathlib import Path
from typing import Any

from rehearsal.account.cloud_map_zone import CloudMapZone
from rehearsal.agent.ecs_agent import EcsAgent
from rehearsal.agent.images import Images
from rehearsal.agent.task import State, Task
from rehearsal.configured import Command
from rehearsal.system import Addresses
from tests.emulator import Emulator

SERVER = [
    sys.executable,
    "-m",
    "rehearsal.load.grpc_task",
    "--serve-on-seconds",
    "0",
    "{address}",
    "{port}",
    "a.B",
]


class World:
    """One ECS service `lessons` on the emulator, and an agent that runs it."""

    def __init__(self, emulator: Emulator, command: list[str]) -> None:
        self.aws = emulator.aws
        self.ecs = emulator.aws.ecs()
        self.said: list[str] = []
        self.zone = CloudMapZone(emulator.aws, "test.local")
        images = Images(
            grpc_services={},
            commands={"lessons": Command(arguments=tuple(command), folder=Path.cwd())},
            api_image=None,
            name_server=("127.0.0.1", 1),
            work_ms=0,
        )
        self.agent = EcsAgent(emulator.aws, images, Addresses().next, emulator.logs, self.said.append)
        registries = {
            s.get("Name"): s.get("Arn", "") for s in self.aws.cloud_map().list_services()["Services"]
        }
        self.registry = registries["lessons"]

    def define(self, version: int, *, check: list[str] | None = None) -> str:
        container: Any = {
            "name": "service",
            "image": f"example.com/lessons:{version}",
            "portMappings": [{"containerPort": 50051}],
            "environment": [{"name": "VERSION", "value": str(version)}],
            "stopTimeout": 2,
        }
        if check:
            container["healthCheck"] = {"command": check, "interval": 5, "retries": 1}
        answer = self.ecs.register_task_definition(family="lessons", containerDefinitions=[container])
        return answer["taskDefinition"].get("taskDefinitionArn", "")

    def create(self, definition: str, desired: int, *, rolls_back: bool = False) -> None:
        self.ecs.create_service(
            cluster="shared",
            serviceName="lessons",
            taskDefinition=definition,
            desiredCount=desired,
            deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": rolls_back}},
            serviceRegistries=[{"registryArn": self.registry}],
            networkConfiguration={"awsvpcConfiguration": {"subnets": self._subnets()}},
        )

    def _subnets(self) -> list[str]:
        vpc: Any = [{"Name": "vpc-id", "Values": ["vpc-0123456789abcdef0"]}]
        return [
            subnet.get("SubnetId", "") for subnet in self.aws.ec2().describe_subnets(Filters=vpc)["Subnets"]
        ]

    def instances(self) -> list[dict[str, str]]:
        answer = self.aws.cloud_map().list_instances(ServiceId=self.registry.rpartition("/")[2])
        return [instance.get("Attributes", {}) for instance in answer["Instances"]]

    def tasks(self) -> list[Task]:
        return [task for task in self.agent.tasks("lessons") if task.state is State.RUNNING]

    def records(self) -> set[str]:
        found = self.zone.lookup("lessons.test.local")
        return set(found.addresses) if found else set()
