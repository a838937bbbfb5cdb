"""campaign.html: one file with everything in it, that needs nothing else."""

from __future__ import annotations

from html import escape
from pathlib import Path

from markupsafe import Markup

from farside.campaign.page.consistency import (
    by_block,
    consistency_figure,
    consistency_table,
    titled,
)
from farside.campaign.page.figures import (
    dispersion_figure,
    drivers_figure,
    exceedance_figure,
    percent,
    percentile_figure,
    success_figure,
)
from farside.campaign.page.tables import (
    dispersion_table,
    drivers_table,
    failure_block,
    faults_table,
    prefixes_table,
    replay_command,
    requirements_table,
)
from farside.campaign.statistics import Summary, summarise
from farside.campaign.statistics.dispersion import Dispersion
from farside.campaign.statistics.flights import Campaign, Flags, Flights, Floats, flights_of
from farside.campaign.statistics.proportion import Share, flights_for
from farside.campaign.statistics.requirements import (
    Outcome,
    Requirement,
    requirements,
    succeeded,
)
from farside.campaign.target import TARGET, check_target
from farside.ext.common.version import version
from farside.mission.units import number
from farside.mission.writing import write_whole
from farside.report.template import own, render

#: Where touchdowns about a point are found.
PLACES = {
    "the chosen site": ("touchdown_miss_east_m", "touchdown_miss_north_m"),
    "the nominal site": ("touchdown_east_m", "touchdown_north_m"),
}


def _places(flights: Flights, about: str) -> tuple[Floats, Floats]:
    """Return the touchdowns east and north of a point [m]."""
    east, north = PLACES[about]
    return flights.number(east), flights.number(north)


def write_campaign_page(
    campaign: Campaign,
    path: str | Path,
    *,
    folder: str | Path | None = None,
    summary: Summary | None = None,
    target: float | None = None,
) -> Path:
    """Write the page of a campaign, whole or not at all.

    Parameters
    ----------
    campaign : Campaign
        Its flights.
    path : str or Path
        The file; an earlier one is replaced.
    folder : str or Path, optional
        The campaign's folder as the commands on the page name it; the page's own if not given.
    summary : Summary, optional
        Its statistics, if they have been worked out already.
    target : float, optional
        Share of safe landings that is asked for, 0.5 to 0.9999999; 0.999 if not given.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StatisticsError
        The campaign holds no flight.
    CampaignError
        The target is no share of safe landings.
    OSError
        It cannot be written there.
    """
    share = check_target(target)
    place = Path(path)
    page = render_campaign(
        campaign, str(folder or place.parent), summary or summarise(campaign), share
    )
    write_whole(place, page)
    return place


def render_campaign(
    campaign: Campaign, folder: str, summary: Summary, target: float = TARGET
) -> str:
    """Fill the template; text from files is escaped, the blocks are markup of ours."""
    flights = flights_of(campaign)
    good = succeeded(flights, requirements(campaign.mission, summary.imaging))
    outcomes = (*summary.requirements, *summary.reported)
    words = {
        "version": version(),
        "title": summary.title,
        "runs": f"{summary.runs:,}",
        "what": _what(summary),
        "bound": summary.basis.bound,
        "sentence": _sentence(summary),
        "command": replay_command(folder, "K"),
        "endings": ", ".join(f"{count:,} {name}" for name, count in summary.endings.items()),
        "target": target_sentence(summary.success, target),
        "mood": "good" if summary.success.least >= target or not summary.failures else "bad",
        "pairs": f"{sum(len(each.drivers) for each in summary.driven):,}",
    }
    places = (_place(flights, found, good) for found in summary.dispersions)
    blocks = {
        "css": own("campaign/page/page.css"),
        "tiles": _tiles(summary),
        "success": success_figure(summary.convergence, target),
        "prefixes": prefixes_table(summary),
        "scatter": escape(_scatter(summary)),
        "failures": _failures(summary, folder),
        "faults": faults_table(summary),
        "consistency": consistency_table(summary.consistency),
        "nees": "\n".join(
            _figure(titled(block), consistency_figure(means))
            for block, means in by_block(summary.consistency).items()
        ),
        "requirements": requirements_table(outcomes),
        "curves": "\n".join(_curve(flights, each) for each in outcomes),
        "dispersions": "\n".join(places)
        or '<p class="soft">Too few touchdowns for an ellipse.</p>',
        "drivers": _drivers(summary),
        "driven": _all_drivers(summary),
        "convergence": "\n".join(
            _figure(_titled(each.requirement), drawn)
            for each in outcomes
            if (drawn := percentile_figure(each, summary.convergence))
        ),
        "meaning": "\n".join(f"<p>{escape(each)}</p>" for each in meaning(summary, target)),
    }
    markup = {key: Markup(block) for key, block in blocks.items()}
    return render("campaign/page/page.html", **words, **markup)


