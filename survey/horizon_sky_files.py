"""The sky over one place as a picture and as JSON: whole or not at all."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from farside.ext.common.version import version
from farside.mission.json_values import plain_values
from farside.report.colours import BLUE, GREEN, GREY, ORANGE
from farside.report.output import FolderKind, write_folder
from farside.report.pictures import render
from farside.report.style import canvas, figure_style
from farside.survey.facts import to_json
from farside.survey.horizon_picture import title_of
from farside.survey.horizon_site import SiteSky

PICTURE, FACTS = "place.png", "place.json"
SKY = FolderKind("sky over a place", FACTS, frozenset((PICTURE, FACTS)))

_COLOURS = (ORANGE, BLUE, GREEN)
_GROUND = "#d8d2c6"
_MOST_DEG = 25.0  # the panorama ends a little above what stands low

Array = NDArray[np.float64]


def save_sky(sky: SiteSky, folder: str | Path) -> tuple[str, ...]:
    """Write a place's sky.

    Parameters
    ----------
    sky : SiteSky
    folder : str or Path
        Missing, empty, or an earlier one of the same kind, which is replaced.

    Raises
    ------
    ReportError
        One line; nothing is left half-written.
    """

    def fill(fresh: Path) -> tuple[str, ...]:
        with figure_style():
            (fresh / PICTURE).write_bytes(render(draw_sky(sky)).png)
        (fresh / FACTS).write_text(to_json(facts_of(sky)), "utf-8")
        return PICTURE, FACTS

    return write_folder(folder, SKY, fill)


def facts_of(sky: SiteSky) -> dict[str, Any]:
    """Return a place's horizon and tracks as plain values."""
    dates = sky.dates
    facts: dict[str, Any] = {
        "farside": version(),
        "latitude_deg": sky.latitude_deg,
        "longitude_deg": sky.longitude_deg,
        "elevation_m": sky.elevation_m,
        "source": sky.source,
        "notes": list(sky.notes),
        "start_utc": f"{dates.start:%Y-%m-%dT%H:%M:%SZ}",
        "step_s": dates.step_s,
        "azimuth_deg": np.round(sky.azimuth_deg, 4).tolist(),
        "horizon_deg": np.round(sky.horizon_deg, 4).tolist(),
        "bodies": {},
    }
    for name, track in sky.tracks.items():
        seen = track.visibility
        facts["bodies"][name] = plain_values(
            {
                **{
                    key: float(getattr(seen, key)[0, 0])
                    for key in (
                        "share", "hours", "longest_gap_h", "longest_seen_h", "first_h", "last_h"
                    )
                },
                "azimuth_deg": np.round(track.azimuth_deg, 3).tolist(),
                "elevation_deg": np.round(track.elevation_deg, 3).tolist(),
                "visible": np.round(track.share, 4).tolist(),
            }
        )  # fmt: skip
    return facts


def draw_sky(sky: SiteSky) -> Figure:
    """Draw the horizon all round with the bodies' tracks, and when each is visible."""
    figure = canvas(9.0, 4.9)
    top = figure.add_axes((0.09, 0.42, 0.89, 0.44))
    low = figure.add_axes((0.09, 0.1, 0.89, 0.19))
    floor = float(min(sky.horizon_deg.min() - 1.0, -1.0))
    ceiling = float(min(max(_MOST_DEG, sky.horizon_deg.max() + 2.0), 90.0))
    azimuth = np.concatenate([sky.azimuth_deg, sky.azimuth_deg[:1] + 360.0])
    horizon = np.append(sky.horizon_deg, sky.horizon_deg[0])
    top.fill_between(azimuth, floor, horizon, color=_GROUND, linewidth=0.0)
    top.plot(azimuth, horizon, color=GREY, linewidth=0.8)
    for colour, (name, track) in zip(_COLOURS, sky.tracks.items(), strict=False):
        shown = np.where(track.elevation_deg > floor, track.elevation_deg, np.nan)
        jump = np.abs(np.diff(track.azimuth_deg, prepend=track.azimuth_deg[:1])) > 180.0
        top.plot(
            track.azimuth_deg, np.where(jump, np.nan, shown), color=colour, linewidth=0.8,
            label=title_of(name),
        )  # fmt: skip
        if floor < track.elevation_deg[0] < ceiling:
            top.plot(track.azimuth_deg[0], track.elevation_deg[0], "o", color=colour)
    top.set(
        xlim=(0.0, 360.0), ylim=(floor, ceiling), xticks=range(0, 361, 45),
        xlabel="azimuth, east of north [deg]", ylabel="elevation [deg]",
        title="Horizon, and what moves over it; dots: at the start",
    )  # fmt: skip
    top.legend(loc="upper right", ncols=len(sky.tracks))
    _times(low, sky)
    end = sky.dates.at(sky.dates.count)
    figure.text(
        0.09, 0.95,
        f"{sky.latitude_deg:.4f}, {sky.longitude_deg:.4f} deg, {sky.source}: "
        f"{sky.dates.start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
        fontsize=10.5, fontweight="bold", parse_math=False,
    )  # fmt: skip
    return figure


def _times(axes: Any, sky: SiteSky) -> None:
    """Draw a row for each body: filled where it is visible."""
    days = sky.dates.seconds / 86400.0
    step = sky.dates.step_s / 86400.0
    for k, (colour, (name, track)) in enumerate(zip(_COLOURS, sky.tracks.items(), strict=False)):
        level = len(sky.tracks) - k
        axes.fill_between(
            np.append(days, days[-1] + step), level - 0.8,
            level - 0.8 + 0.7 * np.append(track.share, track.share[-1]), step="post", color=colour,
            linewidth=0.0,
        )  # fmt: skip
        axes.text(
            -0.006, level - 0.45, title_of(name), transform=axes.get_yaxis_transform(), ha="right",
            va="center", fontsize=8.0,
        )  # fmt: skip
    axes.set(
        xlim=(0.0, days[-1] + step), ylim=(0.1, len(sky.tracks) + 0.1), yticks=[],
        xlabel="days from the start", title="Share of the disc above the terrain",
    )  # fmt: skip
