"""The sky over a landing: a chart of it, days of light and links, and the way down."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from farside.report.colours import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from farside.report.style import canvas, figure_style
from farside.survey.sky import EARTH, OBSERVER, RELAY, SUN, Sky, Track, spans
from farside.survey.sky_descent import DescentSky

#: Elevation at the rim of the chart [deg].
RIM_DEG = -5.0
#: Of an orbit after the landing on the chart [h].
ORBIT_H = 12.0
COLOURS: Final = {SUN: ORANGE, EARTH: BLUE, RELAY: GREEN}
OTHERS: Final = (PURPLE, VERMILION, SKY, BLACK)


def sky_figure(sky: Sky, descent: DescentSky | None = None) -> Figure:
    """Draw the sky of a site at its landing.

    Parameters
    ----------
    sky : Sky
    descent : DescentSky, optional
        Of a flight to it.
    """
    with figure_style():
        made = canvas(11.0, 6.2)
        grid = made.add_gridspec(2, 2, width_ratios=(1.0, 1.15), wspace=0.28, hspace=0.45)
        colours = _colours(sky)
        _chart(made.add_subplot(grid[:, 0], projection="polar"), sky, colours)
        _days(made.add_subplot(grid[0, 1]), sky, colours)
        _way_down(made.add_subplot(grid[1, 1]), descent, colours)
        made.suptitle(f"{sky.plan.title}: the sky at the landing", x=0.02, ha="left", fontsize=11)
    return made


def _colours(sky: Sky) -> dict[str, str]:
    """Return a colour for each body by name."""
    out: dict[str, str] = {}
    for track in sky.tracks:
        out[track.name] = COLOURS.get(track.kind) or OTHERS[len(out) % len(OTHERS)]
    return out


def _chart(axes: Any, sky: Sky, colours: dict[str, str]) -> None:
    """Draw directions: zenith in the middle, north up, east right as on a map."""
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_rlim(0.0, 90.0 - RIM_DEG)
    axes.set_rticks([0.0, 30.0, 60.0, 90.0], ["90", "60", "30", "0 deg"])
    axes.set_rlabel_position(135.0)
    axes.set_xticks(np.radians([0, 90, 180, 270]), ["N", "E", "S", "W"])
    around = np.append(sky.skyline.azimuth_deg, sky.skyline.azimuth_deg[0] + 360.0)
    rise = np.append(sky.skyline.elevation_deg, sky.skyline.elevation_deg[0])
    axes.fill_between(
        np.radians(around), 90.0 - np.maximum(rise, RIM_DEG), 90.0 - RIM_DEG, color="#cfc7bb", lw=0
    )
    for track in sky.tracks:
        _path(axes, sky, track, colours[track.name])
    axes.set_title(f"{sky.dates.at(sky.landing):%Y-%m-%d %H:%M} UTC, the terrain grey", pad=26)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.12, -0.04), ncols=1, frameon=False, fontsize=8)


def _path(axes: Any, sky: Sky, track: Track, colour: str) -> None:
    """Draw a body's place at the landing, and its way after it."""
    k = sky.landing
    hours = ORBIT_H if track.kind in (RELAY, OBSERVER) else np.inf
    last = int(min(len(track.elevation_deg), k + 1 + hours * 3600.0 / sky.dates.step_s))
    up = np.where(track.elevation_deg[k:last] > RIM_DEG, 90.0 - track.elevation_deg[k:last], np.nan)
    axes.plot(np.radians(track.azimuth_deg[k:last]), up, "-", color=colour, lw=0.9, alpha=0.7)
    told = f"{track.name} {track.elevation_deg[k]:.1f} deg"
    if track.anyhow_share is not None:
        told += f", seen in {100.0 * track.anyhow_share:.0f} % of orbits"
    if track.elevation_deg[k] > RIM_DEG:
        at = np.radians(track.azimuth_deg[k]), 90.0 - track.elevation_deg[k]
        axes.plot(*at, "o", color=colour, ms=8, mec="white", label=told)
    else:
        axes.plot([], [], "o", color="white", mec=colour, ms=8, label=f"{told} (below)")


def _days(axes: Any, sky: Sky, colours: dict[str, str]) -> None:
    """Draw when each body is seen from the site, by days from the landing."""
    day = (np.arange(sky.dates.count) - sky.landing) * sky.dates.step_s / 86400.0
    step = sky.dates.step_s / 86400.0
    names = []
    for row, track in enumerate(sky.tracks):
        bars = [(day[a], (b - a) * step) for a, b in spans(track.seen)]
        axes.broken_barh(bars, (row - 0.35, 0.7), color=colours[track.name], lw=0)
        names.append(f"{track.name} {100.0 * track.seen.mean():.0f} %")
    axes.axvline(0.0, color=BLACK, lw=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(day[0], day[-1] + step)
    axes.set_xlabel("days from the landing")
    axes.set_title("seen from the site over its terrain")


def _way_down(axes: Any, descent: DescentSky | None, colours: dict[str, str]) -> None:
    """Draw each body's elevation from the lander, thick where it is seen, and the margins."""
    if descent is None:
        axes.set_axis_off()
        return
    for body in descent.overhead:
        colour = colours[body.name]
        axes.plot(descent.seconds, body.elevation_deg, "-", color=colour, lw=0.8, alpha=0.5)
        seen = np.where(body.seen, body.elevation_deg, np.nan)
        axes.plot(descent.seconds, seen, "-", color=colour, lw=2.4)
        for margin in body.margins:
            worst = margin.margin_db[np.isfinite(margin.margin_db)]
            told = f"{worst.min():+.0f} dB" if len(worst) else "no link"
            axes.annotate(
                told, (descent.seconds[-1], body.elevation_deg[-1]), color=colour, fontsize=8
            )
    axes.axhline(0.0, color=GREY, lw=0.6)
    axes.set_xlim(0.0, descent.seconds[-1])
    axes.set_xlabel("time from initiation, s")
    axes.set_ylabel("elevation, deg")
    axes.set_title("in the lander's sky on the way down: thick where seen")
