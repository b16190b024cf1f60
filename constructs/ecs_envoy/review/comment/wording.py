"""Words what a review found: its sections in the order of the comment."""

from collections.abc import Iterator, Sequence

from ecs_envoy.review.comment.page import Bullet, Code, Entry, Note, Page, Part, Section, Table, code
from ecs_envoy.review.comment.summary import summary
from ecs_envoy.review.cost.amounts import amounts
from ecs_envoy.review.resources.changes import Kind, ResourceChange
from ecs_envoy.review.sections import Checks, Cost, CostLine, DocumentChange, EnvironmentReview

# The higher, the later it is cut.
_CARE, _MEANING, _ENVOY, _COST, _CHECKS, _DOCUMENTS, _RESOURCES = range(7, 0, -1)


def page(reviews: Sequence[EnvironmentReview], *, compared: str) -> Page:
    """Return the comment about `reviews`, whose first words say what was compared."""
    return Page(
        parts=tuple(_part(review) for review in reviews if review.differs),
        unchanged=tuple(review.name for review in reviews if not review.differs),
        compared=compared,
    )


def _part(review: EnvironmentReview) -> Part:
    sections = (
        Section(title="Needs care", entries=tuple(_care(review)), importance=_CARE),
        Section(title="What it means", entries=tuple(_meaning(review)), importance=_MEANING),
        Section(title="Envoy's configuration", entries=tuple(_documents(review.envoy)), importance=_ENVOY),
        Section(
            title="Other documents",
            entries=tuple(_documents(review.documents)),
            importance=_DOCUMENTS,
            folded=True,
        ),
        Section(title="Resources", entries=tuple(_resources(review)), importance=_RESOURCES, folded=True),
        Section(title="Cost", entries=tuple(_cost(review.cost)), importance=_COST, folded=True),
        Section(title="How it was checked", entries=tuple(_checks(review.checks)), importance=_CHECKS),
    )
    return Part(summary=summary(review), sections=tuple(s for s in sections if s.entries))


def _care(review: EnvironmentReview) -> Iterator[Entry]:
    for found in review.care:
        yield Bullet(text=f"**{found.kind.value}**: {found.text} ({code(found.place)})")


def _meaning(review: EnvironmentReview) -> Iterator[Entry]:
    for found in review.meaning:
        yield Bullet(text=found.cause + (":" if found.consequences else ""))
        for consequence in found.consequences:
            yield Bullet(text=consequence, depth=1)


def _documents(changes: Sequence[DocumentChange]) -> Iterator[Entry]:
    for change in changes:
        yield Note(text=f"**{change.title}**")
        for line in change.lines:
            yield Bullet(text=line)
        if change.diff:
            yield Code(text=change.diff, language="diff")


_ORDER = (Kind.REPLACED, Kind.RENAMED, Kind.MAYBE_REPLACED, Kind.REMOVED, Kind.ORPHANED)


def _resources(review: EnvironmentReview) -> Iterator[Entry]:
    for stack in review.stacks_added:
        yield Bullet(text=f"stack {code(stack)} is added")
    for stack in review.stacks_removed:
        yield Bullet(text=f"stack {code(stack)} leaves the app; `cdk deploy` does not delete it")
    for stack in sorted({change.stack for change in review.resources} | review.declarations.keys()):
        yield Note(text=f"**{code(stack)}**")
        changes = [change for change in review.resources if change.stack == stack]
        for change in sorted(changes, key=_weight):
            yield Bullet(text=f"{change.kind.value}: {code(change.type)} {code(_within(change))}")
            for line in review.details.get(change.new_id, ()):
                yield Bullet(text=line, depth=1)
        for line in review.declarations.get(stack, ()):
            yield Bullet(text=line)


def _weight(change: ResourceChange) -> int:
    return _ORDER.index(change.kind) if change.kind in _ORDER else len(_ORDER)


def _within(change: ResourceChange) -> str:
    """Return a resource's path within its stack."""
    return change.path.partition("/")[2] or change.path


def _cost(cost: Cost) -> Iterator[Entry]:
    if not cost.lines:
        return
    scales = any((line.before, line.after) != (line.before_most, line.after_most) for line in cost.lines)
    differing, same = _by_difference(cost)
    rows = [
        (line.name, amounts(line.before, line.before_most), amounts(line.after, line.after_most))
        for line in differing
    ]
    if differing and same.lines:
        stays = amounts(same.before, same.before_most)
        rows.append((f"what stays the same, lines: {len(same.lines)}", stays, stays))
    rows.append(("**sum**", amounts(cost.before, cost.before_most), amounts(cost.after, cost.after_most)))
    unit = "USD a month, at the least and the highest number of tasks" if scales else "USD a month"
    yield Table(header=(unit, "before", "after"), rows=tuple(rows))
    for assumption in cost.assumptions:
        yield Bullet(text=assumption)


def _by_difference(cost: Cost) -> tuple[list[CostLine], Cost]:
    """Return the lines that differ, and those that a reader need not see one by one."""
    same = [
        line
        for line in cost.lines
        if (line.before, line.before_most) == (line.after, line.after_most) and " → " not in line.name
    ]
    return [line for line in cost.lines if line not in same], Cost(lines=tuple(same))


def _checks(checks: Checks) -> Iterator[Entry]:
    for line in checks.new:
        yield Bullet(text=f"**new finding**: {line}")
    for line in checks.gone:
        yield Bullet(text=f"gone: {line}")
    for line in checks.done:
        yield Bullet(text=line)
