"""Dispersed inputs as independent standard normals, for searches that steer them.

Only inputs that are spread at all are coordinates; the others stay at their offset.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._random import elementary
from farside.flight.inputs import Inputs, InputSpec, drawn_point, input_specs, quantile_of
from farside.mission import Mission
from farside.mission.spread import Spread

#: Shares are held this far from 0 and 1: no quantile is finite there.
_LEAST_SHARE, _MOST_SHARE = 1e-300, 1.0 - 2.0**-53


def spread_specs(mission: Mission) -> tuple[InputSpec, ...]:
    """Return the inputs of a mission that are spread: the coordinates, in order.

    Parameters
    ----------
    mission : Mission
    """
    return tuple(spec for spec in input_specs(mission) if spec.distribution.sigma > 0.0)


def drawn_normals(mission: Mission, seed: int, run: int) -> NDArray[np.float64]:
    """Return the coordinates of the inputs that a run of a campaign draws, (D,).

    Parameters
    ----------
    mission : Mission
    seed, run : int
        As of `farside.flight.inputs.drawn_inputs`, whose inputs they stand for.
    """
    point = drawn_point(mission, seed, run)
    u = np.empty(len(point))
    elementary("quantile", point, u)
    return u[[spec.distribution.sigma > 0.0 for spec in input_specs(mission)]]


def inputs_of_normals(mission: Mission, u: NDArray[np.float64]) -> Inputs:
    """Return the inputs that standard normals stand for.

    Parameters
    ----------
    mission : Mission
    u : ndarray, (D,)
        Of `spread_specs`, finite.

    Returns
    -------
    Inputs
        The same bits on every CPU.

    Raises
    ------
    ValueError
        There are not D numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chang-e-6")
    >>> inputs = inputs_of_normals(mission, np.zeros(len(spread_specs(mission))))
    >>> inputs["thrust_percent"]
    0.0
    """
    specs = input_specs(mission)
    wanted = len(spread_specs(mission))
    if u.shape != (wanted,):
        raise ValueError(f"normals of shape {u.shape}: give {wanted} numbers")
    left = iter(u.tolist())
    values = [
        _value(spec.distribution, next(left) if spec.distribution.sigma > 0.0 else 0.0)
        for spec in specs
    ]
    return Inputs(specs, np.array(values))


def _value(spread: Spread, u: float) -> float:
    """Return the value whose share below is that of a standard normal below u."""
    if spread.distribution == "normal":
        assert spread.three_sigma is not None
        # as `quantile_of` has it, without the way through a share, which ends at 8 sigma
        return spread.offset + spread.three_sigma * (u / 3.0)
    share = float(deterministic.normal_share(u))
    return quantile_of(spread, min(max(share, _LEAST_SHARE), _MOST_SHARE))


def log_likelihood(mission: Mission, inputs: Inputs) -> float:
    """Return the logarithm of the density of inputs, each in units of its standard deviation.

    Parameters
    ----------
    mission : Mission
        Whose distributions they are.
    inputs : Inputs

    Returns
    -------
    float
        Sum over the inputs that are spread; -inf where one lies outside its distribution. The
        correlations of the start are in it: inputs are drawn before them, and independently.
    """
    return sum(_log_density(spec.distribution, inputs[spec.name]) for spec in spread_specs(mission))


def _log_density(spread: Spread, value: float) -> float:
    """Return the log of a density times its standard deviation."""
    away = value - spread.offset
    if spread.half_width is not None:
        inside = 1.0 - abs(away) / spread.half_width
        if inside < 0.0:
            return -math.inf
        # uniform: 1 / (2 w); triangular: (1 - |x| / w) / w
        flat = 0.5 if spread.distribution == "uniform" else inside
        scaled = flat * spread.sigma / spread.half_width
        return float(deterministic.log(scaled)) if scaled > 0.0 else -math.inf
    z = away / spread.sigma
    density = -0.5 * z * z - 0.5 * float(deterministic.log(2.0 * math.pi))
    if spread.limit is None:
        return density
    if abs(away) > spread.limit:
        return -math.inf
    within = 1.0 - 2.0 * float(deterministic.normal_share(-spread.limit / spread.sigma))
    return density - float(deterministic.log(within))