def target_sentence(success: Share, target: float) -> str:
    """Return whether the flights show the share that is asked for, miss it, or are too few.

    Parameters
    ----------
    success : Share
        Of the flights.
    target : float
        Share that is asked for.
    """
    asked = f"Target: {percent(target)} safe"
    if (success.low, success.high) == (0.0, 1.0):
        return f"{asked}. Not shown: too few scrambles for a bound; fly it with --plain."
    if success.least >= target:
        return f"{asked}. Shown: at least {percent(success.least)} with 95 % confidence."
    if success.high < target:
        return f"{asked}. Missed: at most {percent(success.high)}, two-sided 95 %."
    if success.count < success.of:
        return f"{asked}. Not decided: the flights allow it, and do not show it."
    more = flights_for(target) - success.of
    noun = "flight" if more == 1 else "flights"
    return f"{asked}. Not shown yet: {more:,} more {noun} without a failure would."


def meaning(summary: Summary, target: float = TARGET) -> tuple[str, ...]:
    """Describe what the bounds suppose, and what they leave out."""
    said = [
        "Success is a flight that is marked safe and keeps to every limit but the miss of the "
        "chosen site, which is a figure of three sigma: 98.9 % of the flights must keep to it.",
    ]
    said.append(_bound_words(summary))
    said.append(
        f"Every share is conditional: {summary.basis.given}. What a mission file does not disperse "
        "or let fail is as it says in every flight."
    )
    if summary.ground == "fixed":
        said.append(
            "All flights met the same synthetic ground: the numbers are of that ground, not of "
            "the region."
        )
    said.append(
        f"{flights_for(target):,} flights without a failure show {percent(target)} at 95 % "
        "confidence. None of this speaks of what the models leave out."
    )
    return tuple(said)


def _bound_words(summary: Summary) -> str:
    """Describe which bound stands beside a share, and why it holds."""
    basis = summary.basis
    if not basis.bounded:
        return (
            f"The inputs are points of {basis.drawn.removeprefix('sampling by ')}. Points of one "
            "scramble are not independent, and fewer than 10 scrambles do not tell how they "
            "differ: no bound is given. Percentiles and ellipses are bounded as if the flights "
            "were independent."
        )
    if basis.scrambles:
        return (
            f"The inputs are points of {basis.scrambles} independently scrambled Sobol sequences, "
            "each with its own order of the inputs; noise and ground are drawn anew for each run. "
            "Flights of one sequence are not independent of each other, the sequences are. The "
            f"bound of a share is {basis.bound}: with failures in a corner of any two inputs it "
            "held in 94 % or more of 2000 such campaigns (decision 048). Percentiles and ellipses "
            "are bounded as if the flights were independent."
        )
    return (
        "The flights are independent of each other, so the bounds hold as they stand: 95 % of "
        f"campaigns like this one give bounds that hold the truth. A share has the {basis.bound}."
    )


def _what(summary: Summary) -> str:
    """Describe what was flown."""
    eyes = "with hazard mapping" if summary.imaging else "without imaging, to the nominal site"
    eyes += ", its cameras at work" if summary.cameras else ""
    of = "" if summary.runs == summary.asked_runs else f" of {summary.asked_runs:,} planned"
    return (
        f"{summary.mission}: {summary.runs:,} dispersed landings{of}, seed {summary.seed}, "
        f"{summary.basis.drawn}, {eyes}."
    )


def _sentence(summary: Summary) -> str:
    """Describe how often it lands."""
    success, basis = summary.success, summary.basis
    bound = f"at least {percent(success.least)} with 95 % confidence"
    return (
        f"{success.count:,} of {success.of:,} landed safely: {percent(success.share)}; "
        f"{bound if basis.bounded else basis.bound}; {basis.given}"
    )


