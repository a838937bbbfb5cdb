"""The start of a flight: errors of an orbit go together where the mission says so."""

from dataclasses import replace

import numpy as np
import pytest

from farside.flight.assembly import site_frame
from farside.flight.inputs import drawn_inputs
from farside.flight.start import correlated, local_axes, start
from farside.guidance import plan_braking
from farside.mission import MissionError, load_mission
from farside.mission.spread import Spread

MISSION = load_mission("chang-e-6")
FRAME = site_frame(MISSION)
RHO = -0.9


@pytest.fixture(scope="module")
def plan():
    return plan_braking(MISSION, FRAME)


def dispersed(**keys):
    """Return the mission with other dispersions."""
    return replace(MISSION, dispersions=replace(MISSION.dispersions, **keys))


def test_errors_have_the_covariance_of_an_orbit(plan):
    """Beside numpy's covariance of 20 000 draws; a coefficient of so many is good to 0.007."""
    up, along = axes = local_axes(MISSION, FRAME, plan)
    across = np.cross(up, along)
    assert np.linalg.norm(up) == pytest.approx(1.0) and abs(up @ along) < 1e-15
    # braking begins 21 deg of arc before the site: the verticals differ
    assert np.degrees(np.arccos(up[2])) == pytest.approx(20.8, abs=1.0)
    spreads = (Spread(three_sigma=1000.0, offset=40.0), Spread(three_sigma=3.0, offset=-0.5))
    rng = np.random.default_rng(5)
    p = 40.0 + 1000.0 / 3.0 * rng.normal(size=(20_000, 3))
    v = -0.5 + rng.normal(size=(20_000, 3))
    mixed = np.array([correlated(*pair, spreads, RHO, axes) for pair in zip(p, v, strict=True)])
    turn = np.array([up, along, across])
    found = np.corrcoef(np.hstack([p @ turn.T, mixed @ turn.T]).T)
    wanted = np.eye(6)
    wanted[0, 4] = wanted[4, 0] = wanted[1, 3] = wanted[3, 1] = RHO
    assert np.abs(found - wanted).max() < 0.03
    assert mixed.std(axis=0) == pytest.approx(np.ones(3), abs=0.03)
    assert mixed.mean(axis=0) == pytest.approx(np.full(3, -0.5), abs=0.03)


def test_the_start_takes_each_correlation_where_it_belongs(plan):
    inputs = drawn_inputs(MISSION, 3, 0)
    plain = start(MISSION, FRAME, plan, inputs)
    for keys, true, known in (
        ({}, False, False),
        ({"radial_along_correlation": RHO}, True, False),
        ({"knowledge_radial_along_correlation": RHO}, False, True),
    ):
        found = start(dispersed(**keys), FRAME, plan, inputs)
        assert np.array_equal(found.r_site, plain.r_site)
        assert np.array_equal(found.known_r_site, plain.known_r_site)
        assert np.array_equal(found.v_site, plain.v_site) != true
        ours, theirs = (each.known_v_site - each.v_site for each in (found, plain))
        assert np.allclose(ours, theirs, atol=1e-12, rtol=0.0) != known


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"radial_along_correlation": 1.0}, "must be above -1 and below 1"),
        ({"knowledge_radial_along_correlation": -1.5}, "must be above -1 and below 1"),
        ({"radial_along_correlation": float("nan")}, "radial_along_correlation"),
        (
            {"radial_along_correlation": 0.5, "position_m": {"three_sigma": 0.0}},
            "position_m must be normal and more than 0",
        ),
        (
            {
                "knowledge_radial_along_correlation": 0.5,
                "knowledge_velocity_mps": {"distribution": "uniform", "half_width": 1.0},
            },
            "knowledge_velocity_mps must be normal",
        ),
    ],
)
def test_a_correlation_that_cannot_be_is_one_line(keys, says):
    with pytest.raises(MissionError, match=says) as told:
        MISSION.replace({f"dispersions.{key}": value for key, value in keys.items()})
    assert "\n" not in str(told.value)
