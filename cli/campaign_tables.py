"""What the commands of campaigns print: success, requirements, failures, and two side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from farside.mission.units import number

if TYPE_CHECKING:
    from farside.campaign.compare import Comparison
    from farside.campaign.statistics import Summary
    from farside.campaign.statistics.faulted import Faulted

#: Runs named in a line; the page and the JSON name them all.
NAMED = 5
SHOWN_PERCENT = (50.0, 99.7)


def summary_lines(said: Summary) -> Iterator[str]:
    """Yield success, and what failed with the runs to fly again."""
    success = said.success
    endings = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in said.endings.items())
    yield f"{said.title}: {success.count:,} of {success.of:,} succeeded ({endings})"
    yield success_line(said)
    for given in said.faulted:
        yield f"  {given_line(given)}"
    for each in (*said.failures, *said.remarks):
        runs = ", ".join(str(run) for run in each.runs[:NAMED])
        more = f" and {len(each.runs) - NAMED} more" if len(each.runs) > NAMED else ""
        yield f"  {each.flights.count:,} {each.title}: run {runs}{more}"


def given_line(given: Faulted) -> str:
    """Describe the success given a fault."""
    success = given.success
    if success is None:
        return f"given {given.fault}: in no flight"
    return (
        f"given {given.fault}: {success.count:,} of {success.of:,} succeeded, "
        f"{number(100.0 * success.share, 2)} %, with 95 % confidence at least "
        f"{number(100.0 * success.least, 3)} %"
    )


def success_line(said: Summary) -> str:
    """Return success with its bound, which bound that is, and what it is conditional on."""
    success, basis = said.success, said.basis
    flown = f"success {number(100.0 * success.share, 2)} %"
    if not basis.bounded:
        return f"{flown}, {basis.bound}; {basis.given}"
    return (
        f"{flown}, with 95 % confidence at least {number(100.0 * success.least, 3)} % (two-sided "
        f"{number(100.0 * success.low, 3)} to {number(100.0 * success.high, 3)} %), "
        f"{basis.given}; {basis.drawn}, {basis.bound}"
    )


def requirements_table(said: Summary) -> Table:
    """Tabulate each requirement: percentiles, the worst flight; their bounds are on the page."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("requirement")
    for head in ("limit", "50 %", "99.7 %", "worst", "run", "within"):
        table.add_column(head, justify="right", no_wrap=True)
    for each in (*said.requirements, *said.reported):
        asked = each.requirement
        at = {p.percent: p for p in each.percentiles}
        digits = asked.digits
        table.add_row(
            f"{asked.title}, {asked.unit}",
            "" if asked.limit is None else number(asked.limit, digits),
            *(number(at[percent].value, digits) for percent in SHOWN_PERCENT),
            number(each.worst, digits),
            str(each.worst_run),
            "" if each.kept is None else f"{number(100.0 * each.kept.share, 2)} %",
        )
    return table


def comparison_table(found: Comparison) -> Table:
    """Tabulate success and each outcome of two campaigns, with the shift and its bounds."""
    from farside.campaign.compare import bounds_text, shift_head

    table = Table(box=SIMPLE_HEAD)
    table.add_column("outcome, medians")
    for head in ("A", "B", shift_head(found.paired), "its 95 %", "p"):
        table.add_column(head, justify="right", no_wrap=True)
    change = found.success
    table.add_row(
        "success, % of flights",
        number(100.0 * found.success_a.share, 2),
        number(100.0 * found.success_b.share, 2),
        number(100.0 * change.estimate, 2),
        f"{number(100.0 * change.low, 2)} to {number(100.0 * change.high, 2)}",
        _chance(found.success_adjusted_p),
    )
    for each in found.outcomes:
        table.add_row(
            f"{each.title}, {each.unit}",
            number(each.median_a, each.digits),
            number(each.median_b, each.digits),
            number(each.shift.estimate, each.digits),
            bounds_text(each),
            _chance(each.adjusted_p),
        )
    return table


def _chance(p: float) -> str:
    """Write a p-value."""
    return "< 1e-4" if p < 1e-4 else number(p, 4)
