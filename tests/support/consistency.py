"""Flights whose errors are those that the navigation filter assumes, and its NEES over them.

NEES, the normalised estimation error squared: e' P^-1 e with e = x - x_true. Over N independent
flights of a consistent filter its sum is chi-square with N n degrees of freedom, n states each
(Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation, 5.4).
"""

from functools import cache

import numpy as np
from reference_guidance import TrueFlight, matrix_of
from sample_navigation import (
    CENTRE,
    CONFIG,
    FRAME,
    MISSION,
    covariance,
    errors_of,
    first_of,
    measure,
    navigation,
)
from scipy.stats import chi2

from farside.navigation import navigator_setup
from farside.sensors import sensor_setup

DT = 0.01
COVARIANCE_EVERY = 10
SETUP = navigator_setup(CONFIG)
#: Settings of the filter that are standard deviations; the PSD is a variance.
DEVIATIONS = ("range_sigma_m", "attitude_sigma_rad", "beam_sigma_mps")


@cache
def level(seconds=60.0):
    """Level flight 8 km over the ground, 300 m/s, upright: all beams see the ground."""
    return TrueFlight(
        FRAME,
        [60e3, 0.0, 8e3],
        [-300.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 0.0],
        np.zeros(3),
        lambda t: 1.6,
        seconds,
    )


@cache
def _perfect(flight):
    """Perfect measurements of a flight, and the cosine of the altimeter's beam at each tick."""
    measured = measure(flight)
    up = flight.states["r_site"] + CENTRE
    up /= np.linalg.norm(up, axis=1)[:, None]
    cosine = np.ones(len(measured))
    for k in np.flatnonzero(measured["range_valid"]):
        beam = matrix_of(flight.states["q_site_body"][k]) @ measured["range_direction"][k]
        cosine[k] = -(beam @ up[k])
    return measured, cosine


def drawn_relief(flight, rng, sigma):
    """Draw the relief at each tick: a Gauss-Markov process in the distance flown."""
    ticks = len(flight.states)
    flown = COVARIANCE_EVERY * DT * np.hypot(*flight.states["v_site"][::COVARIANCE_EVERY, :2].T)
    relief, now = np.empty(len(flown)), rng.normal(0.0, sigma)
    for k, keep in enumerate(1.0 - flown / SETUP["relief_length_m"]):
        now = keep * now + np.sqrt(1.0 - keep * keep) * rng.normal(0.0, sigma)
        relief[k] = now
    return np.repeat(relief, COVARIANCE_EVERY)[:ticks]


def sensed(flight, seed, sigma):
    """Measure a flight by the sensors' model with its constant errors; as `drawn` otherwise."""
    measured = measure(flight, False, seed)
    relief = drawn_relief(flight, np.random.default_rng(seed), sigma)
    measured["range_m"] -= relief / _perfect(flight)[1]
    return measured, sensor_setup(MISSION, errors_of(seed))["beam_scale"], relief


def drawn(flight, seed, sigma):
    """Draw measurements of a flight from the filter's own noise model.

    Returns the measurements, the true scale error and the true relief at each tick.
    """
    rng = np.random.default_rng(seed)
    perfect, cosine = _perfect(flight)
    measured = perfect.copy()
    ticks = len(measured)
    relief = drawn_relief(flight, rng, sigma)
    measured["dv_body"][1:] += rng.normal(0.0, np.sqrt(SETUP["accel_psd"] * DT), (ticks - 1, 3))
    noise = np.hypot(SETUP["range_sigma_m"], SETUP["attitude_sigma_rad"] * measured["range_m"])
    measured["range_m"] += (noise * rng.normal(size=ticks) - relief) / cosine
    scale = rng.normal(0.0, MISSION.sensors.velocimeter.scale)
    measured["velocity_mps"] *= 1.0 + scale
    measured["velocity_mps"] += rng.normal(0.0, SETUP["beam_sigma_mps"], (ticks, 3))
    return measured, scale, relief


def first_drawn(flight, seed, inflation=1.0):
    """Draw an initial estimate from its own covariance, then claim `inflation` times that."""
    rng = np.random.default_rng([seed, 1])
    sigma = np.sqrt(np.diag(first_of(flight)["P"]))
    first = first_of(flight, rng.normal(0.0, sigma[:3]), rng.normal(0.0, sigma[3:6]))
    return dict(first, P=(inflation * np.array(first["P"])).tolist())


def run_to_end(flight, seed, sigma, inflation=1.0, source=drawn):
    """Fly one flight; return the error of the eight states at its end, and P.

    The filter takes every variance to be `inflation` times what it is.
    """
    root = np.sqrt(inflation)
    changed = {name: root * SETUP[name] for name in DEVIATIONS}
    changed["accel_psd"] = inflation * SETUP["accel_psd"]
    navigator = navigation(first_drawn(flight, seed, inflation), sigma=root * sigma, **changed)
    measured, scale, relief = source(flight, seed, sigma)
    navigator.navigate(0, measured, np.zeros((len(measured), 10)))
    state, true = navigator.state, flight.states[-1]
    error = np.concatenate(
        [
            state["r_site"] - true["r_site"],
            state["v_site"] - true["v_site"],
            [state["beam_scale"] - scale, state["relief_m"] - relief[-1]],
        ]
    )
    return error, covariance(navigator)


def nees(errors, covariances, states):
    """Return e' P^-1 e of the states of each flight, (N,)."""
    pick = np.ix_(states, states)
    return np.array(
        [
            e[states] @ np.linalg.solve(p[pick], e[states])
            for e, p in zip(errors, covariances, strict=True)
        ]
    )


def bounds(flights, states, beyond=1e-3):
    """Return between what the mean NEES of consistent flights lies, but for a share `beyond`."""
    freedom = flights * states
    return chi2.ppf([0.5 * beyond, 1.0 - 0.5 * beyond], freedom) / flights
