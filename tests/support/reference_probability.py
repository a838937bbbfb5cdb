"""Probability and bound of a safe stand in double precision, with SciPy's normal integral.

Arguments are as of `farside.terrain.probability`; maps of any one shape, NaN where not measured.
"""

import numpy as np
from scipy.special import ndtr

from farside.terrain.probability import (
    CORRELATION,
    DISC_DEVIATION,
    LEGS_RISE,
    LEGS_SLOPE,
    NOISE_MIDDLE,
    NOISE_RANGE,
)
from farside.terrain.sensitivity import legs_sensitivity


def disc_probability(slope_deg, roughness_m, limits, noise):
    sigma = np.asarray(noise.typical_m, float)
    flatness = _slope_margin(slope_deg, limits) / (sigma * noise.tilt_per_m)
    room = (limits.roughness_m - np.asarray(roughness_m, float)) / sigma
    probability = ndtr(flatness) * _held(DISC_DEVIATION, room, sigma, limits)
    return np.where(np.isnan(probability), 0.0, probability)


def legs_probability(slope_deg, rise_m, limits, lander, noise):
    sigma = np.asarray(noise.typical_m, float)
    flatness = _slope_margin(slope_deg, limits) * 0.5 * lander.span_m / sigma
    room = (lander.belly_left_m - np.asarray(rise_m, float)) / sigma
    tilt = rest_tilt(slope_deg, lander) * 0.5 * lander.span_m / sigma
    probability = _held(LEGS_SLOPE, flatness, sigma, limits, tilt) * _held(
        LEGS_RISE, room, sigma, limits, lander.rest.lowering_sigma_m / sigma
    )
    return np.where(np.isnan(probability), 0.0, probability)


def rest_tilt(slope_deg, lander):
    """Return 1-sigma of the rest against the pads' plane, a tangent along an axis."""
    steep = np.tan(np.radians(np.asarray(slope_deg, float)))
    return np.hypot(lander.rest.tilt, lander.rest.tilt_per_slope * steep)


def both(disc, legs):
    spread = np.sqrt(disc * (1 - disc) * legs * (1 - legs))
    return np.clip(disc * legs + CORRELATION * spread, 0, 1)


def disc_failure(slope_deg, roughness_m, limits, noise):
    """Upper bound; at least 1 where not measured."""
    sigma = np.asarray(noise.worst_m, float)
    t = np.maximum(_slope_margin(slope_deg, limits) / (sigma * noise.tilt_per_m), 0)
    room = (limits.roughness_m - np.asarray(roughness_m, float)) / sigma
    far = limits.roughness_m / sigma
    failure = np.exp(-0.5 * t * t) + noise.cells * (ndtr(-room) + ndtr(-far))
    return np.where(np.isnan(failure), 1.0, failure)


def legs_failure(slope_deg, rise_m, limits, lander, noise):
    tilt, rise = legs_sensitivity(lander, noise.cell_m)
    sigma = np.asarray(noise.worst_m, float)
    tilts = np.hypot(tilt.gain * sigma, rest_tilt(slope_deg, lander))
    steep = np.maximum(_slope_margin(slope_deg, limits) / tilts, 0)
    rises = np.hypot(rise.gain * sigma, lander.rest.lowering_sigma_m)
    high = (lander.belly_left_m - np.asarray(rise_m, float)) / rises
    failure = tilt.count * np.exp(-0.5 * steep * steep) + rise.count * ndtr(-high)
    return np.where(np.isnan(failure), 1.0, failure)


def _slope_margin(slope_deg, limits):
    """Tangent of the limit less that of the slope."""
    return np.tan(np.radians(limits.slope_deg)) - np.tan(np.radians(np.asarray(slope_deg, float)))


def _held(fit, margin, sigma, limits, spread=0.0):
    x = np.clip(np.log(sigma / limits.roughness_m) - NOISE_MIDDLE, *NOISE_RANGE)
    scale = np.exp(np.polyval([fit.scale_xx, fit.scale_x, fit.scale], x))
    u = margin * scale + np.polyval([fit.bias_xxx, fit.bias_xx, fit.bias_x, fit.bias], x)
    z = u + fit.above * np.maximum(u, 0) + fit.far * np.maximum(u - 1.5, 0)
    z = z + fit.below * np.minimum(u + 1, 0)
    shape = np.divide(z, u, out=np.ones_like(u), where=u != 0)
    return ndtr(z / np.sqrt(1 + (shape * scale * spread) ** 2))
