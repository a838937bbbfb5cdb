"""Statistics of consistency, and the page that `studies/consistency.py` writes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import chi2

from farside.flight.consistency import BLOCKS, STATES
from farside.report.colours import BLACK, GREY, ORANGE, PURPLE
from farside.report.style import AXIS_COLOURS, canvas, figure_style

Floats = NDArray[np.float64]

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "consistency.md", DOCS / "pictures" / "consistency.png"
#: About the section that `studies/accuracy.py` writes.
MARKS = ("<!-- accuracy -->\n", "<!-- /accuracy -->\n")
#: Channels of the telemetry's innovations, with their degrees of freedom.
SENSORS = {"star tracker": 3, "altimeter": 1, "beam 1": 1, "beam 2": 1, "beam 3": 1, "touchdown": 1}
#: Confidence of a band, and the share of epochs that must be inside.
CONFIDENCE, INSIDE = 0.95, 0.95
#: Most that the sigma of the altitude may be off, as a share.
SIGMA_OFF = 0.15
#: Fewest flights of which a mean is held against a band.
FEWEST = 2
COLOURS = (*AXIS_COLOURS, PURPLE, ORANGE, GREY)


def band(freedom: int, flights: int) -> tuple[float, float]:
    """Return the two-sided 95 % band of the mean of a chi-square quantity over flights."""
    tail = 0.5 * (1.0 - CONFIDENCE)
    low, high = chi2.ppf([tail, 1.0 - tail], freedom * flights) / flights
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of one quantity over the flights, at each epoch."""

    freedom: int
    mean: Floats  # (epochs,), NaN where fewer than `FEWEST` flights have one
    flights: NDArray[np.int64]  # (epochs,) that have one

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether the mean is inside the band of as many flights; false where there is none."""
        return np.array(
            [
                n >= FEWEST and band(self.freedom, int(n))[0] <= x <= band(self.freedom, int(n))[1]
                for x, n in zip(self.mean, self.flights, strict=True)
            ]
        )

    @property
    def told(self) -> NDArray[np.bool_]:
        """Where there is a mean."""
        return self.flights >= FEWEST

    @property
    def share(self) -> float:
        """Share of the epochs with a mean in which it is inside; NaN where there is none."""
        told = int(self.told.sum())
        return float(self.inside.sum()) / told if told else float("nan")


@dataclass(frozen=True, eq=False)
class Ratio:
    """Root mean squares over the flights of an error and of its sigma, at each epoch."""

    error: Floats
    sigma: Floats

    @property
    def ratio(self) -> Floats:
        """The error over the sigma."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.error / self.sigma

    @property
    def share(self) -> float:
        """Share of the epochs in which the sigma is right within 15 %."""
        told = self.ratio[np.isfinite(self.ratio)]
        return float(np.mean(np.abs(told - 1.0) <= SIGMA_OFF)) if len(told) else float("nan")


@dataclass(frozen=True, eq=False)
class Judged:
    """What came of all flights."""

    flights: int
    time_s: Floats  # (epochs,) mean
    nees: dict[str, Mean]
    nis: dict[str, Mean]
    vertical: dict[str, Ratio]  # of altitude and height
    speed_sigma_mps: float  # of the horizontal speed's error at contact, each axis

    @property
    def consistent(self) -> bool:
        """Whether every block is inside its band at 95 % of the epochs."""
        return all(mean.share >= INSIDE for mean in self.nees.values())


