"""ECS's events of tasks, as late and as often as EventBridge delivers them.

AWS promises at least one delivery and no order ("Amazon EventBridge event delivery"); an event takes about
half a second, and some take longer. In AWS nobody but ECS can put an event with the source `aws.ecs`; the
emulator accepts it from the stand-in for ECS.
"""

import json
import random
import threading
from contextlib import suppress
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.aws import Aws

SOONEST_SECONDS, LATEST_SECONDS = 0.2, 2.0
"""How long an event takes."""

TWICE = 0.1
"""The share of events that come twice."""

Status = Literal["PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING"]


class TaskEvents:
    """Puts events of tasks into EventBridge's default bus of `aws`."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._events = aws.events()

    def put(self, *, ecs_cluster: str, ecs_service: str, task: str, status: Status) -> None:
        """Say, some time later, that the task `task` of `ecs_service` has reached `status`."""
        arn = f"arn:aws:ecs:{self._aws.region}:{self._aws.account}"
        detail = {
            "clusterArn": f"{arn}:cluster/{ecs_cluster}",
            "taskArn": f"{arn}:task/{ecs_cluster}/{task}",
            "group": f"service:{ecs_service}",
            "lastStatus": status,
            "desiredStatus": "STOPPED" if status == "DEACTIVATING" else "RUNNING",
        }
        for _ in range(2 if random.random() < TWICE else 1):
            timer = threading.Timer(
                random.uniform(SOONEST_SECONDS, LATEST_SECONDS), self._put, (json.dumps(detail),)
            )
            timer.daemon = True
            timer.start()

    def _put(self, detail: str) -> None:
        # An event that cannot be put is lost, which happens in AWS, too.
        with suppress(BotoCoreError, ClientError):
            self._events.put_events(
                Entries=[{"Source": "aws.ecs", "DetailType": "ECS Task State Change", "Detail": detail}]
            )
