"""`python -m bench.discovery.at_size`: measure, and write the section of `bench/discovery.md`."""

import sys
from pathlib import Path

from bench.discovery.at_size.measure import measure
from bench.discovery.at_size.section import put_into


def main() -> int:
    """Write the section."""
    size = measure()
    print(size)
    put_into(Path(__file__).resolve().parents[2] / "discovery.md", size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