def mean_of(values: Floats, freedom: int) -> Mean:
    """Return the mean over flights (flights, epochs), without what is NaN."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean = np.where(count >= FEWEST, total / np.maximum(count, 1), np.nan)
    return Mean(freedom, mean, count)


def ratio_of(error: Floats, sigma: Floats) -> Ratio:
    """Return the root mean squares of errors and sigmas (flights, epochs), without what is NaN."""
    known = np.isfinite(error) & (sigma > 0.0)
    count = np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    return Ratio(
        np.sqrt((np.where(known, error, 0.0) ** 2).sum(axis=0) / count),
        np.sqrt((np.where(known, sigma, 0.0) ** 2).sum(axis=0) / count),
    )


def judge(
    time_s: Floats,
    nees: Floats,
    nis: Floats,
    vertical: Mapping[str, tuple[Floats, Floats]],
    speed_error_mps: Floats,
) -> Judged:
    """Hold the flights against their bands.

    Parameters
    ----------
    time_s : (epochs,)
    nees : (flights, epochs, blocks)
    nis : (flights, epochs, sensors)
    vertical : mapping
        Error and sigma, (flights, epochs) each, of altitude and height.
    speed_error_mps : (flights, 2)
    """
    return Judged(
        len(nees),
        time_s,
        {name: mean_of(nees[:, :, i], STATES) for i, name in enumerate(BLOCKS)},
        {name: mean_of(nis[:, :, i], n) for i, (name, n) in enumerate(SENSORS.items())},
        {name: ratio_of(*pair) for name, pair in vertical.items()},
        float(np.sqrt(np.nanmean(speed_error_mps**2))),
    )


def draw(found: Judged) -> Figure:
    """Draw NEES, NIS a degree of freedom, and the altitude's ratio, against time."""
    figure = canvas(8.0, 8.4)
    with figure_style():
        fill(figure, found)
    return figure


def plain_numbers(axes: Axes) -> None:
    """Write the numbers of a logarithmic axis as they are."""
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if value >= 1.0 else "")


def fill(figure: Figure, found: Judged) -> None:
    """Draw the three axes of a figure."""
    upper, middle, lower = figure.subplots(3, 1, sharex=True)
    for axes, means, title in (
        (upper, found.nees, "NEES of three states, mean"),
        (middle, found.nis, "NIS for each degree of freedom, mean"),
    ):
        for (name, mean), colour in zip(means.items(), COLOURS, strict=False):
            per = 1.0 if axes is upper else mean.freedom
            axes.plot(
                found.time_s, mean.mean / per, ".-", color=colour, label=name.replace("_", " ")
            )
        low, high = band(STATES if axes is upper else 1, found.flights)
        axes.axhspan(low, high, color=GREY, alpha=0.25, linewidth=0)
        axes.set_yscale("log")
        plain_numbers(axes)
        axes.set_ylabel(title)
        axes.legend(ncols=3, fontsize=7)
    for (name, each), colour in zip(found.vertical.items(), (BLACK, ORANGE), strict=True):
        lower.plot(found.time_s, each.ratio, ".-", color=colour, label=name)
    lower.set_yscale("log")
    plain_numbers(lower)
    lower.legend(fontsize=7)
    lower.axhspan(1.0 - SIGMA_OFF, 1.0 + SIGMA_OFF, color=GREY, alpha=0.25, linewidth=0)
    lower.set_ylabel("error over its sigma")
    lower.set_xlabel("time since powered-descent initiation, s")
    figure.tight_layout()


def table(found: Judged) -> list[str]:
    """Return the means at each epoch; in bold what is outside."""
    names = [*found.nees, *found.nis, *found.vertical]
    lines = [
        "| s | " + " | ".join(name.replace("_", " ") for name in names) + " |",
        "|" + "---|" * (len(names) + 1),
    ]
    for i, time_s in enumerate(found.time_s):
        cells = [cell(mean, i) for mean in (*found.nees.values(), *found.nis.values())]
        cells += [ratio_cell(each, i) for each in found.vertical.values()]
        lines.append(f"| {time_s:.0f} | " + " | ".join(cells) + " |")
    return lines


def ratio_cell(each: Ratio, i: int) -> str:
    """Return error and sigma; in bold where the sigma is off by more than 15 %."""
    if not np.isfinite(each.ratio[i]):
        return "-"
    text = f"{each.error[i]:.3g} / {each.sigma[i]:.3g}"
    return text if abs(each.ratio[i] - 1.0) <= SIGMA_OFF else f"**{text}**"


def cell(mean: Mean, i: int) -> str:
    """Return a mean; in bold where it is outside its band."""
    if not mean.told[i]:
        return "-"
    return f"{mean.mean[i]:.2f}" if mean.inside[i] else f"**{mean.mean[i]:.2f}**"


