"""`make bench-abuse`: measure, and write `bench/abuse.md` and its picture. It takes about six minutes."""

import sys
import tempfile
from pathlib import Path

from bench.abuse import world
from bench.abuse.abuses import ABUSES, FLOODS
from bench.abuse.picture import draw_memory
from bench.abuse.task import CAPACITY
from bench.markdown import write_markdown
from rehearsal.machine import describe
from rehearsal.processes import StartFailedError

PAGE = Path(__file__).resolve().parent.parent / "abuse.md"
PICTURE = PAGE.parent.parent / "docs/images/memory.png"
RATE_LIMIT = 100
"""Less than a third of what the tasks of the flooded service can do in a second."""


def main() -> int:
    """Measure every abuse; return 1 if a program did not start or ended."""
    outcomes: list[world.Outcome] = []
    with tempfile.TemporaryDirectory(prefix="bench-abuse-") as folder:
        cases = [(name, abuse, None) for name, abuse in (ABUSES | FLOODS).items()]
        cases += [(name, abuse, RATE_LIMIT) for name, abuse in FLOODS.items()]
        for number, (name, abuse, rate_limit) in enumerate(cases):
            try:
                outcome = world.measure(Path(folder) / str(number), name, abuse, rate_limit=rate_limit)
            except StartFailedError as error:
                print(f"bench-abuse: {error}", file=sys.stderr)
                return 1
            outcomes.append(outcome)
            failed = {service: len(calls.failures) for service, calls in outcome.during.items()}
            print(f"{outcome.title}: failed {failed}, {outcome.peak_mib:.0f} MiB", flush=True)
    draw_memory(outcomes, PICTURE)
    template = Path(__file__).with_name("page.md.jinja")
    machine = describe()
    write_markdown(template, PAGE, machine=machine, outcomes=outcomes, world=world, capacity=CAPACITY)
    print(f"{PAGE} and {PICTURE} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
