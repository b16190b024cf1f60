"""The names that constructs of one app use in a Cloud Map namespace; each name can be used once."""

from weakref import WeakKeyDictionary

_owners: WeakKeyDictionary[object, dict[tuple[str, str], str]] = WeakKeyDictionary()


def claim_name(app: object, *, namespace: str, name: str, owner: str) -> str | None:
    """Record that `owner` uses `name` in `namespace`; return another owner that already uses it, or None.

    Args:
        app: The root of the construct tree: names of other apps are not compared.
        namespace: The namespace's name.
        name: The name of a Cloud Map service in it.
        owner: Who uses the name, such as the path of a construct.

    """
    names = _owners.setdefault(app, {})
    first = names.setdefault((namespace, name.lower()), owner)
    return None if first == owner else first
