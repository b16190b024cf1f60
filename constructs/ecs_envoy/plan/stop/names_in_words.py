"""A list of names in a sentence."""

from collections.abc import Sequence

MOST = 5
"""How many names a sentence has before it counts the others."""


def in_words(names: Sequence[str]) -> str:
    """Return `names` with commas between them; of more than `MOST`, the first and how many others."""
    if len(names) <= MOST:
        return ", ".join(names)
    return f"{', '.join(names[: MOST - 1])} and {len(names) - MOST + 1} more"
