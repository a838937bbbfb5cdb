"""The truth of a scene: which cells a lander stands safely on, by the double-precision oracle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.scenes.legs import Stand, judge_stands
from farside.scenes.oracle import Discs, judge_discs
from farside.scenes.scene import CELL_M, SceneError, TrueGround, scene_and_ground

RULES = ("disc", "stand")
TIE_M = 1e-5
"""Cells so near a limit [m] are left out: single-precision heights decide nothing there."""
EASY_DEVIATION_M, EASY_SLOPE_DEG = 0.15, 7.5
"""Up to these a cell is easy: no noise worth flying with should hide that it is safe."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Truth:
    """Truth maps of a scene, each (rows, cols), row 0 north.

    Attributes
    ----------
    ground : TrueGround
        The true ground, and its labels.
    slope_deg, deviation_m : ndarray, (rows, cols)
        Of the footprint's least-squares plane [deg, m]; NaN where it leaves the map.
    safe, easy : ndarray of bool, (rows, cols)
        Within the limits; and with room to spare.
    tie : ndarray of bool, (rows, cols)
        Within 1e-5 m of a limit; a slope is measured by the rise over half a footprint.
    scored : ndarray of bool, (rows, cols)
        The footprint and the pads are on the map, and it is no tie.

    Examples
    --------
    >>> from farside.scenes import truth_of
    >>> truth = truth_of(7)
    >>> int(truth.scored.sum()), int((truth.safe & truth.scored).sum())  # cells of 0.1 m
    (213420, 36392)
    """

    ground: TrueGround
    slope_deg: NDArray[np.float64]
    deviation_m: NDArray[np.float64]
    safe: Bools
    easy: Bools
    tie: Bools
    scored: Bools


@lru_cache(maxsize=4)
def truth_of(number: int, rule: str = "disc") -> Truth:
    """Work out the truth of a scene: 2 s, and 1 s more for the stand.

    Parameters
    ----------
    number : int
        Which scene.
    rule : "disc" or "stand"
        disc: slope and greatest deviation of the footprint are within the limits. stand: and
        whichever way the lander is turned, the plane that its pads rest on is no steeper than the
        limit, and no ground under the footprint reaches its belly.

    Raises
    ------
    SceneError
        If there is no such scene.

    Examples
    --------
    >>> from farside.scenes import truth_of
    >>> truth = truth_of(7)
    >>> truth.safe.shape, f"{truth.safe.mean():.1%} safe"
    ((512, 512), '13.9% safe')
    """
    if rule not in RULES:
        raise SceneError(f"no rule is called {rule}: give {' or '.join(RULES)}")
    scene, ground = scene_and_ground(number)
    hazards, legs = scene.mission.hazards, scene.mission.vehicle.legs
    discs = _discs(number)
    slope, deviation = discs.slope_deg, discs.deviation_m
    whole = np.isfinite(slope)
    tie = _near(slope, hazards.slope_deg, hazards.footprint_m)
    tie |= np.abs(deviation - hazards.obstacle_m) <= TIE_M
    safe = (slope <= hazards.slope_deg) & (deviation <= hazards.obstacle_m)
    easy = safe & (slope <= EASY_SLOPE_DEG) & (deviation <= EASY_DEVIATION_M)
    if rule == "stand":
        stand = Stand(
            hazards.footprint_m, legs.count, legs.span_m, legs.pad_m, legs.belly_clearance_m
        )
        inside = slice(stand.reach(CELL_M), -stand.reach(CELL_M))
        held = np.zeros_like(whole)
        held[inside, inside] = True
        whole &= held
        safe, easy, tie = safe & held, easy & held, tie & held
        at = np.nonzero(safe)
        stands = judge_stands(ground.heights_m, CELL_M, stand, discs, *at)
        tie[at] |= _near(stands.slope_deg, hazards.slope_deg, hazards.footprint_m)
        tie[at] |= np.abs(stands.rise_m - legs.belly_clearance_m) <= TIE_M
        safe[at] = (stands.slope_deg <= hazards.slope_deg) & (
            stands.rise_m <= legs.belly_clearance_m
        )
        easy[at] &= safe[at] & (stands.slope_deg <= EASY_SLOPE_DEG)
    return Truth(ground, slope, deviation, safe, easy, tie, whole & ~tie)


@lru_cache(maxsize=2)
def _discs(number: int) -> Discs:
    """Judge the discs of a scene once for both rules."""
    scene, ground = scene_and_ground(number)
    return judge_discs(ground.heights_m, CELL_M, scene.mission.hazards.footprint_m)


def _near(slope_deg: NDArray[np.float64], limit_deg: float, footprint_m: float) -> Bools:
    """Return which slopes are ties: by the rise over half a footprint [m]."""
    rise = np.tan(np.radians(slope_deg)) - np.tan(np.radians(limit_deg))
    near: Bools = np.abs(0.5 * footprint_m * rise) <= TIE_M
    return near