def shares(found: Mapping[float, Judged], others: Judged | None = None) -> list[str]:
    """Return the share of epochs inside, for each scaling of the process noise."""
    heads = [f"{factor:g} Q" for factor in found]
    columns = list(found.values())
    if others is not None:
        heads.append(f"1 Q, other {others.flights} flights")
        columns.append(others)
    lines = [
        "| inside, of the epochs | " + " | ".join(heads) + " |",
        "|" + "---|" * (1 + len(heads)),
    ]
    first = columns[0]
    for kind in ("nees", "nis"):
        for name in getattr(first, kind):
            cells = [f"{100.0 * getattr(each, kind)[name].share:.0f} %" for each in columns]
            what = f"{kind.upper()} {name.replace('_', ' ')}"
            lines.append(f"| {what} | " + " | ".join(cells) + " |")
    for name in first.vertical:
        cells = [f"{100.0 * each.vertical[name].share:.0f} %" for each in columns]
        lines.append(f"| sigma of the {name} right within 15 % | " + " | ".join(cells) + " |")
    said = ["consistent" if each.consistent else "fails" for each in columns]
    lines.append("| test of the five blocks, 95 % asked | " + " | ".join(said) + " |")
    return lines


def page(mission: str, found: Mapping[float, Judged], others: Judged | None = None) -> str:
    """Return the page."""
    first = found[1.0]
    low, high = band(STATES, first.flights)
    return "\n".join(
        [
            "# Consistency of the navigator in closed loop",
            "",
            f"Written by `python -m studies.consistency --write`: {mission}, {first.flights} "
            "dispersed flights without imaging, each to a place of its own, at 20 epochs from 5 s "
            "to the tick before contact. "
            f"The 95 % band of a mean NEES of three states is {low:.2f} to {high:.2f}; where a "
            "sensor has not reported in some flights, its band is that of those that have it. "
            "What is outside is in bold.",
            "",
            "![NEES, NIS, altitude and height](pictures/consistency.png)",
            "",
            *shares(found, others),
            "",
            f"Horizontal speed error at contact, 1 sigma each axis: {first.speed_sigma_mps:.3f} "
            "m/s.",
            "",
            "Each flight lands at a place and from a direction drawn from all over the Moon, over "
            "the same elevation model and through the same field of gravity: what the covariance "
            "speaks of is drawn anew. Flights to one site share their ground and their gravity, "
            "and a mean over them is that of one draw (`--one-site`). A flight whose plan runs "
            "into a mountain is left out.",
            "",
            "## Means at each epoch",
            "",
            "NEES (3 in the mean), NIS (3 for the star tracker, else 1), and error / sigma in "
            "metres, root mean squares, of the altitude (up in the site frame) and of the height "
            "over the ground beneath.",
            "",
            *table(first),
            "",
            *other_flights(others),
        ]
    )


def other_flights(others: Judged | None) -> list[str]:
    """Return the section of other seeds."""
    if others is None:
        return []
    low, high = band(STATES, others.flights)
    return [
        "## Other flights",
        "",
        f"Of {others.flights} seeds more. Their band is narrower, {low:.2f} to {high:.2f}.",
        "",
        *table(others),
        "",
    ]


def accuracy_on(text: str) -> str:
    """Return the section of accuracy on a page, with its marks; empty where there is none."""
    if MARKS[0] not in text:
        return ""
    return MARKS[0] + text.split(MARKS[0], 1)[1].split(MARKS[1], 1)[0] + MARKS[1]


def write_page(
    mission: str, found: Mapping[float, Judged], others: Judged | None = None, *, to_docs: bool
) -> str:
    """Return the page; put it and its picture into docs/ if asked, and leave accuracy as it is."""
    text = page(mission, found, others)
    if to_docs:
        kept = accuracy_on(PAGE.read_text()) if PAGE.exists() else ""
        put_page(f"{text}\n{kept}" if kept else text)
        draw(found[1.0]).savefig(PICTURE, metadata={"Software": None})
    return text


def put_page(text: str) -> None:
    """Write the page whole or not at all."""
    half = PAGE.with_suffix(".part")
    half.write_text(text)
    half.replace(PAGE)
