"""What is asked of elevation data: for which lander, with which limits, how well it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from farside.mission import Mission
from farside.survey.errors import SurveyError
from farside.survey.geometry import Band
from farside.terrain import HazardLimits, LanderFootprint
from farside.terrain.probability import dispersion_in_grid


@dataclass(frozen=True)
class Query:
    """A lander, its limits, and the two uncertainties.

    Attributes
    ----------
    lander_name : str
        Of the mission, or of the lander given.
    lander : LanderFootprint
        Footprint, legs and clearance.
    limits : HazardLimits
        Of slope and roughness.
    sigma_m : float
        1-sigma error of a cell's height [m].
    dispersion_m : tuple of two floats
        1-sigma touchdown error, east and north [m].
    spacing_m : float
        Mean distance of the returns that were gridded [m]; 0 where heights were posted.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.survey import Query, SiteRanking, survey
    >>> query = Query.of(load_mission("chang-e-6"), sigma_m=0.02, dispersion_m=(0.4, 0.3))
    >>> query.limits.slope_deg, query.lander.footprint_m
    (8.0, 5.0)
    >>> query.on_grid(90.0)  # of a grid whose "up" is east
    ((0.3, 0.4), 0.0)
    >>> band = survey([[0.0] * 60] * 60, 0.1).geometry.bands[0]
    >>> query.halo(band, turn_deg=0.0)  # half a footprint and four sigma, in cells of 0.1 m
    (38, 41)
    """

    lander_name: str
    lander: LanderFootprint
    limits: HazardLimits
    sigma_m: float = 0.0
    dispersion_m: tuple[float, float] = (0.0, 0.0)
    spacing_m: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 <= self.sigma_m < 100.0:
            raise SurveyError(
                f"--sigma {self.sigma_m:g}: give the 1-sigma error of a height in metres, 0 to 100"
            )
        if not all(0.0 <= d <= 10.0 * self.lander.footprint_m for d in self.dispersion_m):
            east, north = self.dispersion_m
            raise SurveyError(
                f"--dispersion {east:g} {north:g}: give 1-sigma touchdown errors in metres, 0 to "
                f"{10.0 * self.lander.footprint_m:g} (ten footprints)"
            )

    @classmethod
    def of(
        cls, mission: Mission, sigma_m: float = 0.0, dispersion_m: tuple[float, float] = (0.0, 0.0)
    ) -> Query:
        """Ask for the lander of a mission, within the limits it has there."""
        hazards = mission.hazards
        limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m)
        lander = LanderFootprint.of(mission)
        noise_m = np.asarray(sigma_m)
        if noise_m.ndim or noise_m.dtype.kind not in "iuf":
            raise SurveyError(
                f"sigma of shape {noise_m.shape}, {noise_m.dtype}: give one number of metres; a "
                "map of errors goes to farside.terrain.assess"
            )
        errors_m = np.asarray(dispersion_m)
        if errors_m.shape != (2,) or errors_m.dtype.kind not in "iuf":
            raise SurveyError(
                f"a dispersion of {dispersion_m}: give two 1-sigma errors in metres, (east, north)"
            )
        pair = float(errors_m[0]), float(errors_m[1])
        return cls(mission.name, lander, limits, float(noise_m), pair)

    def on_grid(self, turn_deg: float) -> tuple[tuple[float, float], float]:
        """Turn the touchdown ellipse into a grid's axes: 1-sigma along both [m], correlation.

        Parameters
        ----------
        turn_deg : float
            Of the grid, as `turn_deg` of its geometry [deg].

        Returns
        -------
        tuple
            The two 1-sigma lengths [m], and their correlation.
        """
        return dispersion_in_grid(self.dispersion_m, turn_deg)

    def halo(self, band: Band, turn_deg: float | None) -> tuple[int, int]:
        """Return how many rows and columns about a window its verdicts depend on.

        Parameters
        ----------
        band : Band
            What is read.
        turn_deg : float or None
            Of the grid [deg]; None: at any turn.

        Returns
        -------
        tuple of int
            Rows and columns.
        """
        body_m = 0.5 * max(self.lander.footprint_m, self.lander.span_m + self.lander.pad_m)
        longest = max(self.dispersion_m)
        across, down = (longest, longest) if turn_deg is None else self.on_grid(turn_deg)[0]
        # a touchdown error is cut at 3 sigma; the disc's rim is a quarter of a cell further out
        # the tops of returns are raised against their neighbours
        rim = 3 if self.spacing_m == 0.0 else 4
        return (
            math.ceil((body_m + 3.0 * down) / band.down_m) + rim,
            math.ceil((body_m + 3.0 * across) / band.across_m) + rim,
        )
