"""Dispersed inputs: their distributions, their draws, and what they do to a flight."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.transform import Rotation

from farside.dynamics import build_vehicle
from farside.flight import land
from farside.flight.inputs import (
    InputsError,
    drawn_inputs,
    input_specs,
    inputs_at,
    nominal_inputs,
    quantile_of,
)
from farside.flight.keys import flight_key
from farside.flight.start import built
from farside.mission import MissionError, load_mission
from farside.mission.spread import Spread
from farside.sensors import sensor_setup
from farside.sensors.streams import BIASES, DISPERSIONS, draw_normals

MISSION = load_mission("chang-e-6")
SPECS = input_specs(MISSION)
NAMES = [spec.name for spec in SPECS]
#: 39 before sensors had mountings, of 39 errors, the first attitude its three and thrust its seven.
COUNT = 88


@pytest.mark.parametrize(
    ("spread", "twin"),
    [
        (Spread(three_sigma=3.0), stats.norm()),
        (Spread(three_sigma=6.0, offset=1.0), stats.norm(1.0, 2.0)),
        (Spread(distribution="uniform", half_width=2.0), stats.uniform(-2.0, 4.0)),
        (Spread(distribution="triangular", half_width=2.0), stats.triang(0.5, -2.0, 4.0)),
        (Spread(distribution="truncated", three_sigma=3.0, limit=1.5), stats.truncnorm(-1.5, 1.5)),
        (Spread(distribution="truncated", three_sigma=3.0, limit=9.0), stats.truncnorm(-9.0, 9.0)),
    ],
)
def test_quantiles_are_scipys(spread, twin):
    for share in (1e-9, 1e-4, 0.02, 0.3, 0.5, 0.77, 0.999, 1.0 - 1e-9):
        assert quantile_of(spread, share) == pytest.approx(twin.ppf(share), rel=1e-8, abs=1e-12)


@given(
    st.sampled_from(["normal", "truncated", "uniform", "triangular"]),
    st.floats(2.0**-33, 1.0 - 2.0**-33),
    st.floats(0.0, 1e6),
)
def test_every_share_has_a_finite_value_on_its_side(kind, share, width):
    if kind in ("uniform", "triangular"):
        spread = Spread(distribution=kind, half_width=width)
    else:
        limit = max(width, 1e-3) if kind == "truncated" else None
        spread = Spread(distribution=kind, three_sigma=width, limit=limit)
    value = quantile_of(spread, share)
    assert math.isfinite(value)
    assert value * (share - 0.5) >= -1e-9 * width
    if kind != "normal":
        assert abs(value) <= spread.reach or kind == "truncated"


def test_the_order_of_inputs_stands():
    """A new one comes last: a Sobol campaign is not the same one otherwise."""
    assert NAMES[:3] == ["position_east_m", "position_north_m", "position_up_m"]
    assert NAMES.index("mass_percent") == 12 and NAMES.index("gyro_bias_x_dph") == 15
    assert NAMES.index("beam_scale") == 28 and NAMES[29] == "com_x_m"
    assert NAMES[37:40] == ["relay_node_deg", "relay_phase_deg", "gyro_misalignment_xy_arcsec"]
    assert NAMES[-1] == "thrusters_z_percent" and len(NAMES) == COUNT
    assert len(set(NAMES)) == len(NAMES)


def test_run_0_of_a_seed_draws_its_streams():
    """The normals of both streams, each a third of the file's 3 sigma."""
    inputs = drawn_inputs(MISSION, 7, 0)
    starts, errors = draw_normals(7, DISPERSIONS, 15), draw_normals(7, BIASES, 14)
    assert inputs["position_up_m"] == 1000.0 * (starts[2] / 3.0)
    assert inputs["isp_percent"] == 0.5 * (starts[14] / 3.0)
    assert inputs["gyro_bias_x_dph"] == pytest.approx(
        MISSION.sensors.imu.gyro_bias_dph * errors[0], rel=1e-15
    )
    assert inputs["beam_scale"] == pytest.approx(
        MISSION.sensors.velocimeter.scale * errors[13], rel=1e-15
    )


@pytest.mark.slow
def test_draws_have_the_moments_of_the_file():
    drawn = np.array([drawn_inputs(MISSION, 1, run).values for run in range(2000)])
    for spec, column in zip(SPECS, drawn.T, strict=True):
        spread = spec.distribution
        assert abs(column.mean()) <= 4.0 * spread.sigma / math.sqrt(2000.0), spec.name
        if spread.distribution != "truncated":
            # of a normal the sample's deviation strays by 1/sqrt(2 n)
            assert column.std() == pytest.approx(spread.sigma, rel=4.0 / math.sqrt(4000.0))


def test_no_two_runs_share_a_key():
    keys = {flight_key(seed, run) for seed in range(20) for run in range(2000)}
    assert len(keys) == 40_000
    assert flight_key(5, 0) == 5


@pytest.mark.slow
def test_a_run_is_its_own_flight_and_the_same_again():
    first, again, other = (land(MISSION, seed=3, run=run, imaging=False) for run in (4, 4, 5))
    assert first.telemetry_sha256 == again.telemetry_sha256 != other.telemetry_sha256
    assert first.to_dict()["run"] == 4


