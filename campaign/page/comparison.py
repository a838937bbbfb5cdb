"""The page of a comparison: one file with everything in it, that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from markupsafe import Markup
from scipy.stats import ks_2samp

from farside.campaign.compare import (
    Comparison,
    Turned,
    bounds_text,
    columns_explained,
    flights_compared,
    shift_head,
)
from farside.campaign.page.comparison_figures import (
    distribution_figure,
    shift_figure,
    success_bars,
)
from farside.campaign.page.figures import percent
from farside.campaign.page.tables import replay_command, table
from farside.campaign.page.ticks import input_label
from farside.campaign.statistics.drivers import holm
from farside.campaign.statistics.flights import Campaign, Flights, Floats
from farside.campaign.statistics.proportion import CONFIDENCE, Share
from farside.campaign.statistics.requirements import REPORTED, requirements
from farside.ext.common.version import version
from farside.mission.units import number
from farside.mission.writing import write_whole
from farside.report.template import own, render

#: Runs that turned get a command each; more of them are in the file that --json writes.
MOST_TURNED = 50


def write_comparison_page(a: Campaign, b: Campaign, found: Comparison, path: str | Path) -> Path:
    """Write the page of a comparison, whole or not at all.

    Parameters
    ----------
    a, b : Campaign
        What was compared.
    found : Comparison
        From `farside.campaign.compare.compare`.
    path : str or Path
        The file; an earlier one is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        It cannot be written there.
    """
    write_whole(path, render_comparison(a, b, found))
    return Path(path)


def render_comparison(a: Campaign, b: Campaign, found: Comparison) -> str:
    """Fill the template; text from files is escaped, the blocks are markup of ours."""
    flights = flights_compared(a, b)
    words = {
        "version": version(),
        "title": f"{a.mission.title} against {b.mission.title}"
        if a.mission.title != b.mission.title
        else f"{a.mission.title}: two campaigns",
        "name_a": found.a,
        "name_b": found.b,
        "why": found.why[:1].upper() + found.why[1:],
        "notes": " ".join(f"{note[:1].upper()}{note[1:]}." for note in found.notes),
        "verdict": found.verdict,
        "success_words": _success_words(found),
    }
    blocks = {
        "css": own("campaign/page/page.css") + own("campaign/page/comparison.css"),
        "differences": _differences(found),
        "success": success_bars(found),
        "shifts": _shifts(found),
        "outcomes": _outcomes(found),
        "curves": "\n".join(_curves(a, b, found, flights)),
        "inputs": _inputs(flights),
        "turned": _turned("Lost", found.lost, found.b) + _turned("Gained", found.gained, found.a)
        or '<p class="soft">No run succeeds in one campaign only.</p>'
        if found.paired
        else '<p class="soft">The flights are no pairs: no run of A is one of B.</p>',
    }
    markup = {key: Markup(block) for key, block in blocks.items()}
    return render("campaign/page/comparison.html", **words, **markup)


def _differences(found: Comparison) -> str:
    """Tabulate the keys in which the missions differ."""
    if not found.differences:
        return '<p class="soft">Nothing: both fly the same mission file in the same way.</p>'
    rows = [
        (f"<code>{escape(each.key)}</code>", escape(each.a), escape(each.b))
        for each in found.differences
    ]
    return f'<div class="wide">{table(("key", "A", "B"), rows)}</div>'


def _success_words(found: Comparison) -> str:
    """Describe both shares, and their difference."""

    def said(share: Share) -> str:
        bounds = f"{percent(share.low)} to {percent(share.high)}"
        return f"{share.count:,} of {share.of:,}, {percent(share.share)} ({bounds})"

    change = found.success
    return (
        f"A: {said(found.success_a)}. B: {said(found.success_b)}. "
        f"B less A: {number(100.0 * change.estimate, 2)} % of flights, 95 %: "
        f"{number(100.0 * change.low, 2)} to {number(100.0 * change.high, 2)}."
    )


def _outcomes(found: Comparison) -> str:
    """Tabulate the outcomes."""
    rows = [
        (
            f"{escape(each.title)}<small>{escape(each.unit)}</small>",
            number(each.median_a, each.digits),
            number(each.median_b, each.digits),
            number(each.shift.estimate, each.digits),
            bounds_text(each),
            _chance(each.adjusted_p),
        )
        for each in found.outcomes
    ]
    head = ("", "median of A", "median of B", shift_head(found.paired), "its 95 %", "p, by Holm")
    note = f'<p class="soft">{columns_explained(found.paired)}</p>'
    return f"{table(head, rows)}\n{note}"


def _curves(
    a: Campaign, b: Campaign, found: Comparison, flights: tuple[Flights, Flights]
) -> list[str]:
    """Draw the distributions of each outcome."""
    asked = [
        {each.name: each for each in (*REPORTED, *requirements(of.mission, of.manifest.imaging))}
        for of in (a, b)
    ]
    drawn = []
    for each in found.outcomes:
        sides = [held[each.name] for held in asked]
        values = [side.of(rows) for side, rows in zip(sides, flights, strict=True)]
        picture = distribution_figure(each, values, [side.limit for side in sides])
        drawn.append(f"<figure>\n<h3>{escape(each.title)}</h3>\n{picture}\n</figure>")
    return drawn


def _inputs(flights: tuple[Flights, Flights]) -> str:
    """Tabulate each dispersed input of both campaigns, and whether chance explains that it differs.

    Two samples are held against each other by Kolmogorov and Smirnov, after Holm over all inputs.
    """
    names = tuple(dict.fromkeys(flights[0].names("input_") + flights[1].names("input_")))
    if not names:
        return '<p class="soft">Nothing was dispersed.</p>'
    if all(
        np.array_equal(flights[0].number(name), flights[1].number(name), equal_nan=True)
        for name in names
    ):
        return (
            f'<p class="soft">Each of the {len(names)} inputs has the same value in both flights '
            "of a pair.</p>"
        )
    # a pair of columns at a time
    found = [_held_against(*(rows.number(name) for rows in flights)) for name in names]
    rows = []
    for name, (*spreads, _), p in zip(names, found, holm([p for *_, p in found]), strict=True):
        unit = flights[0].unit(name) or flights[1].unit(name)
        title = escape(input_label(name.removeprefix("input_"), unit))
        differs = p < 1.0 - CONFIDENCE
        rows.append(
            (
                title,
                *spreads,
                f'<span class="bad">{_chance(float(p))}</span>' if differs else _chance(float(p)),
            )
        )
    heads = ("input", "A: mean, 1 sigma", "B: mean, 1 sigma", "p of one distribution")
    return f'<div class="wide">{table(heads, rows)}</div>'


def _held_against(a: Floats, b: Floats) -> tuple[str, str, float]:
    """Return the spread of an input in both campaigns, and the p of one distribution."""
    one, other = a[np.isfinite(a)], b[np.isfinite(b)]
    p = float(ks_2samp(one, other).pvalue) if len(one) and len(other) else 1.0
    return _spread(one), _spread(other), p


def _shifts(found: Comparison) -> str:
    """Draw the shifts with their bounds; nothing where the flights are too few to bound any."""
    drawing = shift_figure(found.outcomes)
    if not drawing:
        return ""
    return (
        f"<figure>\n<h3>The shift of each outcome</h3>\n{drawing}\n"
        "<figcaption>B less A by Hodges and Lehmann with 95&nbsp;% bounds, in parts of A's median; "
        "grey where chance explains it (after Holm's correction for all outcomes).</figcaption>\n"
        "</figure>"
    )


def _spread(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """Write mean and standard deviation, to four digits; a dash where there is none."""
    if not len(column):
        return "\u2013"
    sigma = float(column.std(ddof=1)) if len(column) > 1 else 0.0
    return f"{float(column.mean()):.4g}, {sigma:.4g}".replace("-", "\u2212")


def _turned(title: str, runs: Sequence[Turned], folder: str) -> str:
    """List the runs that succeed in one campaign only, with the command that flies the failure."""
    if not runs:
        return ""
    lines = [
        f"{replay_command(folder, each.run)}  # {(each.a or each.b).replace('_', ' ')}"
        for each in runs[:MOST_TURNED]
    ]
    more = f"<p>{len(runs) - MOST_TURNED:,} more.</p>" if len(runs) > MOST_TURNED else ""
    return (
        f"<h3>{title} in B: {len(runs):,}</h3>\n"
        f"<pre><code>{escape(chr(10).join(lines))}</code></pre>{more}\n"
    )


def _chance(p: float) -> str:
    """Write a p-value."""
    return "&lt; 1e-4" if p < 1e-4 else number(p, 4)
