"""What the comment says about one environment, before it is written in a format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ecs_envoy.review.resources.changes import ResourceChange


class Existence(Enum):
    """On which sides an environment is."""

    BOTH = "both"
    NEW = "new"
    GONE = "gone"


class CareKind(Enum):
    """Why something needs care; the first words of `--fail-on`."""

    REPLACEMENT = "replacement"
    DELETION = "deletion"
    INTERRUPTION = "interruption"
    """Calls fail or are cut: tasks that all stop at once, less time for open calls, another name to dial."""

    WIDENING = "widening"
    """Somebody gains access: a security group or IAM."""

    EXPOSURE = "exposure"
    """Something becomes public, or is no longer encrypted."""

    WEAKENING = "weakening"
    """Fewer tasks, an alarm that goes, a shorter retention, a protection that is off."""


@dataclass(frozen=True, kw_only=True)
class Care:
    """Something that a reviewer should look at before the change is merged.

    Attributes:
        kind: Why.
        text: One sentence: what happens, and what is lost or who gains what.
        place: The construct's path, or the stack's name.

    """

    kind: CareKind
    text: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """A cause with its consequences.

    Attributes:
        cause: What was changed, such as `lessons: max tasks 4 → 12`.
        consequences: What follows from it, in the order of importance.

    """

    cause: str
    consequences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DocumentChange:
    """A document inside a template that differs: a bootstrap, settings, a dashboard, a policy.

    Attributes:
        title: What it is, such as `Envoy's configuration of grpc`.
        lines: What differs, by meaning, one line each, such as `lessons / Search: timeout 3s → 1s`.
        diff: What differs and has no line, as a readable diff; empty if every difference has one.

    """

    title: str
    lines: tuple[str, ...] = ()
    diff: str = ""


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """What something costs a month, in USD, before and after.

    Attributes:
        name: What it is, such as `Fargate: lessons, 2 to 6 tasks of 0.25 vCPU and 512 MiB`.
        before: Its cost before; at the least number of tasks.
        after: Its cost after; at the least number of tasks.
        before_most: Its cost before at the highest number of tasks.
        after_most: Its cost after at the highest number of tasks.

    """

    name: str
    before: float
    after: float
    before_most: float
    after_most: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of an environment a month, before and after.

    Attributes:
        lines: By line, also those that do not change.
        assumptions: What the figures assume: the table's date and region, the stated rates.

    """

    lines: tuple[CostLine, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def before(self) -> float:
        """The sum before, at the least number of tasks."""
        return sum(line.before for line in self.lines)

    @property
    def after(self) -> float:
        """The sum after, at the least number of tasks."""
        return sum(line.after for line in self.lines)

    @property
    def before_most(self) -> float:
        """The sum before, at the highest number of tasks."""
        return sum(line.before_most for line in self.lines)

    @property
    def after_most(self) -> float:
        """The sum after, at the highest number of tasks."""
        return sum(line.after_most for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class Checks:
    """How the change was checked.

    Attributes:
        done: What was checked, with its result, such as `Envoy 1.40.0 accepts the bootstrap of grpc`.
        new: Findings that are new.
        gone: Findings that are gone.

    """

    done: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EnvironmentReview:
    """Everything that the comment says about one environment.

    Attributes:
        name: The environment's name.
        existence: Whether the environment is new, gone, or on both sides.
        restarts: The ECS services whose tasks are replaced by new ones, with the proxies first.
        care: What needs care, the most important first.
        meaning: Causes with their consequences.
        envoy: What differs in Envoy's configuration.
        documents: What differs in other documents inside the templates.
        resources: The resources that differ.
        details: What differs in each of them, in lines, by its `new_id`.
        declarations: What differs in parameters, conditions, mappings and outputs, in lines, by stack.
        stacks_added: The stacks that are new.
        stacks_removed: The stacks that the app has no more; `cdk deploy` does not delete them.
        cost: What it costs.
        checks: How it was checked.

    """

    name: str
    existence: Existence = Existence.BOTH
    restarts: tuple[str, ...] = ()
    care: tuple[Care, ...] = ()
    meaning: tuple[Meaning, ...] = ()
    envoy: tuple[DocumentChange, ...] = ()
    documents: tuple[DocumentChange, ...] = ()
    resources: tuple[ResourceChange, ...] = ()
    details: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    declarations: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    stacks_added: tuple[str, ...] = ()
    stacks_removed: tuple[str, ...] = ()
    cost: Cost = field(default_factory=Cost)
    checks: Checks = field(default_factory=Checks)

    @property
    def differs(self) -> bool:
        """Whether anything differs that the comment has to say."""
        return bool(
            self.resources
            or self.declarations
            or self.stacks_added
            or self.stacks_removed
            or self.care
            or self.checks.new
            or self.checks.gone
        )
