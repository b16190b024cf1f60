"""Faults of Envoy's filter, as a policy has them."""

from ecs_envoy.importing.envoy.header_match import header_of
from ecs_envoy.importing.envoy.percentage import percent
from ecs_envoy.importing.found import Found, Policy, time_text
from ecs_envoy.importing.part import Part
from envoy_config.policy.status import NUMBERS

_STATUS = {number: name for name, number in NUMBERS.items()}
_WITHOUT_KEY = (
    ("abort", "http_status"),
    ("abort", "header_abort"),
    ("delay", "header_delay"),
    ("max_active_faults",),
    ("response_rate_limit",),
)


def fault_policy(config: Part, place: str, found: Found) -> Policy:
    """Return a fault as `policy.fault`; none if it would be for more calls here than it was for there."""
    for *block, key in _WITHOUT_KEY:
        if (config[block[0]] if block else config).has(key):
            found.note(f"{place}: fault {key}", "it has no key", "see policy.fault: a delay, and a status")
    fault = _delay_and_abort(config, place, found)
    if not fault:
        return {}
    for key in ("upstream_cluster", "downstream_nodes"):
        if config.has(key):
            cure = "the fault is left out; give policy.fault to the service or the methods that it is for"
            found.note(f"{place}: fault {key}", "a fault is not limited by it", cure)
            return {}
    headers = config.parts("headers")
    if not headers:
        return fault
    header = header_of(headers[0]) if len(headers) == 1 else None
    if header is None:
        cure = "the fault is left out, because it would be for all calls; give policy.fault.header"
        found.note(f"{place}: fault", "it is not for one header with a whole value, or any value", cure)
        return {}
    return {**fault, "header": header}


def _delay_and_abort(config: Part, place: str, found: Found) -> Policy:
    delay, abort = config["delay"], config["abort"]
    values: Policy = {}
    shares: dict[str, float] = {}
    if (time := time_text(delay.seconds("fixed_delay"))) is not None:
        values["delay"], shares["delay"] = time, percent(delay["percentage"]) or 0
    if (status := _STATUS.get(abort.whole("grpc_status") or 0)) is not None:
        values["abort"], shares["abort"] = status, percent(abort["percentage"]) or 0
    for key in [key for key, share in shares.items() if share <= 0]:
        # Envoy takes a percentage that is not given for 0, and ours would be 100.
        cure = "it is left out; give policy.fault with a percent if the runtime turned it on"
        found.note(f"{place}: fault {key}", "its percentage is 0, so no call has it", cure)
        del values[key], shares[key]
    if len(set(shares.values())) > 1:
        cure = "the file has the smaller one for both"
        found.note(f"{place}: fault", "its delay and its status have two percentages", cure)
    share = min(shares.values(), default=100)
    return {**values, "percent": share} if share < 100 else values
