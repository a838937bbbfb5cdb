"""What the commands print."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from farside.flight.failures import compare_failure
from farside.flight.landing import Landing
from farside.mission import Mission
from farside.mission.units import number
from farside.report.gate_table import HEADS, UNITS, gate_notes, gate_rows
from farside.report.verdict import abort_lines, checks, ending, fault_line, refused_line

if TYPE_CHECKING:
    # A landing's tables need no survey, nor the rasters that come with it.
    from farside.survey import Survey


def console() -> Console:
    """Make a console that prints names from files as they are written."""
    return Console(markup=False, highlight=False, emoji=False)


def missions_table(plans: Sequence[Mission]) -> Table:
    """Tabulate missions."""
    table = plain_table("mission", "title", "latitude", "longitude", "descends")
    table.columns[1].justify = "left"
    for plan in plans:
        table.add_row(
            plan.name,
            plan.title,
            number(plan.site.latitude_deg, 4, "deg"),
            number(plan.site.longitude_deg, 4, "deg"),
            number(plan.vehicle.descent_mass_kg, 0, "kg"),
        )
    return table


def failures_table(plans: Mapping[str, Mission]) -> Table:
    """Tabulate missions of landings that failed."""
    table = plain_table("failure", "what failed", "ended", "--as-flown")
    table.columns[1].justify = table.columns[3].justify = "left"
    for name, plan in plans.items():
        if plan.failure is not None:
            logic = ", ".join(plan.failure.as_flown)
            table.add_row(name, plan.failure.cause, plan.failure.ended, logic)
    return table


def print_landing(out: Console, landing: Landing, folder: Path, written: Sequence[str]) -> None:
    """Print the phases, the touchdown, the site, how it ended, and what was written."""
    out.print(_phases(landing))
    if landing.gates:
        out.print(_gates(landing))
    if landing.outcome != "aborted":
        out.print(_touchdown(landing))
        out.print(_site(landing))
    for what, value in abort_lines(landing):
        out.print(f"Abort, {what}: {value}", soft_wrap=True)
    time = (
        f" after {number(landing.duration_s, 1, 's')}" if math.isfinite(landing.duration_s) else ""
    )
    spent = (
        f", {number(landing.propellant_kg, 0, 'kg')} of propellant used, "
        f"{number(landing.propellant_left_kg, 0, 'kg')} left."
    )
    out.print(Text(ending(landing), "green" if landing.safe else "bold red") + Text(time + spent))
    for fault in landing.faults:
        out.print(fault_line(fault), soft_wrap=True)
    for line in landing.aboard.lines if landing.aboard else ():
        out.print(line, soft_wrap=True)
    for cause in landing.causes:
        out.print(f"- {cause.text}", soft_wrap=True)
    if refused := refused_line(landing.health):
        out.print(refused, soft_wrap=True)
    if landing.naive:
        out.print(f"Flown with naive options: {', '.join(landing.naive)}", soft_wrap=True)
    if landing.plan.failure is not None:
        out.print(_failure(landing))
    out.print(f"Written to {folder}: {', '.join(written)}", soft_wrap=True)


def print_survey(out: Console, survey: Survey, folder: Path, written: Sequence[str]) -> None:
    """Print the shares of cells, the ranked sites, and what was written."""
    from farside.report.reasons import REASONS, percent

    rows, cols = survey.geometry.shape
    out.print(f"{survey.name}: {rows} x {cols} cells of {_cells(survey)}", soft_wrap=True)
    for note in survey.notes:
        out.print(Text(note, "bold red"))
    if not survey.coarse:
        out.print(f"{100.0 * survey.safe_share:.3g} % of the cells are safe.")
        found = [(name, survey.gravest_shares.get(bit, 0.0)) for bit, name, _ in REASONS]
        if any(share for _, share in found):
            told = ", ".join(f"{name} {percent(share)}" for name, share in found if share)
            out.print(f"Of all cells, by the gravest fault of each: {told}.", soft_wrap=True)
    if survey.sites:
        degrees = survey.geometry.crs is not None
        where = ("latitude\ndeg", "longitude\ndeg") if degrees else ("east\nm", "north\nm")
        numbers = ("slope\ndeg", "rough\nm", "clear\nm", "P safe", "head\ndeg")
        table = plain_table("no.", *where, *numbers)
        for site in survey.sites:
            place = (site.latitude_deg, site.longitude_deg) if degrees else (site.x, site.y)
            table.add_row(
                str(site.rank),
                *(number(value, 6 if degrees else 1) for value in place),
                number(site.slope_deg, 1),
                number(site.roughness_m, 2),
                number(site.clearance_m, 1),
                number(site.probability, 4),
                number(site.heading_deg, 0),
            )
        out.print(table)
        out.print(f"The sites are at least {survey.separation_m:.4g} m apart.")
    out.print(f"Written to {folder}: {', '.join(written)}", soft_wrap=True)


def _cells(survey: Survey) -> str:
    """Describe how large the cells are in the middle."""
    band = survey.geometry.middle
    if abs(band.across_m / band.down_m - 1.0) < 1e-3:
        return f"{band.across_m:.4g} m"
    return f"{band.across_m:.4g} m along the rows, {band.down_m:.4g} m down the columns"


def _phases(landing: Landing) -> Table:
    """Tabulate the phases."""
    table = plain_table(
        "phase", "time, s", "altitude, m", "height, m", "vertical, m/s", "across, m/s", "mass, kg"
    )
    for phase in landing.phases:
        table.add_row(
            phase.name,
            number(phase.start_s, 1),
            number(phase.altitude_m, 1),
            number(phase.height_m, 1),
            number(phase.vertical_speed_mps, 2),
            number(phase.horizontal_speed_mps, 2),
            number(phase.mass_kg, 1),
        )
    return table


def _gates(landing: Landing) -> Group:
    """Tabulate the gates beside what was published of them."""
    heads = (f"{head}\n{unit}" for head, unit in zip(HEADS, UNITS, strict=True))
    table = plain_table("gate", *heads)
    for row in gate_rows(landing):
        table.add_row(*row)
    return Group(table, *(Text(note) for note in gate_notes(landing)))


def _failure(landing: Landing) -> Table:
    """Tabulate what was published of a failure beside the flight."""
    table = plain_table("published of the failure", "value", "flown", "tolerance", "")
    for each in compare_failure(landing):
        row = each.outcome
        table.add_row(
            row.what,
            f"{row.published:g} {row.unit}".rstrip(),
            number(each.flown, 2),
            "" if row.tolerance is None else f"{row.tolerance:g}",
            {None: "", True: "met", False: "not met"}[each.holds],
        )
    return table


def _touchdown(landing: Landing) -> Table:
    """Tabulate the touchdown against its limits."""
    table = plain_table("touchdown", "value", "limit", "")
    for check in checks(landing):
        style = {None: "", True: "green", False: "bold red"}[check.holds]
        table.add_row(check.what, check.value_text, check.limit_text, Text(check.verdict, style))
    return table


def _site(landing: Landing) -> str:
    """Describe what was chosen, and where the lander stands."""
    site, met = landing.site, landing.touchdown
    lines = []
    if site.scans and math.isnan(site.clearance_m):
        lines.append("No map was made: it was to come down where it hung.")
    elif site.scans:
        kind = "the least bad site, nothing being safe" if site.least_bad else "site"
        lines.append(
            f"Chosen {kind}: 1 of {site.candidates}, {number(site.clearance_m, 1, 'm')} clear of "
            f"hazards, {number(site.divert_m, 1, 'm')} away."
        )
    if landing.imaging is not None and landing.imaging.lowered_m > 0.0:
        lines.append(
            f"Its map lay {number(landing.imaging.lowered_m, 1, 'm')} above the ground that "
            "navigation knew beneath: it was lowered by that, and may be false in what it shows."
        )
    if math.isfinite(site.truth_safe_share):
        lines.append(
            f"The truth: {number(100.0 * site.truth_safe_share, 0)} % of the 50 m square is safe."
        )
    lines.append(
        f"At rest at {number(met.latitude_deg, 5)} deg, {number(met.longitude_deg, 5)} deg east, "
        f"elevation {number(met.elevation_m, 1, 'm')} of the flown ground{_measured(landing)}."
    )
    lines += [str(move) for move in landing.moves]
    return "\n".join(lines)


def _measured(landing: Landing) -> str:
    """Return the height of the ground without its synthetic detail, to stand beside the flown."""
    if not math.isfinite(landing.measured_elevation_m):
        return ""
    return f" ({number(landing.measured_elevation_m, 1, 'm')} measured, the rest synthetic detail)"


def plain_table(first: str, *others: str) -> Table:
    """Make a table with a column of words and columns of numbers."""
    table = Table(first, box=SIMPLE_HEAD, pad_edge=False)
    for head in others:
        table.add_column(head, justify="right")
    return table
