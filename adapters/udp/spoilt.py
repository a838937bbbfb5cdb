"""Faults of the measurements that a host sends to be navigated with: `farside serve --fault`."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from farside.flight.faults import fault_bench
from farside.mission import Mission, MissionError
from farside.mission.faults import Fault, with_faults

MEASURED_UNITS = (
    "imu",
    "accelerometer",
    "gyro",
    "altimeter",
    "velocimeter",
    "star_tracker",
    "height",
    "contact",
)
_AT_REST = {
    "r_site": [0.0, 0.0, 0.0],
    "v_site": [0.0, 0.0, 0.0],
    "q_site_body": [1.0, 0.0, 0.0, 0.0],
    "omega_body": [0.0, 0.0, 0.0],
    "mass_kg": 1.0,
}


class SpoiltMeasurements:
    """The mission's faults and more, put into measurements on their way to the navigator.

    The host flies the lander, so the server knows neither its true state nor its engine: only a
    measurement can fail here, at a time, and in a way that does not hang on the ground.

    Parameters
    ----------
    mission : Mission
        Its `[[faults]]` come first; those that cannot happen here are `left` to the host.
    faults : iterable of Fault or str
    seed : int
        Of the noise and the spikes of the faults.

    Raises
    ------
    MissionError
        For one of `faults` that cannot happen here: one line.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> SpoiltMeasurements(load_mission("chang-e-6"), ["altimeter zero from 600 s"]).idle
    False
    """

    def __init__(self, mission: Mission, faults: Iterable[Fault | str] = (), seed: int = 0) -> None:
        failed = with_faults(mission, faults)
        happening, left = [], []
        for slot, fault in enumerate(failed.faults):
            why = _cannot_happen(fault)
            if why and slot >= len(mission.faults):
                raise MissionError(f"fault {str(fault)!r}: {why}")
            if why:
                left.append(f"{fault}: {why}")
            else:
                happening.append(slot)
        self.left = tuple(left)
        self._seed = seed
        self._failed, self._happening = failed, happening
        self.reset()

    @property
    def idle(self) -> bool:
        """Whether nothing fails."""
        return not self._happening

    def reset(self) -> None:
        """Begin a descent: no fault has begun."""
        self._bench = fault_bench(self._failed, self._happening, self._seed)

    def spoil(self, tick: int, measured: NDArray[np.void]) -> NDArray[np.void]:
        """Return what a tick's measurements are with their faults.

        Parameters
        ----------
        tick : int
        measured : (1,) array of MEASUREMENTS
            Left as it is.

        Returns
        -------
        (1,) array of MEASUREMENTS
        """
        if self.idle:
            return measured
        spoilt = measured.copy()
        phases = np.full(1, -1, np.intc)
        self._bench.spoil(spoilt, tick, _AT_REST, np.full(1, math.inf), phases)
        return spoilt


def _cannot_happen(fault: Fault) -> str:
    """Return why a fault cannot happen in a server; nothing where it can."""
    if fault.unit_name not in MEASURED_UNITS:
        return f"the host flies the lander: only {', '.join(MEASURED_UNITS)} can fail here"
    if fault.kind == "misaligned":
        return "it takes the true state, which the host has; turn the beam there"
    if fault.begins != "tick":
        return "the server knows no true height and no event; give from N s"
    if fault.probability < 1.0:
        return "a server draws no faults; give those that happen"
    return ""
