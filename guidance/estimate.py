"""The estimate of the state that the autopilot flies by, as a typed record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers
from farside.guidance.records import ESTIMATE

Vector = Sequence[float] | NDArray[np.float64]
#: How far the length of an attitude quaternion may be from 1.
QUATERNION_TOLERANCE = 1e-3


class EstimateError(FarsideError):
    """An estimate that no lander can have."""


@dataclass(frozen=True)
class Estimate:
    """What navigation knows of the lander at a tick; the fields are those of the dtype `ESTIMATE`.

    Parameters
    ----------
    r_site : (3,)
        Centre of mass: east, north, up of the site [m].
    v_site : (3,)
        Its velocity relative to the turning Moon [m/s].
    q_site_body : (4,)
        Attitude: unit quaternion, scalar first, that rotates vectors from body into site [-].
    mass_kg : float
        Mass now, propellant included [kg].
    omega_body : (3,)
        Rate against inertial space, body axes [rad/s].
    accel_mps2 : float
        Specific force along body z over the last tick [m/s^2].
    height_m : float
        Base (plane of the footpads) above the ground beneath [m]; NaN where nothing measures it.
    height_sigma_m : float
        1 sigma of height_m against the height by r_site [m]; 0 where it is not known.
    contact, rest : bool
        Whether a footpad touches; whether the lander has come to rest.

    Raises
    ------
    EstimateError
        When a vector has another length, a number is not finite (height_m may be NaN), the mass is
        not positive, or the quaternion's length is not 1.

    Examples
    --------
    >>> from farside.guidance import Autopilot, Estimate
    >>> from farside.mission import load_mission
    >>> autopilot = Autopilot(load_mission("chang-e-6"))
    >>> autopilot.retarget((0.0, 0.0, 0.0))
    >>> state = Estimate(
    ...     r_site=autopilot.plan.r_site,
    ...     v_site=autopilot.plan.v_site,
    ...     q_site_body=(1.0, 0.0, 0.0, 0.0),
    ...     mass_kg=3780.0,
    ... )
    >>> autopilot.estimate[:] = state.to_record()
    >>> command = autopilot.tick(0)
    >>> f"{command['thrust_n'][0]:.0f} N"  # of 7500, at the start of braking
    '7174 N'
    """

    r_site: Vector
    v_site: Vector
    q_site_body: Vector
    mass_kg: float
    omega_body: Vector = (0.0, 0.0, 0.0)
    accel_mps2: float = 0.0
    height_m: float = math.nan
    height_sigma_m: float = 0.0
    contact: bool = False
    rest: bool = False

    def __post_init__(self) -> None:
        """Refuse what no lander can have."""
        lengths = {"r_site": 3, "v_site": 3, "q_site_body": 4, "omega_body": 3}
        for name, length in lengths.items():
            values = numbers(getattr(self, name), name, EstimateError)
            if values.shape != (length,) or not np.isfinite(values).all():
                raise EstimateError(f"{name} is {values}: give {length} finite numbers")
        if not (math.isfinite(self.mass_kg) and self.mass_kg > 0.0):
            raise EstimateError(f"mass_kg is {self.mass_kg}: give kilograms above 0")
        if not math.isfinite(self.accel_mps2):
            raise EstimateError(f"accel_mps2 is {self.accel_mps2}: give m/s^2, 0 if not measured")
        if not (math.isfinite(self.height_sigma_m) and self.height_sigma_m >= 0.0):
            raise EstimateError(
                f"height_sigma_m is {self.height_sigma_m}: give metres, 0 where it is not known"
            )
        if math.isinf(self.height_m):
            raise EstimateError("height_m is infinite: give NaN where nothing measures it")
        if self.contact not in (0, 1) or self.rest not in (0, 1):
            raise EstimateError(f"contact {self.contact!r}, rest {self.rest!r}: give True or False")
        size = deterministic.length(self.q_site_body)
        if abs(size - 1.0) > QUATERNION_TOLERANCE:
            raise EstimateError(f"q_site_body has length {size:.6g}: give a unit quaternion")

    def to_record(self) -> NDArray[np.void]:
        """Return the estimate as a record.

        Returns
        -------
        ndarray, (1,)
            Of dtype `ESTIMATE`; assign it to `Autopilot.estimate[:]`.
        """
        record = np.zeros(1, ESTIMATE)
        for name in ESTIMATE.names or ():
            record[name] = getattr(self, name)
        return record
