"""Dispersed inputs as independent standard normals, for searches that steer them.

Only inputs that are spread at all are coordinates; the others stay at their offset.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._random import elementary
from farside.ext.common.errors import FarsideError
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


def values_of_normals(mission: Mission, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of the inputs that standard normals stand for, (N, inputs).

    Parameters
    ----------
    mission : Mission
    u : ndarray, (N, D)
        Of `spread_specs`, finite.

    Returns
    -------
    ndarray, (N, inputs)
        Each in the unit of its spec; the same bits on every CPU.

    Raises
    ------
    ValueError
        There are not D numbers to a point.
    """
    specs = input_specs(mission)
    wanted = sum(spec.distribution.sigma > 0.0 for spec in specs)
    if u.ndim != 2 or u.shape[1] != wanted:
        raise FarsideError(f"normals of shape {u.shape}: give {wanted} numbers to a point")
    values, column = np.empty((len(u), len(specs))), 0
    for i, spec in enumerate(specs):
        if spec.distribution.sigma > 0.0:
            values[:, i] = _values(spec.distribution, u[:, column])
            column += 1
        else:
            values[:, i] = spec.distribution.offset
    return values


def inputs_of_normals(mission: Mission, u: NDArray[np.float64]) -> Inputs:
    """Return the inputs that standard normals (D,) stand for; see `values_of_normals`.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chang-e-6")
    >>> inputs = inputs_of_normals(mission, np.zeros(len(spread_specs(mission))))
    >>> inputs["thrust_percent"]
    0.0
    """
    return Inputs(input_specs(mission), values_of_normals(mission, u[None])[0])


def _values(spread: Spread, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values whose shares below are those of standard normals below u, (N,)."""
    if spread.distribution == "normal":
        assert spread.three_sigma is not None
        # as `quantile_of` has it, without the way through a share, which ends at 8 sigma
        return spread.offset + spread.three_sigma * (u / 3.0)
    shares = deterministic.normal_share(np.ascontiguousarray(u))
    held = np.clip(shares, _LEAST_SHARE, _MOST_SHARE).tolist()
    return np.array([quantile_of(spread, share) for share in held])


def log_likelihoods(mission: Mission, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithms of the density of inputs, each in units of its standard deviation.

    Parameters
    ----------
    mission : Mission
        Whose distributions they are.
    values : ndarray, (N, inputs)
        As `values_of_normals` gives them.

    Returns
    -------
    ndarray, (N,)
        Sums over the inputs that are spread; -inf where one lies outside its distribution. The
        correlations of the start are in them: inputs are drawn before them, and independently.
    """
    total = np.zeros(len(values))
    for i, spec in enumerate(input_specs(mission)):
        if spec.distribution.sigma > 0.0:
            total += _log_density(spec.distribution, values[:, i] - spec.distribution.offset)
    return total


def _log_density(spread: Spread, away: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log of a density times its standard deviation, at values off its middle."""
    if spread.half_width is not None:
        inside = 1.0 - np.abs(away) / spread.half_width
        # uniform: 1 / (2 w); triangular: (1 - |x| / w) / w
        flat = np.full(len(away), 0.5) if spread.distribution == "uniform" else inside
        return _log_of(np.where(inside < 0.0, 0.0, flat * (spread.sigma / spread.half_width)))
    z = away / spread.sigma
    density = -0.5 * z * z - 0.5 * float(deterministic.log(2.0 * math.pi))
    if spread.limit is None:
        return density
    within = 1.0 - 2.0 * float(deterministic.normal_share(-spread.limit / spread.sigma))
    return np.where(
        np.abs(away) > spread.limit, -np.inf, density - float(deterministic.log(within))
    )


def _log_of(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return logarithms; -inf of 0."""
    return np.where(x > 0.0, deterministic.log(np.where(x > 0.0, x, 1.0)), -np.inf)
