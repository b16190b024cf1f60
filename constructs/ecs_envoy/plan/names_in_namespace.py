"""Names that constructs of one app give in a Cloud Map namespace: each can be given once."""

from weakref import WeakKeyDictionary

_given: WeakKeyDictionary[object, dict[tuple[str, str], str]] = WeakKeyDictionary()


def claim_name(app: object, *, namespace: str, name: str, owner: str) -> str | None:
    """Note that `owner` has `name` in `namespace`; return who has it already, None where nobody has.

    Args:
        app: The root of the construct tree: names of another app are not compared.
        namespace: The namespace's name.
        name: The name of a Cloud Map service in it.
        owner: Who has it, such as the path of a construct.

    """
    names = _given.setdefault(app, {})
    first = names.setdefault((namespace, name.lower()), owner)
    return None if first == owner else first
