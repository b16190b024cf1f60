"""Compares every document inside the templates of a comparison."""

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.sections import DocumentChange


def envoy_documents(comparison: Comparison) -> tuple[DocumentChange, ...]:
    """Return what differs in the bootstraps of the proxies."""
    del comparison
    return ()


def documents(comparison: Comparison) -> tuple[DocumentChange, ...]:
    """Return what differs in other documents."""
    del comparison
    return ()
