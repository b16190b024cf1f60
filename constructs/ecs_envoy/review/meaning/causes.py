"""What the rules return: a cause with its consequences, and the keys of the configuration that say it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A change as a rule found it in the templates.

    Attributes:
        text: What changed, in words.
        consequences: What follows from it, in the order of importance.
        keys: The keys of the configuration that may say it, such as `services.lessons.tasks`; those below
            each of them, too.

    """

    text: str
    consequences: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
