"""What every place of a map would cost to reach, over the ground, with the sites worth it."""

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import AbstractPathEffect, withStroke
from numpy.typing import NDArray

from farside.guidance.divert import DivertMap, Reach
from farside.guidance.optimal import OptimalDescent
from farside.report.colours import BLACK, GREY, LIMIT
from farside.report.palette import phase_colour
from farside.report.relief import (
    NORTH_WEST,
    circles,
    hillshade,
    hold,
    round_below,
    scale_bar,
    tidy,
)
from farside.report.style import canvas, figure_style
from farside.terrain import Assessment, HazardMap, LandingSite

PAINT = "viridis_r"
HALO: list[AbstractPathEffect] = [withStroke(linewidth=2.2, foreground="white")]
Colours = NDArray[np.float32]
#: Larger than on the page: this figure is looked at scaled down.
LARGE = {
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.labelsize": 10.0,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
}
CARD = {"facecolor": "white", "alpha": 0.9, "pad": 2.0, "linewidth": 1.2}


def draw_divert(
    divert: DivertMap,
    hazards: HazardMap | Assessment | None = None,
    sites: Sequence[LandingSite] = (),
) -> Figure:
    """Draw propellant over the relief, the ways to the sites, and the maps behind it.

    Parameters
    ----------
    divert
        The map.
    hazards
        Of the same elevation: colour then is only where the lander may stand.
    sites
        To number, best first.
    """
    with figure_style(LARGE):
        figure = canvas(11.0, 6.9, LARGE)
        span = _span(divert)
        _cost(figure.add_axes((0.062, 0.105, 0.535, 0.853)), divert, hazards, sites, span)
        _ways(figure.add_axes((0.672, 0.553, 0.313, 0.405)), divert, sites)
        time = divert.time_s
        for x, title, field, paint in (
            (0.672, "time of flight, s", time, "cividis"),
            (0.838, "greatest tilt, deg", divert.tilt_deg, "magma"),
        ):
            axes = figure.add_axes((x, 0.175, 0.147, 0.2344))
            bar = figure.add_axes((x, 0.145, 0.147, 0.014))
            _small(axes, bar, divert, field, paint)
            axes.set_title(title)
        bar = figure.add_axes((0.672, 0.047, 0.313, 0.016))
        scale = figure.colorbar(
            mpl.cm.ScalarMappable(Normalize(*span), PAINT), cax=bar, orientation="horizontal"
        )
        outline: Any = scale.outline  # its type changes from matplotlib to matplotlib
        outline.set_visible(False)
        bar.set_title("least propellant to land, kg", pad=3.0)
        return figure


def _span(divert: DivertMap) -> tuple[float, float]:
    """Range of propellant that the colours show [kg]."""
    shown = divert.propellant_kg[divert.reach == Reach.REACHED]
    if not len(shown):
        # out of reach all of it: the contours still say by how much
        shown = divert.propellant_kg[np.isfinite(divert.propellant_kg)]
    if not len(shown):
        return 0.0, 1.0
    low, high = float(shown.min()), float(np.percentile(shown, 99.5))
    return low, max(high, low + 1e-3)


