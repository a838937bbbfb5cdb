"""What the map kernels are laid out from, as plain numbers: for a host that has no Python."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.raster.heights import HIGHEST_M, LOWEST_M
from farside.terrain import assessment, footprint, margins, probability, returns
from farside.terrain import legs as contact
from farside.terrain.elevation import LEAST_WEIGHT, ElevationMap
from farside.terrain.hazards import HazardLimits, disc_reach_m
from farside.terrain.lander import LanderFootprint
from farside.terrain.sensitivity import legs_sensitivity


@dataclass(frozen=True, eq=False)
class MapTables:
    """A lander on the cells of a map."""

    sizes: dict[str, int]
    """How many members each part of the tables has."""
    numbers: dict[str, Any]
    """Limits, margins and fits."""
    whole: NDArray[np.int32]
    """Layout of the footprint, then of the legs."""
    real: NDArray[np.float32]
    """Weights of the legs' planes, then of the touchdown error."""


def map_tables(
    lander: LanderFootprint,
    limits: HazardLimits,
    shape: tuple[int, int],
    cell_m: float,
    navigation_error_m: float,
    *,
    legs: bool = True,
) -> MapTables:
    """Return the tables of a lander on square cells.

    Parameters
    ----------
    lander : LanderFootprint
        What lands.
    limits : HazardLimits
        What it stands.
    shape : tuple of int
        Rows and columns of the map.
    cell_m : float
        Size of a cell [m].
    navigation_error_m : float
        Touchdown error against the map, 3 sigma [m].
    legs : bool
        Whether the legs are laid out, or the disc alone.

    Returns
    -------
    MapTables
        The order of `whole` and `real` is that of `ext/avoidance/workspace.pxd`.

    Raises
    ------
    FootprintError
        If the cells are too large for the footprint or to tell the pads apart.

    Examples
    --------
    >>> lander = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45)
    >>> tables = map_tables(lander, HazardLimits(8.0, 0.2), (512, 512), 0.1, 0.9)
    >>> tables.sizes["disc_reach_y"], tables.sizes["legs"]
    (25, 4)
    """
    sizes, numbers, whole = _disc(lander, shape, cell_m)
    numbers |= _constants() | {
        "tan_slope": deterministic.tan(math.radians(limits.slope_deg)),
        "heading_step_deg": lander.heading_deg(1),
    }
    sizes["blur_reach"] = -1
    real: list[Any] = []
    if legs:
        legs_sizes, legs_numbers, legs_whole, real = _legs(lander, shape, cell_m)
        sizes |= legs_sizes
        numbers |= legs_numbers
        whole += legs_whole
        if navigation_error_m > 0.0:
            real.append(probability.normal_weights(navigation_error_m / 3.0 / cell_m))
            sizes["blur_reach"] = len(real[-1]) // 2
    # one number more, so that no table of C is empty
    return MapTables(sizes, numbers, _flat(whole, np.int32), _flat([*real, [0.0]], np.float32))


def _constants() -> dict[str, Any]:
    """Return what is the same for every lander."""
    fits = (margins.DISC_DEVIATION, margins.LEGS_SLOPE, margins.LEGS_RISE)
    return {
        "hopeless": assessment.HOPELESS,
        "band_sigma": assessment.BAND_SIGMA,
        "least_weight": LEAST_WEIGHT,
        "sharpening": returns.SHARPENING,
        "lost_per_m": returns.LOST,
        "amplified": returns.AMPLIFIED,
        "no_noise_m": probability._NO_NOISE_M,
        "common_relief_m": contact.COMMON_RELIEF_M,
        "lowest_m": LOWEST_M,
        "highest_m": HIGHEST_M,
        "fits": [asdict(fit) for fit in fits],
        "noise_middle": margins.NOISE_MIDDLE,
        "noise_least": margins.NOISE_RANGE[0],
        "noise_most": margins.NOISE_RANGE[1],
        "together": margins.CORRELATION,
    }


def _disc(
    lander: LanderFootprint, shape: tuple[int, int], cell_m: float
) -> tuple[dict[str, int], dict[str, Any], list[Any]]:
    """Return the sizes, numbers and tables of the disc, and no legs'."""
    disc = footprint.Footprint(shape, cell_m, lander.footprint_m)
    flat = ElevationMap.from_array(np.zeros(shape, np.float32), cell_m, trusted=True)
    noise = probability.NoiseUnderDisc.of(np.zeros(shape, np.float32), flat, lander, disc)
    laid = footprint._layout(tuple(disc.half_widths.tolist()), tuple(disc._half_heights.tolist()))
    widths = disc.half_widths.astype(np.int64)
    sizes = {
        "disc_reach_y": len(laid.half_width) - 1,
        "disc_reach_x": len(laid.half_height) - 1,
        "disc_blocks": len(laid.blocks),
        "disc_runs": len(laid.runs),
    }
    numbers = {
        "disc_tilt_per_m": noise.tilt_per_m,
        "disc_rim_m": disc_reach_m(lander.footprint_m, flat),
        # as Footprint.quantum_m: sum |e|, row by row
        "disc_spread": float(2 * (widths * (widths + 1)).sum() - widths[0] * (widths[0] + 1)),
        **dict.fromkeys(("legs_radius_m", "legs_reach_x", "legs_reach_y", "legs_rim_m"), 0.0),
        **dict.fromkeys(("legs_tilt", "legs_lift"), (1.0, 1.0)),
    }
    return sizes, numbers, [laid.half_width, laid.half_height, laid.blocks, laid.phases, laid.runs]


def _legs(
    lander: LanderFootprint, shape: tuple[int, int], cell_m: float
) -> tuple[dict[str, int], dict[str, Any], list[Any], list[Any]]:
    """Return the sizes, numbers and tables of the legs."""
    legs = contact.LegContact(shape, (cell_m, cell_m), lander)
    laid = contact._layout(lander, (cell_m, cell_m))
    sizes = {
        "legs": laid.pads.shape[1],
        "headings": laid.pads.shape[0],
        "triples": len(laid.triples),
        "pairs": len(laid.pairs),
        "legs_margin": laid.margin,
        "legs_side": laid.side,
        "legs_blocks": len(laid.blocks),
        "legs_runs": len(laid.runs),
        "pad_reach": len(laid.pad_half_width) - 1,
    }
    tilt, lift = legs_sensitivity(lander, (cell_m, cell_m))
    numbers = {
        "legs_radius_m": 0.5 * lander.span_m,
        "legs_tilt": (tilt.gain, tilt.count),
        "legs_lift": (lift.gain, lift.count),
        "legs_reach_x": laid.reach[0],
        "legs_reach_y": laid.reach[1],
        "legs_rim_m": legs.rim_m,
    }
    whole = [laid.pads, laid.triples, laid.pairs, laid.blocks, laid.runs, laid.pad_half_width]
    real = [laid.numbers, laid.triple_weights, laid.pair_along, laid.pair_across, laid.crosses]
    return sizes, numbers, whole, [*real, laid.pair_others]


def _flat(parts: Iterable[Any], kind: type) -> NDArray[Any]:
    """Return tables one after the other."""
    return np.concatenate([np.asarray(part).reshape(-1).astype(kind) for part in parts])
