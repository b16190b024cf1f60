"""The two worlds of `make chaos`, and the order in which their faults are raised.

In each world the lanes of one phase run side by side, each with a service and clients of its own, so that no
fault disturbs another. What touches a proxy or Cloud Map, or loads the machine, has the world to itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.faults.calls import SHORT, STREAM
from bench.faults.checker import Row, check_history, judge_tries
from bench.faults.course import RATE, Fault, Lane, side_by_side
from bench.faults.faults import clients, discovery, proxies, rolls, tasks
from bench.faults.history import read_calls, read_raised
from bench.faults.services import LabService
from bench.faults.world import World
from rehearsal.account.name_server import Outage
from rehearsal.system import Delays


@dataclass(frozen=True, kw_only=True)
class Program:
    """What happens in one world.

    Attributes:
        name: Its name.
        services: Its services.
        phases: The phases in their order; each has lanes that run side by side.
        delays: How slow AWS is.
        resolution_ms: gRPC's least time between two look-ups of a name.
        proxy_environment: Environment variables of the proxy's containers in the place of the deployed ones.

    """

    name: str
    services: tuple[LabService, ...]
    phases: tuple[tuple[Lane, ...], ...]
    delays: Delays = field(default_factory=Delays)
    resolution_ms: int = 30_000
    proxy_environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def faults(self) -> list[Fault]:
        """Return every fault in the order of the page."""
        return [fault for phase in self.phases for lane in phase for fault in lane.faults]

    def only(self, words: Sequence[str]) -> "Program":
        """Return the program with the faults whose name contains one of `words`, and those that they need."""
        chosen = [fault for fault in self.faults() if any(word in fault.name for word in words)]
        names = {name for fault in chosen for name in (fault.name, fault.needs)}
        phases = [
            tuple(
                replace(lane, faults=faults)
                for lane in phase
                if (faults := tuple(fault for fault in lane.faults if fault.name in names))
            )
            for phase in self.phases
        ]
        return replace(self, phases=tuple(phase for phase in phases if phase))

    def run(self, folder: Path, say: Callable[[str], object]) -> Path:
        """Deploy the world in `folder`, run every phase, and return the folder of the history.

        Raises:
            Exception: What a lane raised; the first, if there are several.

        """
        world = World(
            folder,
            self.services,
            delays=self.delays,
            say=say,
            resolution_ms=self.resolution_ms,
            proxy_environment=self.proxy_environment,
        )
        with world:
            self._run_phases(world, say)
        return world.history

    def _run_phases(self, world: World, say: Callable[[str], object]) -> None:
        for number, phase in enumerate(self.phases, 1):
            names = ", ".join(dict.fromkeys(lane.service for lane in phase))
            say(f"{self.name}: phase {number} of {len(self.phases)}: {names}")
            side_by_side(
                [
                    lambda lane=lane, name=f"{self.name}-{number}-{index}": lane.run(world, name)
                    for index, lane in enumerate(phase)
                ]
            )


def judged(program: Program, history: Path) -> list[Row]:
    """Return what the history in a folder says of each fault of `program`, in the program's order."""
    calls, raised = read_calls(history), read_raised(history)
    check_history(calls)
    return [
        judge_tries([one for one in raised if one.name == fault.name], calls, fault.allowed)
        for fault in program.faults()
    ]


DNS = {"named": Outage.SILENT, "failing": Outage.SERVFAIL, "empty": Outage.EMPTY, "gone": Outage.NXDOMAIN}
BY_DNS = {"discovery": "dns", "pre_stop_wait": "72s"}
CHECK = {"command": ["/bin/grpc_health_probe"], "interval": "5s", "timeout": "4s", "retries": 3}
SLOTS = 10
FLOODED = ("--slots", str(SLOTS))
"""Two tasks, each with as many slots as Envoy opens calls at it over one connection: 80 calls a second."""
FLOOD_RATE, FLOODED_RATE, CLIENT_RATE = 800.0, RATE / 2, 16
"""
Calls a second of a flood and of the others, and `client_calls_per_second`. All the others share one address;
so many calls of the flooder at once, and theirs, find a free slot.
"""
ONE_ZONE = {"load_balancing": {"zone_aware": False}}
SMALL = {"policy": ONE_ZONE}
"""Two tasks are too few for zones. Eleven services nearly fill a task definition: this makes some room."""
SERVICES = (
    LabService(name="rolled"),
    LabService(name="sick"),
    LabService(name="steady", tasks=4),
    LabService(name="aging", tasks=3, options=("--max-connection-age", "3000")),
    LabService(name="checked", tasks=3, settings={"container_health_check": CHECK}),
    LabService(name="busy", tasks=2, options=FLOODED, settings=SMALL),
    LabService(
        name="limited",
        tasks=2,
        options=FLOODED,
        settings={"policy": {**ONE_ZONE, "rate_limit": {"client_calls_per_second": CLIENT_RATE}}},
    ),
    *(LabService(name=name, tasks=2, settings=BY_DNS) for name in DNS),
)


