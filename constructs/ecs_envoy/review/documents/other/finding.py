"""Finds the documents inside the templates of a comparison, and compares each by its kind."""

from collections.abc import Iterator

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.sections import DocumentChange


def other_documents(comparison: Comparison) -> Iterator[DocumentChange]:
    """Yield what differs in each document besides the bootstraps."""
    yield from ()