def _cost(
    axes: Axes,
    divert: DivertMap,
    hazards: HazardMap | Assessment | None,
    sites: Sequence[LandingSite],
    span: tuple[float, float],
) -> None:
    """Paint the ground by what it costs, rule contours over it, number the sites."""
    elevation, extent = divert.elevation, _extent(divert)
    shade = np.nan_to_num(
        hillshade(elevation.heights, elevation.cell_m, NORTH_WEST, elevation.cell_north_m)
    )
    paint = mpl.colormaps[PAINT](Normalize(*span, clip=True)(divert.propellant_kg))[..., :3]
    reached = divert.reach == Reach.REACHED
    usable = reached if hazards is None else reached & hazards.safe
    light = (0.42 + 0.72 * shade)[..., None]
    grey = np.repeat((0.30 + 0.62 * shade)[..., None], 3, 2)
    # what may be landed on in full colour, what is reached but not safe with a hint of it
    image = np.where(usable[..., None], paint * light, 0.80 * grey + 0.20 * paint * light)
    image[~reached] = 0.45 * grey[~reached]
    axes.imshow(
        np.clip(image, 0.0, 1.0), origin="lower", extent=extent, interpolation="antialiased"
    )
    hold(axes)
    east = elevation.east_m + np.arange(elevation.shape[1]) * elevation.cell_m
    north = elevation.north_m + np.arange(elevation.shape[0]) * elevation.cell_north_m
    step = _step(span)
    known = divert.propellant_kg[np.isfinite(divert.propellant_kg)]
    if len(known):
        levels = np.arange(np.ceil(known.min() / step), known.max() / step + 1e-9) * step
        smooth = divert.propellant_kg
        odd = np.rint(levels / step) % 2 == 1
        fine, bold = levels[odd], levels[~odd]
        if len(fine):
            axes.contour(east, north, smooth, fine, colors=BLACK, linewidths=0.35, alpha=0.55)
        if len(bold):
            lines = axes.contour(east, north, smooth, bold, colors=BLACK, linewidths=0.8, alpha=0.8)
            labels = axes.clabel(lines, fmt=lambda kg: f"{kg:g} kg", fontsize=8.5)
            for label in tidy(axes, labels):
                label.set_path_effects(HALO)
    empty = divert.propellant_kg > divert.state.mass_kg - divert.state.dry_mass_kg
    if empty.any():
        axes.contour(east, north, empty.astype(float), [0.5], colors=LIMIT, linewidths=1.4)
    _mark_lander(axes, divert)
    _mark_sites(axes, divert, sites, hazards)
    scale_bar(axes, round_below(0.2 * (extent[1] - extent[0])))
    cells = f"{np.count_nonzero(np.isfinite(divert.propellant_kg)):,}".replace(",", " ")
    axes.set_title(f"Least propellant to each of {cells} cells, every one certified")
    axes.set_xlabel("east, m")
    axes.set_ylabel("north, m")
    keys = [
        Patch(facecolor=mpl.colormaps[PAINT](0.35), label="safe, in reach"),
        Patch(facecolor="#b9b9b9", label="hazard"),
        Patch(facecolor="#4a4a4a", label="out of reach"),
    ]
    if empty.any():
        keys.append(Patch(facecolor="none", edgecolor=LIMIT, linewidth=1.4, label="tank empty"))
    axes.figure.legend(
        handles=keys, ncols=len(keys), loc="lower left", bbox_to_anchor=(0.055, 0.0), fontsize=9.0
    )


def _mark_lander(axes: Axes, divert: DivertMap) -> None:
    """Mark the point under the lander, or where it is beyond the edge point that way."""
    left, right, bottom, top = _extent(divert)
    margin = 0.012 * (right - left)
    east, north, _ = divert.state.r_m
    x = min(max(east, left + margin), right - margin)
    y = min(max(north, bottom + margin), top - margin)
    marker = "o"
    if (x, y) != (east, north):
        marker = (">" if east > x else "<") if x != east else ("^" if north > y else "v")
    axes.plot([x], [y], marker, color="white", mec=BLACK, mew=1.2, markersize=8.0, zorder=7)
    at_right = x > 0.5 * (left + right)
    label = axes.annotate(
        "lander",
        (x, y),
        (-9.0 if at_right else 9.0, -13.0),
        textcoords="offset points",
        ha="right" if at_right else "left",
        va="top",
        fontsize=8.5,
        zorder=7,
    )
    label.set_bbox(CARD | {"edgecolor": BLACK, "linewidth": 0.8})


def _mark_sites(
    axes: Axes,
    divert: DivertMap,
    sites: Sequence[LandingSite],
    hazards: HazardMap | Assessment | None,
) -> None:
    """Draw the ground tracks, the footprints and what each site costs."""
    width_m = hazards.lander.footprint_m if isinstance(hazards, Assessment) else 0.0
    extent = _extent(divert)
    width_m = max(width_m, 0.018 * (extent[1] - extent[0]))
    for rank, site in enumerate(sites, start=1):
        colour = phase_colour(rank - 1)
        way = _way(divert, site)
        axes.plot(way[:, 0], way[:, 1], color="white", linewidth=3.2, alpha=0.9)
        axes.plot(way[:, 0], way[:, 1], color=colour, linewidth=1.7)
    for rank, site in enumerate(sites, start=1):
        colour = phase_colour(rank - 1)
        place = np.array([[site.east_m, site.north_m]])
        circles(axes, place, width_m, edgecolors="white", linewidths=4.4)
        circles(axes, place, width_m, edgecolors=colour, linewidths=2.4)
        if rank == 1:
            axes.plot(*place.T, "+", color="white", markersize=11, markeredgewidth=3.4)
            axes.plot(*place.T, "+", color=BLACK, markersize=10, markeredgewidth=1.4)
        far_right = site.east_m > extent[0] + 0.82 * (extent[1] - extent[0])
        far_up = site.north_m > extent[2] + 0.88 * (extent[3] - extent[2])
        text = axes.annotate(
            f"{rank}  {site.cost:.1f} kg",
            (site.east_m, site.north_m),
            (-9.0 if far_right else 9.0, -9.0 if far_up else 9.0),
            textcoords="offset points",
            ha="right" if far_right else "left",
            va="top" if far_up else "bottom",
            fontsize=10.0 if rank == 1 else 9.0,
            fontweight="bold" if rank == 1 else "normal",
            color=BLACK,
            zorder=6,
        )
        text.set_bbox(CARD | {"edgecolor": colour, "linewidth": 2.2 if rank == 1 else 1.2})


