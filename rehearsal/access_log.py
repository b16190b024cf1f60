"""Envoy's access log as a count: for servers that do not say which task they are."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path


def requests_by_task(
    logs: Sequence[Path], tasks: Mapping[str, str], begin: float, end: float
) -> dict[str, int]:
    """Return how many calls each of `tasks` (names by `address:port`) got between two moments, by `logs`.

    Lines that are no JSON, such as one that is being written, count for nothing.
    """
    counts: Counter[str] = Counter()
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
                at = datetime.fromisoformat(entry["time"]).timestamp()
            except (ValueError, KeyError):
                continue
            if begin <= at < end:
                counts[str(entry["upstream_task"])] += 1
    return {name: counts[target] for target, name in tasks.items()}
