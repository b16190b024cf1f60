"""Writes the outcome as JSON, for other programs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rehearsal.course.outcome import Outcome, ServiceResult


def write_numbers(outcome: Outcome, path: Path) -> None:
    """Write `outcome` to `path`, including the figures that are derived from it."""
    values: dict[str, Any] = asdict(outcome)
    for state, results in (("before", outcome.before), ("after", outcome.after)):
        values[state] = [asdict(result) | _derived(result) for result in results]
    values |= {"problems": outcome.problems(), "remarks": outcome.remarks()}
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def _derived(result: ServiceResult) -> dict[str, float | None]:
    return {"cv_requests": result.cv_requests, "cv_cpu": result.cv_cpu}
