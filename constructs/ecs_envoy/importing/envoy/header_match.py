"""The header that a route or a fault of a bootstrap is for."""

from ecs_envoy.importing.part import Part


def header_of(match: Part) -> dict[str, object] | None:
    """Return a match of a header by its whole value, or by its presence, as our file has it; else None."""
    name, exact = match.needed("name"), match.text("exact_match") or match["string_match"].text("exact")
    match["string_match"].ignore("ignore_case")
    present = match.flag("present_match") or set(match.values) == {"name"}
    if match.flag("invert_match") or (exact is None and not present):
        match.ignore(*match.values)
        return None
    return {"name": name} if exact is None else {"name": name, "value": exact}