def _way(divert: DivertMap, site: LandingSite) -> NDArray[np.float64]:
    """Fly to a site: (n, 3) east, north, up [m]."""
    descent = _descent(divert, site)
    return descent.fly(np.linspace(0.0, descent.time_s, 121))[:, :3]


def _descent(divert: DivertMap, site: LandingSite) -> OptimalDescent:
    """Return the descent to the cell of a site."""
    elevation = divert.elevation
    return divert.descent(
        round((site.north_m - elevation.north_m) / elevation.cell_north_m),
        round((site.east_m - elevation.east_m) / elevation.cell_m),
    )


def _ways(axes: Axes, divert: DivertMap, sites: Sequence[LandingSite]) -> None:
    """Draw height over distance to go, and the ground beneath the way to the best."""
    elevation = divert.elevation
    for rank, site in reversed(list(enumerate(sites, start=1))):
        way = _way(divert, site)
        away = np.hypot(way[:, 0] - site.east_m, way[:, 1] - site.north_m)
        colour = phase_colour(rank - 1)
        axes.plot(away, way[:, 2], color=colour, linewidth=1.8, label=f"{rank}")
        axes.annotate(
            str(rank),
            (away[0], way[0, 2]),
            (0.0, 3.0),
            textcoords="offset points",
            ha="center",
            fontsize=9.0,
            fontweight="bold",
            color=BLACK,
        )
        descent = _descent(divert, site)
        marks = [t for t in descent.switches_s if t > 0.0]
        if marks:
            at = descent.fly([0.0, *sorted(marks)])[1:, :3]
            gone = np.hypot(at[:, 0] - site.east_m, at[:, 1] - site.north_m)
            axes.plot(gone, at[:, 2], "o", color="white", mec=colour, mew=1.2, markersize=4.0)
        if rank == 1:
            east, north = way[:, 0], way[:, 1]
            col = np.rint((east - elevation.east_m) / elevation.cell_m).astype(int)
            row = np.rint((north - elevation.north_m) / elevation.cell_north_m).astype(int)
            held = (row >= 0) & (row < elevation.shape[0]) & (col >= 0) & (col < elevation.shape[1])
            ground = elevation.heights[row[held], col[held]]
            low = float(np.nanmin(elevation.heights))
            axes.fill_between(away[held], ground, low, color=GREY, alpha=0.6, linewidth=0.0)
    axes.set_title("The ways (rings: thrust switches)")
    axes.set_xlabel("horizontal distance to go, m")
    axes.set_ylabel("height, m")
    if sites:
        axes.invert_xaxis()
    else:
        axes.text(0.5, 0.5, "no sites were given", transform=axes.transAxes, ha="center")
    state = divert.state
    start = (
        f"from {state.r_m[2]:.0f} m up, {np.linalg.norm(state.v_mps):.0f} m/s, "
        f"{state.mass_kg:.0f} kg"
    )
    label = axes.text(0.015, 0.13, start, transform=axes.transAxes)
    label.set_path_effects(HALO)


def _small(
    axes: Axes, bar: Axes, divert: DivertMap, field: NDArray[np.float64], paint: str
) -> None:
    """Show one field with its scale."""
    shown = np.where(np.isfinite(divert.propellant_kg), field, np.nan)
    axes.set_facecolor(BLACK)
    some = bool(np.isfinite(shown).any())
    ends = None if some else Normalize(0.0, 1.0)
    image = axes.imshow(
        shown, origin="lower", extent=_extent(divert), cmap=paint, norm=ends,
        interpolation="antialiased",
    )  # fmt: skip
    hold(axes)
    axes.set(xticks=(), yticks=())
    scale = axes.figure.colorbar(image, cax=bar, orientation="horizontal")
    outline: Any = scale.outline  # its type changes from matplotlib to matplotlib
    outline.set_visible(False)
    scale.ax.tick_params(labelsize=8.5, length=2.0)
    if not some:
        scale.set_ticks([])


def _step(span: tuple[float, float]) -> float:
    """Return a round step that rules about a dozen contours."""
    return round_below((span[1] - span[0]) / 12.0)


def _extent(divert: DivertMap) -> tuple[float, float, float, float]:
    """Outer edges of the map [m]: left, right, bottom, top."""
    elevation = divert.elevation
    rows, columns = elevation.shape
    west = elevation.east_m - 0.5 * elevation.cell_m
    south = elevation.north_m - 0.5 * elevation.cell_north_m
    return (
        west,
        west + columns * elevation.cell_m,
        south,
        south + rows * elevation.cell_north_m,
    )
