"""How many names a statement of an IAM policy holds."""

from collections.abc import Collection, Iterator

MAX_CHARACTERS = 4_500
"""
The most characters of names in one statement. All inline policies of a role have 10,240 together, and a
managed policy 6,144 ("IAM and AWS STS quotas": IAM and STS character limits). The CDK moves whole statements
from a role's inline policy, from 10,000 characters on, into managed policies of up to 6,000 (aws-cdk-lib
2.275, `Role.splitLargePolicy`), so that each statement has to be below that.
"""


def statements_of_names(names: Collection[str]) -> Iterator[list[str]]:
    """Yield `names` in order, in as few lists as needed: each fits a statement of a policy."""
    held: list[str] = []
    size = 0
    for name in sorted(names):
        characters = len(name) + len('"",')
        if held and size + characters > MAX_CHARACTERS:
            yield held
            held, size = [], 0
        held.append(name)
        size += characters
    if held:
        yield held