def test_inputs_given_are_the_inputs_flown():
    inputs = nominal_inputs(MISSION)
    inputs.values[NAMES.index("position_north_m")] = 321.0
    landing = land(MISSION, seed=3, inputs=inputs, imaging=False)
    nominal = land(MISSION, seed=3, nominal=True, imaging=False)
    off = landing.telemetry["r_site"][0] - nominal.telemetry["r_site"][0]
    # one tick of flight apart in nothing else but the engine's and thrusters' first millimetres
    assert off == pytest.approx([0.0, 321.0, 0.0], abs=0.01)
    assert landing.inputs is inputs


def test_the_lander_is_built_as_drawn():
    inputs = nominal_inputs(MISSION)
    for name, value in {
        "com_x_m": 0.01,
        "com_z_m": -0.02,
        "inertia_y_percent": 3.0,
        "lag_percent": 20.0,
        "ignition_delay_s": 0.1,
    }.items():
        inputs.values[NAMES.index(name)] = value
    plain, off = build_vehicle(MISSION), build_vehicle(MISSION, built(inputs))
    assert off["com_offset_m"] == [0.01, 0.0]
    assert off["com_height_full_m"] == plain["com_height_full_m"] - 0.02
    assert off["inertia_dry_kgm2"][1] == pytest.approx(1.03 * plain["inertia_dry_kgm2"][1])
    assert off["inertia_full_kgm2"][0] == plain["inertia_full_kgm2"][0]
    assert off["lag_s"] == pytest.approx(1.2 * plain["lag_s"])
    assert off["ignition_ticks"] == plain["ignition_ticks"] + 10
    inputs.values[NAMES.index("ignition_delay_s")] = -5.0
    assert build_vehicle(MISSION, built(inputs))["ignition_ticks"] == 0


def test_a_sensor_error_reaches_the_sensor():
    inputs = nominal_inputs(MISSION)
    inputs.values[NAMES.index("range_bias_m")] = 0.75
    assert sensor_setup(MISSION, inputs.as_dict())["range_bias_m"] == 0.75


@pytest.mark.slow
def test_fixed_terrain_is_the_same_for_every_run():
    fixed = replace(MISSION, dispersions=replace(MISSION.dispersions, terrain="fixed"))
    runs = [land(fixed, seed=2, run=run, imaging=False) for run in (1, 2)]
    assert runs[0].radius_m == runs[1].radius_m
    drawn = land(MISSION, seed=2, run=1, imaging=False)
    assert drawn.radius_m != runs[0].radius_m


@pytest.mark.parametrize(
    ("point", "says"),
    [
        ([0.5], f"give {COUNT} numbers"),
        ([0.0] * COUNT, "outside"),
        ([math.nan] * COUNT, "outside"),
    ],
)
def test_a_point_that_is_none(point, says):
    with pytest.raises(ValueError, match=says):
        inputs_at(MISSION, point)


def test_inputs_of_another_mission_are_refused():
    with pytest.raises(ValueError, match="another mission"):
        land(load_mission("chang-e-4"), inputs=nominal_inputs(MISSION))
    with pytest.raises(ValueError, match="run -1"):
        land(MISSION, run=-1)


def test_inputs_that_cannot_be_flown_are_refused():
    given = nominal_inputs(MISSION)
    with pytest.raises(ValueError, match="give one of them"):
        land(MISSION, inputs=given, nominal=True)
    with pytest.raises(ValueError, match=f"give {COUNT} numbers"):
        land(MISSION, inputs=replace(given, values=given.values[:5]))
    with pytest.raises(ValueError, match="not finite"):
        land(MISSION, inputs=replace(given, values=given.values + math.nan))
    # no lander has less than no inertia
    values = given.values.copy()
    values[NAMES.index("inertia_x_percent")] = -100.0
    with pytest.raises(InputsError, match=r"inertia_x_percent is -100: give more than -100 %"):
        land(MISSION, inputs=replace(given, values=values))


def test_the_first_attitude_strays_by_its_inputs():
    """A rotation vector in body axes; the truth starts where it did, and the estimate off it."""
    inputs = nominal_inputs(MISSION)
    for axis, angle_deg in zip("xyz", (0.3, -0.2, 0.1), strict=True):
        inputs.values[NAMES.index(f"knowledge_attitude_{axis}_deg")] = angle_deg
    row = land(MISSION, inputs=inputs, imaging=False).telemetry[0]
    true = Rotation.from_quat(row["q_site_body"], scalar_first=True)
    known = Rotation.from_quat(row["est_q_site_body"], scalar_first=True)
    off = np.degrees((true.inv() * known).as_rotvec())
    # Half a hundredth of a degree cubed over 24, and no fix has come yet.
    assert off == pytest.approx([0.3, -0.2, 0.1], abs=1e-6)
    with pytest.raises(MissionError, match="knowledge_attitude_deg: 40 must be at most 30"):
        MISSION.replace("dispersions.knowledge_attitude_deg", 40.0)