def services_program() -> Program:
    """Return the world in which the proxies stay: faults of tasks, of discovery and of clients."""
    abuses = tuple(clients.abuse(kind, "steady", 10.0) for kind in clients.ABUSES if kind != "flood")
    ending = Lane(
        service="aging", faults=(clients.short_deadlines(10.0),), methods=(STREAM,), stream_deadline=1.0
    )
    return Program(
        name="services",
        services=SERVICES,
        phases=(
            _while_nothing_is_replaced(60.0),
            _while_tasks_are_replaced(),
            (Lane(service="steady", faults=abuses, rate=2.5 * RATE, compared_seconds=6.0),),
            (_flooded("limited", CLIENT_RATE), ending),
            (_flooded("busy", None),),
        ),
    )


def _flooded(service: str, limit: int | None) -> Lane:
    fault = clients.flood(service, 10.0, rate=FLOOD_RATE, limit=limit)
    return Lane(
        service=service,
        faults=(fault,),
        rate=FLOODED_RATE,
        methods=(SHORT,),
        compared_seconds=6.0 if limit else 0.0,
    )


def _while_nothing_is_replaced(outage: float) -> tuple[Lane, ...]:
    """Return the lanes that run while Cloud Map is down, so that no list of tasks changes."""
    lasting = (
        tasks.frozen("sick", 10.0),
        tasks.frozen("sick", 17.0),
        tasks.unavailable("sick", 40.0),
    )
    goaways = discovery.nothing("GOAWAY from tasks: max_connection_age 3 s", outage, f"0: {_GOAWAY}")
    return (
        Lane(service="steady", faults=(discovery.cloud_map_down(outage), discovery.throttled(30.0))),
        Lane(service="sick", faults=lasting, rate=1.5 * RATE),
        Lane(service="rolled", faults=(tasks.slower("rolled", 20.0),), rate=1.5 * RATE),
        Lane(service="aging", faults=(goaways,)),
        *(
            Lane(service=name, faults=(discovery.names_down(name, how, outage),), rate=RATE / 2)
            for name, how in DNS.items()
        ),
    )


def _while_tasks_are_replaced() -> tuple[Lane, ...]:
    rolling = (
        rolls.rolled("rolled"),
        rolls.scaled_in("rolled", 2),
        rolls.rebalanced("rolled"),
        rolls.interrupted("rolled"),
    )
    killing = (tasks.killed("sick"), tasks.killed("sick", 0.5))
    return (
        Lane(service="rolled", faults=rolling),
        Lane(service="sick", faults=killing, rate=1.5 * RATE),
        Lane(service="steady", faults=(rolls.never_listening("steady"),)),
        Lane(service="checked", faults=(rolls.never_healthy("checked"),)),
    )


_GOAWAY = "a call that the GOAWAY leaves out has not begun, and gRPC and Envoy send it again"


def proxies_program() -> Program:
    """Return the world in which the proxies are faulted."""
    lane = Lane(
        service="calls",
        faults=(
            proxies.sidecar_hung(20.0),
            proxies.sidecar_killed(20.0),
            proxies.one_by_one(),
            proxies.interrupted(),
            proxies.at_once(),
            proxies.rotation(20.0),
            proxies.clock_jump("calls"),
            proxies.killed(),
        ),
    )
    return Program(name="proxies", services=(LabService(name="calls", tasks=4),), phases=((lane,),))


PATIENT = 120.0
"""The deadline of calls in the tests, so that no test fails because a machine is slow."""


def short_program() -> Program:
    """Return the faults that run with the tests. All times of a proxy's stop are shortened together."""
    lanes = (
        Lane(
            service="calls",
            faults=(rolls.rolled("calls"), tasks.killed("calls")),
            deadline=PATIENT,
            stream_deadline=PATIENT,
        ),
        Lane(
            service="named",
            faults=(proxies.at_once(), discovery.names_down("named", Outage.NXDOMAIN, 6.0)),
            deadline=PATIENT,
            stream_deadline=PATIENT,
        ),
    )
    return Program(
        name="short",
        services=(
            LabService(name="calls", tasks=3),
            LabService(name="named", tasks=2, settings=BY_DNS),
        ),
        phases=(lanes,),
        delays=Delays(propagation=2.0),
        resolution_ms=1000,
        # Propagation and a TTL of 5 s, and as much again for a machine that is busy.
        proxy_environment={"SERVE_ON_SECONDS": "10", "LOOK_UP_SECONDS": "3", "DRAIN_SECONDS": "10"},
    )
