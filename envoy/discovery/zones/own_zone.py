"""The availability zone of this task, from ECS's task metadata."""

import json
import os

import urllib3

TIMEOUT = urllib3.Timeout(connect=1.0, read=2.0)


def own_zone() -> str | None:
    """Return this task's availability zone from the task metadata endpoint (v4); None if it has none."""
    metadata = os.environ.get("ECS_CONTAINER_METADATA_URI_V4")
    if not metadata:
        return None
    try:
        with urllib3.PoolManager(timeout=TIMEOUT, retries=False) as http:
            task = json.loads(http.request("GET", f"{metadata}/task").data)
        zone = task["AvailabilityZone"]
    except (urllib3.exceptions.HTTPError, OSError, ValueError, KeyError, TypeError):
        return None
    return zone if isinstance(zone, str) and zone else None
