"""The names that constructs use in a Cloud Map namespace; each name can be used once."""

from weakref import WeakKeyDictionary

DNS_NAME = 253
"""The most characters of a DNS name, without its final dot (RFC 1035, section 2.3.4)."""


def own_name_in_namespace(service: str, *, proxy: str) -> str:
    """Return the name in `proxy`'s namespace by which clients reach `service` through it.

    A Cloud Map service may have dots in its name, and 127 characters: as many as two labels and a dot have
    ("CreateService" in its API reference).
    """
    return f"{service}.{proxy}"


_owners: WeakKeyDictionary[object, dict[str, str]] = WeakKeyDictionary()


def claim_name(namespace: object, *, name: str, owner: str) -> str | None:
    """Record that `owner` uses `name` in `namespace`; return another owner that already uses it, or None.

    Args:
        namespace: The namespace itself: two of one name may exist, in two VPCs or stages of an app.
        name: The name of a Cloud Map service in it; DNS does not tell its capitals apart.
        owner: Who uses the name, such as the path of a construct.

    """
    names = _owners.setdefault(namespace, {})
    first = names.setdefault(name.lower(), owner)
    return None if first == owner else first
