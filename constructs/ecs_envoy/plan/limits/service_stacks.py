"""Which stack a service is in, so that adding or removing one service never moves another."""

from hashlib import sha256


def stack_number(name: str, *, stacks: int, chosen: int | None) -> int:
    """Return the number of the stack of the service `name`, from 1 to 50.

    It depends on nothing else: not on other services, their number or their order. A service that moved
    would be deleted and made anew. Of all stacks the one with the highest hash of stack and name wins
    (rendezvous hashing), so that a larger `stacks` moves services only into the stacks that are new.

    Args:
        name: The service's name.
        stacks: The number of stacks that services are spread over.
        chosen: The service's own choice, which may be above `stacks`; None without one.

    """
    if chosen is not None:
        return chosen

    def weight(number: int) -> bytes:
        return sha256(f"{number}/{name}".encode()).digest()

    return max(range(1, stacks + 1), key=weight)


def services_stack_name(environment: str, number: int) -> str:
    """Return the name of the stack of services with this number; the first has none in its name."""
    return f"{environment}-services" if number == 1 else f"{environment}-services-{number}"
