"""Rules for canaries and mirrors: where calls go, and how many."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ecs_envoy.plan.policy.load_balancing_rules import version_problem
from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from envoy_config.policy.layers import EffectivePolicy
from envoy_config.policy.splitting import Canary
from envoy_config.settings_error import Finding, KeyPath


def _canaries(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        entries = calls.policy.canaries
        if not entries:
            continue
        here = calls.place("canary")
        if here[0] == "policy":
            yield here, "would be for every service, and for the canary itself; give it to one service"
            continue
        listed = not isinstance(calls.policy.canary, Canary)
        for number, canary in enumerate(entries):
            yield from _canary(service, canary, (*here, number) if listed else here)
            yield from _taken(canary, entries[:number], (*here, number))
        # As Decimals, because the sum of floats such as 2.3, 27.4 and 70.3 may be a little more than 100.
        shares = sum(Decimal(str(canary.percent or 0)) for canary in entries)
        if shares > 100:
            yield (
                here,
                f"sends {float(shares):g} % of the calls elsewhere; give shares that sum up to 100 at most",
            )


def _canary(service: PoliciesOfService, canary: Canary, here: KeyPath) -> Iterator[Finding]:
    if canary.to is None and canary.version is None:
        yield here, "does not say where calls go; give to, the name of a service, or version"
    if canary.version is not None and canary.to is None and (problem := version_problem(service.plan)):
        yield (*here, "version"), problem
    if canary.to is not None and canary.version is not None:
        yield (*here, "version"), "is given together with to; remove one of the two"
    if canary.percent is None and canary.header is None:
        yield here, "does not say which calls go there; give percent or header"
    yield from _target(service, canary.to, (*here, "to"))


def _taken(canary: Canary, earlier: Sequence[Canary], here: KeyPath) -> Iterator[Finding]:
    header = canary.header
    if header and any(
        other.header and other.header.name == header.name and other.header.value in {None, header.value}
        for other in earlier
    ):
        problem = "has no effect, because an earlier entry takes all of these calls"
        yield (*here, "header"), f"{problem}; remove one of the two, or give the one with a value first"


def _mirror(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        if calls.policy.mirror:
            here = calls.place("mirror")
            if here[0] == "policy":
                yield here, "would be for every service, and for the mirror itself; give it to one service"
            else:
                yield from _target(service, calls.policy.mirror.to, _to(calls))


def _to(calls: EffectivePolicy) -> KeyPath:
    return calls.place("mirror", "to")


def _target(service: PoliciesOfService, to: str | None, here: KeyPath) -> Iterator[Finding]:
    names = [other.name for other in service.task.services]
    if to == service.name:
        yield here, f"{to} is the service itself; give another service"
    elif to is not None and to not in names:
        others = ", ".join(sorted(name for name in names if name != service.name))
        cure = f"give one of {others}" if others else "the proxy has no other service"
        yield here, f"the proxy has no service {to!r}; {cure}"


SPLITTING_RULES: tuple[Rule[PoliciesOfService], ...] = (_canaries, _mirror)
