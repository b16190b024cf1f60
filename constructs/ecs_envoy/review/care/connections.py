"""Who may connect to whom that could not before, by the rules of security groups."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ecs_envoy.review.assembly.combined import path_of
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.access_holders import Holders
from ecs_envoy.review.facts.access_rules import Rule, address, is_group, rules
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.sections import Care, CareKind


def new_connections(sides: Sides) -> Iterator[Care]:
    """Yield what the rules of `head` allow and those of `base` do not."""
    before = [_with_new_ids(rule, sides) for rule in rules(sides.base)]
    after = rules(sides.head)
    of_group: dict[str, list[Rule]] = {}
    for rule in before:
        of_group.setdefault(rule.group, []).append(rule)
    gained = [rule for rule in after if not any(old.covers(rule) for old in of_group.get(rule.group, ()))]
    pairs = {_pair(rule) for rule in gained if rule.inbound}
    told: set[str] = set()
    for rule in gained:
        if _goes_without_saying(rule, sides) or (not rule.inbound and _pair(rule) in pairs):
            continue
        if not rule.inbound and _lets_nothing_more_in(rule, before, after, gained, sides.holders):
            continue
        instead = [
            address(old)
            for old in before
            if replace(old, peer=rule.peer) == rule and old not in after and not is_group(old, sides.base)
        ]
        text = _sentence(rule, sides.head, sides.holders)
        if instead:
            text += f", instead of {' and '.join(dict.fromkeys(instead))}"
        if text not in told:
            told.add(text)
            yield _care(rule, text, sides.head)


def open_to_all(head: Side) -> Iterator[Care]:
    """Yield who may be called from any address, of an environment that is new."""
    holders = Holders(head)
    for rule in rules(head):
        if rule.inbound and rule.from_anywhere:
            yield _care(rule, _sentence(rule, head, holders), head)


def _with_new_ids(rule: Rule, sides: Sides) -> Rule:
    return replace(rule, group=sides.id_now(rule.group), peer=sides.id_now(rule.peer))


def _pair(rule: Rule) -> tuple[str, str, str, int, int]:
    """Return who connects to whom: the rules of both groups together allow it."""
    source, target = (rule.peer, rule.group) if rule.inbound else (rule.group, rule.peer)
    return source, target, rule.protocol, rule.first, rule.last


def _goes_without_saying(rule: Rule, sides: Sides) -> bool:
    """Return whether nobody gains anything who was there before, as inside of something that is new."""
    if not sides.is_new(rule.group):
        return False
    if rule.inbound:
        return sides.is_new(rule.peer)
    return not (rule.from_anywhere and rule.all_ports)


def _lets_nothing_more_in(
    rule: Rule, before: Sequence[Rule], after: Sequence[Rule], gained: Sequence[Rule], holders: Holders
) -> bool:
    """Return whether the inbound rules of those that the outbound `rule` names let in what they did.

    So it is where services share a group that only others' rules name: the own group of each says at which
    port it may be called. What an inbound rule that is new lets in is said of that rule.
    """
    named = holders.groups_beside(rule.peer)
    return bool(named) and all(
        inbound in gained or _was_let_out(rule, inbound, groups, before)
        for groups in named
        for inbound in after
        if inbound.inbound and inbound.group in groups and _may_meet(rule, inbound)
    )


def _may_meet(rule: Rule, inbound: Rule) -> bool:
    """Return whether `inbound` may let in what `rule` lets out; who has an address is not known here."""
    is_address = "/" in inbound.peer
    ports = inbound.first <= rule.last and rule.first <= inbound.last
    return ports and (is_address or inbound.peer == rule.group or inbound.peer.startswith("pl-"))


def _was_let_out(rule: Rule, inbound: Rule, groups: Sequence[str], before: Sequence[Rule]) -> bool:
    wanted = replace(inbound, inbound=False, group=rule.group)
    return any(old.covers(replace(wanted, peer=group)) for old in before for group in groups)


def _sentence(rule: Rule, side: Side, holders: Holders) -> str:
    held = holders.of_group(rule.group)
    other = holders.of_group(rule.peer) if is_group(rule, side) else address(rule)
    if rule.group == rule.peer:
        return f"the tasks of {held} may now connect to each other {rule.ports}"
    if rule.inbound:
        return f"{other} may now call {held} {rule.ports}"
    return f"{held} may now connect to {other} {rule.ports}"


def _care(rule: Rule, text: str, side: Side) -> Care:
    kind = CareKind.EXPOSURE if rule.inbound and rule.from_anywhere else CareKind.WIDENING
    return Care(kind=kind, text=text, place=path_of(rule.group, side.assembly.stacks))
