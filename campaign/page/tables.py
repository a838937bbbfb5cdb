"""The tables of a campaign's page: every number of its figures, with its unit."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Sequence
from html import escape

from farside.campaign.page.figures import percent
from farside.campaign.page.ticks import input_label
from farside.campaign.statistics.dispersion import Dispersion
from farside.campaign.statistics.drivers import Driven
from farside.campaign.statistics.failures import FailureClass
from farside.campaign.statistics.requirements import Outcome
from farside.campaign.statistics.summary import Summary
from farside.mission.units import number

#: Runs of a class that get a command each, and those that are named at all.
MOST_COMMANDS = 100
MOST_NAMED = 1000


def replay_command(folder: str, run: int | str) -> str:
    """Write what flies a run again."""
    return f"farside replay {shlex.quote(folder)} --run {run}"


def prefixes_table(summary: Summary) -> str:
    """Tabulate success over growing prefixes."""
    rows = [
        (
            f"{prefix.flights:,}",
            f"{prefix.flights - prefix.success.count:,}",
            percent(prefix.success.share),
            f"{percent(prefix.success.low)} to {percent(prefix.success.high)}",
            percent(prefix.success.least),
        )
        for prefix in summary.convergence
    ]
    return table(("flights", "failures", "success", "two-sided 95 %", "at least, 95 %"), rows)


def faults_table(summary: Summary) -> str:
    """Tabulate success given each fault; nothing for a mission without faults."""
    if not summary.faulted:
        return ""
    rows = []
    for each in summary.faulted:
        drawn = math.isfinite(each.probability)
        success = each.success
        rows.append(
            (
                escape(each.fault),
                percent(each.probability) if drawn else "\u2013",
                f"{success.of:,}" if success else "0",
                f"{each.began:,}" if drawn else "\u2013",
                percent(success.share) if success else "\u2013",
                f"{percent(success.low)} to {percent(success.high)}" if success else "\u2013",
                percent(success.least) if success else "\u2013",
            )
        )
    heads = ("given", "probability", "flights", "began", "success", "two-sided 95 %")
    return table((*heads, "at least, 95 %"), rows)


def requirements_table(outcomes: Sequence[Outcome]) -> str:
    """Tabulate percentiles with their bounds, the worst, and the share within the limit."""
    percents = [f"{each.percent:g} %" for each in outcomes[0].percentiles]
    heads = ("", "limit", *percents, "worst (run)", "within", "at least, 95 %", "")
    rows = []
    for outcome in outcomes:
        asked = outcome.requirement
        cells = [
            f"{_value(each.value, asked.digits)}<small>{_value(each.bound, asked.digits)}</small>"
            for each in outcome.percentiles
        ]
        kept = outcome.kept
        # NaN limits never: where there is none, a dash
        verdict = {None: "", True: '<span class="good">met</span>', False: _broken(outcome)}
        rows.append(
            (
                f"{escape(asked.title)}<small>{escape(asked.unit)}</small>",
                _limit(outcome),
                *cells,
                f"{_value(outcome.worst, asked.digits)}<small>run {outcome.worst_run}</small>",
                percent(kept.share) if kept else "\u2013",
                percent(kept.least) if kept else "\u2013",
                verdict[outcome.met],
            )
        )
    return table(heads, rows)


def _broken(outcome: Outcome) -> str:
    """Describe how many flights break a requirement."""
    broken = outcome.kept.of - outcome.kept.count if outcome.kept else 0
    return f'<span class="bad">broken by {broken:,}</span>'


def _limit(outcome: Outcome) -> str:
    """Write a limit, and what share of the flights must keep to it if not all."""
    asked = outcome.requirement
    if asked.limit is None:
        return "\u2013"
    sign = "\u2264" if asked.sense > 0.0 else "\u2265"
    text = f"{sign} {number(asked.limit, asked.digits)}"
    if asked.asked is not None and asked.asked < 1.0:
        text += f"<small>of {number(100.0 * asked.asked, 1)} %</small>"
    return text


def _value(value: float, digits: int) -> str:
    """Write a number, a dash where there is none."""
    return number(value, digits) if math.isfinite(value) else "\u2013"


def dispersion_table(found: Dispersion) -> str:
    """Tabulate the ellipses about a point."""
    rows = []
    for each, style in zip(found.ellipses, ("in50", "in95", "in99"), strict=True):
        rows.append(
            (
                f'<span class="key"><b class="{style}">'
                f"{number(100.0 * each.content, 1)} %</b></span>",
                _axes(each.major_m, each.minor_m),
                f"{percent(each.enclosed.share)}<small>{percent(each.enclosed.low)} to "
                f"{percent(each.enclosed.high)}</small>",
                _axes(each.empirical_major_m, each.empirical_minor_m),
                _axes(each.bound_major_m, each.bound_minor_m),
            )
        )
    heads = ("content", "normal, m", "holds", "empirical, m", "bound, m")
    about = (
        "Semi-axes; below what the normal ellipse holds of these flights its 95 % bounds; the "
        "bound holds its content of all touchdowns to come with 95 % confidence. "
        f"Mean {number(found.east_m, 3, 'm')} east and {number(found.north_m, 3, 'm')} "
        f"north of {escape(found.about)}; 1 sigma {number(found.sigma_east_m, 3, 'm')} east, "
        f"{number(found.sigma_north_m, 3, 'm')} north; major axis "
        f"{number(found.azimuth_deg, 0, 'deg')} east of north."
    )
    return f'<div class="wide">{table(heads, rows)}</div>\n<figcaption>{about}</figcaption>'


def _axes(major_m: float, minor_m: float) -> str:
    """Write two semi-axes, to the millimetre below a metre and the decimetre above ten."""
    digits = 3 if major_m < 1.0 else 2 if major_m < 10.0 else 1
    return f"{_value(major_m, digits)} \u00d7 {_value(minor_m, digits)}"


def failure_block(each: FailureClass, most: int, folder: str, remark: bool = False) -> str:
    """Show a class of failure: what it means, how many, and how to fly each again."""
    share = each.flights
    runs = [replay_command(folder, run) for run in each.runs[:MOST_COMMANDS]]
    others = each.runs[MOST_COMMANDS:MOST_NAMED]
    more = ""
    if others:
        more = f"<p>More runs: {', '.join(map(str, others))}"
        left = len(each.runs) - MOST_COMMANDS - len(others)
        more += f", and {left:,} others.</p>" if left else ".</p>"
    said = "".join(f'<p class="soft">It says: {escape(words)}</p>' for words in each.says)
    noun = "flight" if share.count == 1 else "flights"
    return (
        f'<div class="failure{" remark" if remark else ""}">\n'
        f"<h3>{escape(each.title)} <span>{share.count:,} {noun}, {percent(share.share)}; "
        f"at most {percent(share.most)} with 95 % confidence</span></h3>\n"
        f'<div class="meter"><i style="width:{max(100.0 * share.count / most, 1.0):.1f}%">'
        f"</i></div>\n"
        f"<p>{escape(each.sentence)}</p>{said}\n"
        f"<details{' open' if len(runs) <= 3 else ''}><summary>Fly "
        f"{'it' if share.count == 1 else 'them'} again</summary>\n"
        f"<pre><code>{escape(chr(10).join(runs))}</code></pre>{more}</details>\n</div>"
    )


def drivers_table(driven: Sequence[Driven]) -> str:
    """Tabulate every input against every outcome; those beyond chance stand out."""
    names = [driver.input for driver in driven[0].drivers]
    units = {driver.input: driver.unit for driver in driven[0].drivers}
    by_name = [{driver.input: driver for driver in each.drivers} for each in driven]
    names.sort(key=lambda name: -max(abs(each[name].partial) for each in by_name))
    head = "".join(
        f"<th>{escape(each.title)}"
        + (f"<small>{escape(each.unit)}</small></th>" if each.unit else "</th>")
        for each in driven
    )
    lines = []
    for name in names:
        cells = []
        for each in by_name:
            driver = each[name]
            strong = ' class="strong"' if driver.significant else ""
            cells.append(
                f"<td{strong}>{number(driver.partial, 2)}"
                f"<small>{number(driver.spearman, 2)}</small></td>"
            )
        label = escape(input_label(name, units[name]))
        lines.append(f"<tr><td>{label}</td>{''.join(cells)}</tr>")
    body = "\n".join(lines)
    return f"<table>\n<thead><tr><th>input</th>{head}</tr></thead>\n<tbody>{body}</tbody>\n</table>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Build a table of cells that are HTML already."""
    head = "".join(f"<th>{head}</th>" for head in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>\n</table>"
