"""No word of a figure is cut off or lies over another, however a mission names its phases."""

import dataclasses
import math

import numpy as np
import pytest
from contrast import SIGHTS, contrast, linear, oklab
from flown import landing as flown
from layout import layout_faults
from matplotlib.figure import Figure
from sample_landing import cut_short, sample_landing, with_holes

from farside.report import figures
from farside.report.descent import spread
from farside.report.key import fit, lay_out, text_width_in
from farside.report.palette import PHASE_COLOURS, phase_colour
from farside.report.reasons import percent
from farside.report.style import DPI, RC, canvas
from farside.report.track import Track

LONG = [f"{'a-phase-whose-name-is-as-long-as-they-may-be-' * 2}"[:61] + f"-{i}" for i in range(16)]
NINE = (
    "powered-braking", "pitch-over", "fine-braking", "approach", "approach", "hazard-hover",
    "avoid", "descend", "settle",
)  # fmt: skip


def renamed(names, low=5):
    """Return the sample flight with other phases: the last `low` of them below a hundred metres."""
    landing = sample_landing()
    telemetry, table = landing.telemetry.copy(), landing.plan.phases
    n, high = len(telemetry), len(names) - low
    edges = np.linspace(0, n - 6000, high + 1).astype(int)
    edges = [*edges, *np.linspace(n - 6000, n, low + 1).astype(int)[1:]]
    for row in range(len(names)):
        telemetry["phase"][edges[row] : edges[row + 1]] = row
    phases = tuple(
        dataclasses.replace(table[min(row, len(table) - 1)], name=name)
        for row, name in enumerate(names)
    )
    plan = dataclasses.replace(landing.plan, phases=phases)
    return dataclasses.replace(landing, plan=plan, telemetry=telemetry)


def all_nan(landing):
    """Return a landing whose map holds nothing that is known."""
    hazards = landing.imaging.hazards
    nothing = np.full(hazards.elevation.shape, np.nan, np.float32)
    elevation = dataclasses.replace(hazards.elevation, heights=nothing)
    hazards = dataclasses.replace(
        hazards, elevation=elevation, slope_deg=nothing, roughness_m=nothing, clearance_m=nothing
    )
    imaging = dataclasses.replace(landing.imaging, hazards=hazards, sites=())
    return dataclasses.replace(landing, imaging=imaging)


def repeated():
    """Return a flight that comes back to phases it has left, one of them for a single tick."""
    landing = sample_landing()
    telemetry = landing.telemetry.copy()
    telemetry["phase"][75000:78000] = 2
    telemetry["phase"][80000] = 3
    return dataclasses.replace(landing, telemetry=telemetry)


def heavy():
    """Return a flight of numbers that need many digits: a mass of 200 t, errors of 100 km."""
    landing = sample_landing()
    telemetry = landing.telemetry.copy()
    telemetry["mass_kg"] *= 80.0
    telemetry["est_r_site"] += 3e5
    telemetry["est_v_site"] += 5e3
    return dataclasses.replace(landing, telemetry=telemetry)


FLIGHTS = {
    "sample": sample_landing,
    "nine phases": lambda: renamed(NINE),
    "sixteen, names of 64": lambda: renamed(LONG, 9),
    "twenty": lambda: renamed([f"phase-number-{i}" for i in range(20)], 14),
    "repeated": repeated,
    "no tick": lambda: cut_short("crashed", 0),
    "one tick": lambda: cut_short("crashed", 1),
    "two ticks": lambda: cut_short("crashed", 2),
    "out of propellant": lambda: cut_short("out_of_propellant", 71000),
    "holes": lambda: with_holes(sample_landing()),
    "a map of nothing": lambda: all_nan(sample_landing()),
    "many digits": heavy,
    "chang-e-6": flown,
    "chang-e-6 without map": lambda: flown(imaging=False),
    "apollo-11": lambda: flown("apollo-11", seed=1),
}


#: Those that each stretch another part of the pages; the rest of them stretches the same ones.
TELLING = ("sixteen, names of 64", "no tick", "a map of nothing", "many digits", "apollo-11")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [name if name in TELLING else pytest.param(name, marks=pytest.mark.slow) for name in FLIGHTS],
)
def test_words_are_whole_and_apart(name):
    for title, figure in figures(FLIGHTS[name]()).items():
        assert not layout_faults(figure), title