def _tiles(summary: Summary) -> str:
    """Lay out the figures that people ask for first."""
    failed = summary.runs - summary.success.count
    tiles = [
        ("flights", f"{summary.runs:,}", f"{failed:,} failed"),
        (
            "success, at least",
            percent(summary.success.least),
            f"95 %, one-sided; {percent(summary.success.share)} flown"
            if summary.basis.bounded
            else "no bound: too few scrambles",
        ),
    ]
    by_name = {each.requirement.name: each for each in (*summary.requirements, *summary.reported)}
    for name in ("propellant", "vertical_speed", "rest_tilt", "miss", "absolute_miss"):
        asked = by_name[name].requirement
        middle, _, high, _ = by_name[name].percentiles
        tiles.append(
            (
                asked.title,
                number(middle.value, asked.digits, asked.unit),
                f"median; 99 %: {number(high.value, asked.digits, asked.unit)}",
            )
        )
    return "\n".join(
        f"<div><dt>{escape(what)}</dt><dd>{value}<small>{note}</small></dd></div>"
        for what, value, note in tiles
    )


def _scatter(summary: Summary) -> str:
    """Return whether failures come as independent ones do."""
    blocks = summary.blocks
    if blocks is None:
        return "Too few failures to tell whether they come in clusters."
    words = (
        "come in clusters: trust the wider of the bounds" if blocks.clustered else "do not cluster"
    )
    return (
        f"Over {blocks.blocks} blocks of {blocks.flights:,} runs the failures scatter "
        f"{number(blocks.ratio, 2)} times as much as independent ones would (95 % of those: "
        f"{number(blocks.usual_low, 2)} to {number(blocks.usual_high, 2)}), so they {words}. "
        f"Success by the blocks, 95 %: {percent(blocks.success_low)} to "
        f"{percent(blocks.success_high)}."
    )


def _failures(summary: Summary, folder: str) -> str:
    """Show the classes of failures, then the successes that are worth a look."""
    most = max((each.flights.count for each in summary.failures), default=1)
    shown = [failure_block(each, most, folder) for each in summary.failures]
    if not shown:
        shown = [f'<p class="good">None of {summary.runs:,} flights failed.</p>']
    if summary.remarks:
        most = max(each.flights.count for each in summary.remarks)
        shown.append('<h3 style="margin-top:1.4rem">Safe all the same, and worth a look</h3>')
        shown += [failure_block(each, most, folder, remark=True) for each in summary.remarks]
    return "\n".join(shown)


def _place(flights: Flights, found: Dispersion, good: Flags) -> str:
    """Show the touchdowns about a point, and say how they are drawn where they are many."""
    drawing, words = dispersion_figure(found, *_places(flights, found.about), good)
    said = f'<p class="soft">{escape(words)}</p>\n' if words else ""
    return _figure(f"About {found.about}", drawing, said + dispersion_table(found))


def _curve(flights: Flights, outcome: Outcome) -> str:
    """Show the share of flights beyond a value; nothing where no flight has one."""
    values = outcome.requirement.of(flights)
    if outcome.missing == len(flights):
        return ""
    return _figure(_titled(outcome.requirement), exceedance_figure(outcome, values))


def _titled(requirement: Requirement) -> str:
    """Name an outcome with its unit."""
    return f"{requirement.title}, {requirement.unit}" if requirement.unit else requirement.title


def _drivers(summary: Summary) -> str:
    """Show the strongest inputs of each outcome."""
    if not summary.driven:
        return '<p class="soft">No input was dispersed, or the flights are too few.</p>'
    shown = [each for each in summary.driven if any(d.significant for d in each.drivers)]
    figures = [
        _figure(
            f"{each.title}, {each.unit}" if each.unit else each.title,
            drivers_figure(each),
            f"<figcaption>All inputs together explain {number(100.0 * each.explained, 0)} % of the "
            f"variance of its ranks; {each.flights:,} flights.</figcaption>",
        )
        for each in shown
    ]
    if others := [each.title for each in summary.driven if each not in shown]:
        named = escape(", ".join(others))
        figures.append(f"<p>No input drives more than chance would: {named}.</p>")
    return "\n".join(figures)


def _all_drivers(summary: Summary) -> str:
    """Show all pairs, folded."""
    if not summary.driven:
        return ""
    return (
        "<details><summary>All inputs against all outcomes</summary>\n"
        '<p class="soft">Partial rank correlation, below it the plain one (Spearman); in bold '
        "what is more than chance.</p>\n"
        f'<div class="wide">{drivers_table(summary.driven)}</div></details>'
    )


def _figure(title: str, drawing: str, below: str = "") -> str:
    """Frame a drawing."""
    return f"<figure>\n<h3>{escape(title)}</h3>\n{drawing}\n{below}</figure>"
