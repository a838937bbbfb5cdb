"""What every cell of a map would cost to reach: least propellant and its time, each certified.

Every cell is a problem of its own, the descent of least propellant in free time
(`farside.guidance.optimal`), solved with its certificate: from the solutions of the two cells
before it one Newton step is mostly enough, and neighbouring cells go through the equations at once
(ext/guidance/divert). Then the ways are followed: how they keep from the ground, how shallow they
come in, how far the lander leans, whether the tank holds. These limits are not part of the problem:
a way that breaks one is not bent, its cell is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from farside.guidance.divert_checks import DivertError, require_cells, require_heights
from farside.guidance.divert_march import DivertState, March
from farside.guidance.optimal import OptimalDescent, Target, optimal_descent
from farside.terrain.elevation import ElevationMap

Image = NDArray[np.float64]


class Reach(IntEnum):
    """What became of a cell."""

    REACHED = 0
    """Its optimum is known and certified, and its way holds every limit."""
    NOT_FOUND = 1
    """No certified optimum: out of reach, or a way that ends from beneath its target."""
    UNSEEN = 2
    """The map has no height there."""
    TANK_EMPTY = 3
    """Certified, but it takes more propellant than there is."""
    NEAR_GROUND = 4
    """The way comes nearer to the ground than the limits allow."""
    SHALLOW = 5
    """Somewhere on the way the lander is seen from the target below the glide slope."""
    TILTED = 6
    """The thrust leans further from the vertical than the limits allow."""


@dataclass(frozen=True)
class PathLimits:
    """What the way to a cell has to hold.

    Attributes
    ----------
    clearance_m : float
        Height above the ground [m]; nearer to the target half the height above it, if that is less.
    glide_slope_deg : float
        Least angle above the horizontal at which the target sees the lander [deg].
    tilt_deg : float
        Greatest tilt of the thrust off the vertical on the way [deg].
    end_tilt_deg : float
        The same at the end [deg].

    Examples
    --------
    >>> from farside.guidance import PathLimits
    >>> PathLimits(clearance_m=10.0, glide_slope_deg=15.0, end_tilt_deg=20.0).tilt_deg
    90.0
    """

    clearance_m: float = 5.0
    glide_slope_deg: float = 0.0
    tilt_deg: float = 90.0
    end_tilt_deg: float = 90.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 <= self.clearance_m < math.inf:
            raise DivertError(f"a clearance of {self.clearance_m} m: give 0 or more")
        if not -90.0 <= self.glide_slope_deg < 90.0:
            raise DivertError(f"a glide slope of {self.glide_slope_deg} deg: give -90 to 90")
        if not (0.0 < self.tilt_deg <= 180.0 and 0.0 < self.end_tilt_deg <= 180.0):
            raise DivertError(
                f"tilts of {self.tilt_deg} and {self.end_tilt_deg} deg: give 0 to 180"
            )


@dataclass(frozen=True, eq=False)
class DivertMap:
    """Least propellant to every cell of an elevation map; all arrays are (rows, cols).

    Attributes
    ----------
    elevation : ElevationMap
        The ground; its frame is that of every map here.
    propellant_kg : ndarray, (rows, cols)
        Least propellant, whatever the way's limits say [kg]; NaN where nothing was found.
    time_s : ndarray, (rows, cols)
        Of flight [s]; NaN likewise, as all that follows.
    reach : ndarray of uint8, (rows, cols)
        `Reach` of the cell.
    spare_clearance_m : ndarray, (rows, cols)
        Least height above the ground on the way, less what the limits ask for [m]; infinite where
        the way is not over seen ground of the map. At 16 moments of each arc; a ridge that stands
        between two of them is missed.
    glide_slope_deg : ndarray, (rows, cols)
        Least angle above the horizontal at which the target sees the lander on its way [deg].
    tilt_deg : ndarray, (rows, cols)
        Greatest tilt of the thrust off the vertical on the way [deg].
    end_tilt_deg : ndarray, (rows, cols)
        Tilt of the thrust at the end [deg].
    structure : ndarray of uint8, (rows, cols)
        Unknowns of the thrust structure: 8 full-least-full, 7 least-full, 6 full; 0 none.
    state : DivertState
        The lander, and how it is to be at a target.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.guidance import DivertState, Thrust, divert_map
    >>> from farside.terrain import ElevationMap
    >>> ground = ElevationMap.from_array(np.zeros((21, 21)), 20.0, east_m=-200.0, north_m=-200.0)
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = DivertState((0.0, 0.0, 500.0), (0.0, 0.0, -30.0), 2000.0, engine)
    >>> divert = divert_map(state, ground)
    >>> row, col = np.unravel_index(np.argmin(divert.cost), divert.cost.shape)
    >>> int(row), int(col)  # beneath it
    (10, 10)
    >>> f"{divert.cost[10, 10]:.1f} kg, {divert.cost[10, 20]:.1f} kg 200 m aside"
    '43.5 kg, 49.2 kg 200 m aside'
    >>> divert.descent(10, 20).status.name
    'OPTIMAL'
    """

    elevation: ElevationMap
    propellant_kg: Image
    time_s: Image
    reach: NDArray[np.uint8]
    spare_clearance_m: Image
    glide_slope_deg: Image
    tilt_deg: Image
    end_tilt_deg: Image
    structure: NDArray[np.uint8]
    state: DivertState = field(repr=False)

    @property
    def cost(self) -> NDArray[np.float32]:
        """Propellant [kg] of what is reached, infinite elsewhere: for `Assessment.sites`."""
        reached = self.reach == Reach.REACHED
        return np.where(reached, self.propellant_kg, np.inf).astype(np.float32)

    def descent(self, row: int, col: int) -> OptimalDescent:
        """Solve one cell again, to 1e-9, with its switches and its primer.

        Parameters
        ----------
        row, col : int
            Of the cell.

        Returns
        -------
        OptimalDescent

        Raises
        ------
        DivertError
            If it is no cell of the map.
        """
        require_cells(self.elevation, row, col)
        s = self.state
        return optimal_descent(
            s.r_m,
            s.v_mps,
            s.mass_kg,
            s.thrust,
            target=Target(
                s.targets(self.elevation, np.array([row]), np.array([col]))[0], s.target_mps
            ),
            gravity_mps2=s.gravity_mps2,
            dry_mass_kg=s.dry_mass_kg,
        )


def divert_map(
    state: DivertState,
    elevation: ElevationMap,
    *,
    limits: PathLimits | None = None,
    lone_tries: int = 16,
) -> DivertMap:
    """Find the least propellant to every cell of a map, and which of the ways may be flown.

    Parameters
    ----------
    state
        The lander, and how it is to be at a target.
    elevation
        The map; unseen cells are no targets, and no ground to keep from.
    limits
        Of the way; `PathLimits()` unless given.
    lone_tries
        Cells that are tried without a neighbour's help, spread over what is left when all that
        neighbours can help to is found. Each takes up to 3 ms, and most are out of reach.

    Returns
    -------
    Propellant [kg], time [s] and what speaks against the way, of each cell.

    Raises
    ------
    DivertError
        If an argument is of another type, a number is impossible, or the map has no height at all.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.guidance import DivertState, Thrust, divert_map
    >>> from farside.terrain import ElevationMap
    >>> ground = ElevationMap.from_array(np.zeros((41, 41)), 20.0, east_m=-400.0, north_m=-400.0)
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = DivertState((600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0), 2500.0, engine)
    >>> divert = divert_map(state, ground)
    >>> print(f"{divert.propellant_kg[20, 20]:.1f} kg to the middle")
    106.9 kg to the middle
    >>> row, col = np.unravel_index(np.argmin(divert.cost), divert.cost.shape)
    >>> way = divert.descent(int(row), int(col))
    >>> way.fly([0.0, way.time_s]).shape
    (2, 7)
    """
    if not isinstance(state, DivertState):
        raise DivertError(
            f"a state of type {type(state).__name__}: give DivertState(r_m, v_mps, mass_kg, thrust)"
        )
    require_heights(elevation)
    if limits is not None and not isinstance(limits, PathLimits):
        raise DivertError(f"limits of type {type(limits).__name__}: give PathLimits(...)")
    if not isinstance(lone_tries, int | np.integer) or lone_tries < 0:
        raise DivertError(f"lone_tries of {lone_tries}: give a whole number, 0 or more")
    limits = limits or PathLimits()
    march = March(state, elevation)
    if march.start(lone_tries):
        march.solve_lanes()
        march.solve_rest(lone_tries)
    return _assess_paths(march, limits)


def _assess_paths(march: March, limits: PathLimits) -> DivertMap:
    """Check the ways against the limits."""
    state, shape = march.state, (march.rows, march.cols)
    kind = march.kinds
    none = ~((kind > 0.0) & march.seen)
    if none.all():
        checks = [np.full(shape, np.nan) for _ in range(6)]
    else:
        checks = march.check_paths(limits.clearance_m, none)
    propellant_kg, time_s, spare, glide, tilt, end_tilt = checks
    reach = np.zeros(shape, np.uint8)
    # NaN breaks no limit
    for broken, verdict in (
        (tilt > limits.tilt_deg, Reach.TILTED),
        (end_tilt > limits.end_tilt_deg, Reach.TILTED),
        (glide < limits.glide_slope_deg, Reach.SHALLOW),
        (spare < 0.0, Reach.NEAR_GROUND),
        (propellant_kg > state.mass_kg - state.dry_mass_kg, Reach.TANK_EMPTY),
        (none, Reach.NOT_FOUND),
        (~march.seen, Reach.UNSEEN),
    ):
        reach[broken] = verdict
    return DivertMap(
        march.elevation,
        propellant_kg,
        time_s,
        reach,
        spare,
        glide,
        tilt,
        end_tilt,
        np.where(none, 0.0, kind).astype(np.uint8),
        state,
    )