def test_the_measure_finds_what_is_wrong():
    figure = canvas(2.0, 1.0)
    figure.text(0.9, 0.5, "far too long for the page")
    figure.text(0.1, 0.2, "one")
    figure.text(0.12, 0.22, "over")
    axes = figure.add_axes((0.1, 0.6, 0.3, 0.2))
    axes.text(0.5, 0.5, "cut by the axes", clip_on=True)
    faults = layout_faults(figure)
    assert len([f for f in faults if "cut by the page" in f]) == 1
    assert "'one' over 'over'" in faults
    assert "cut by its axes: 'cut by the axes'" in faults


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nine phases", "twenty", "repeated"])
def test_the_key_names_every_phase_once(name):
    landing = FLIGHTS[name]()
    track = Track(landing)
    rows = list(dict.fromkeys(span.row for span in track.spans))
    keys = track.keys()
    assert [colour for colour, _ in keys] == [phase_colour(row) for row in rows]
    assert len({colour for colour, _ in keys}) == len(rows)
    table = landing.plan.phases
    assert [words for _, words in keys] == [
        f"{i} {table[row].name}" for i, row in enumerate(rows, start=1)
    ]
    shown = {text.get_text() for text in figures(landing)["descent"].texts}
    assert {words for _, words in keys} <= shown


def test_words_are_measured_as_they_are_drawn():
    figure = Figure(dpi=DPI)
    for words in ("1 braking", "phase-with-a-long-name-16", "W" * 40, "iiii"):
        text = figure.text(0.0, 0.0, words, fontsize=8.0)
        drawn = text.get_window_extent(canvas(1.0, 1.0).canvas.get_renderer()).width
        # never less than is drawn, and no more than a tenth or two pixels above it
        measured = DPI * text_width_in(words, 8.0)
        assert measured >= drawn * DPI / 100 - 2.0 or measured >= drawn
        assert measured <= 1.25 * drawn + 3.0


@pytest.mark.slow
def test_words_that_do_not_fit_end_in_an_ellipsis():
    assert fit("short", 8.0, 5.0) == "short"
    cut = fit("a" * 300, 8.0, 2.0)
    assert cut.endswith("\u2026") and text_width_in(cut, 8.0) <= 2.0
    key = lay_out([("#000000", "a" * 300), ("#000000", "b")], 3.0)
    assert len(key.lines) == 2


@pytest.mark.parametrize(
    ("wanted", "apart", "low", "high"),
    [([5.0, 5.0, 5.0], 1.0, 0.0, 10.0), ([9.9, 9.9], 2.0, 0.0, 10.0), ([1.0] * 30, 1.0, 0.0, 10.0)],
)
def test_places_are_spread_within_their_range(wanted, apart, low, high):
    places = sorted(spread(wanted, apart, low, high))
    room = min(apart, (high - low) / (len(wanted) - 1))
    assert np.diff(places).min() >= room - 1e-9
    assert low - 1e-9 <= places[0] and places[-1] <= high + 1e-9


@pytest.mark.parametrize("sight", SIGHTS)
def test_phase_colours_differ_for_everyone(sight):
    assert len(set(PHASE_COLOURS)) == 20
    seen = np.array([oklab(linear(colour) @ SIGHTS[sight].T) for colour in PHASE_COLOURS])
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    # 0.02 is what an eye just tells apart; tritans, one in 10 000, were weighed by 1.3
    assert apart[np.triu_indices(20, 1)].min() > 0.052 / (1.3 if sight == "tritan" else 1.0)
    assert np.diag(apart, 1).min() > 0.137 / (1.3 if sight == "tritan" else 1.0)


@pytest.mark.parametrize("behind", ["#ffffff", "#0e1014", "#0b0d11", "#171a20"])
def test_phase_colours_stand_out_from_paper_and_from_the_replay(behind):
    # WCAG 2.1, 1.4.11: 3 to 1 for what is not text
    assert min(contrast(colour, behind) for colour in PHASE_COLOURS) >= 3.0


@pytest.mark.slow
def test_words_of_figures_have_the_contrast_of_text():
    for name in ("axes.labelcolor", "xtick.color", "ytick.color"):
        assert contrast(RC[name], "#ffffff") >= 4.5
    for figure in figures(sample_landing()).values():
        for text in figure.texts:
            assert contrast(text.get_color(), "#ffffff") >= 4.5


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.00 %"), (1e-6, "< 0.01 %"), (0.0042, "0.42 %"), (0.037, "3.7 %"), (0.333, "33 %"),
     (0.9968, "99.7 %"), (0.99999, "> 99.9 %"), (1.0, "100 %")],
)  # fmt: skip
def test_shares_are_never_rounded_to_none_or_all(share, text):
    assert percent(share) == text
    assert not math.isnan(share)
