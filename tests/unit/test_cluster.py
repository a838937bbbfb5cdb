"""Engines that steer by throttling against one another: what they give, and what is left."""

import numpy as np
import pytest
from reference_dynamics import ground_of
from test_thrusters import FRAME, TICK, drive

from farside.dynamics.lander import PLANT_ROW
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.flight import land
from farside.mission import load_mission, parse_mission

MISSION = load_mission("chandrayaan-3")
#: R/2 s T_max, with room for it on either side.
MOST = 0.5 * 0.6 * 0.05 * 3200.0


def vehicle(**changes):
    return {**without_troubles(build_vehicle(MISSION)), "ignition_ticks": 0, **changes}


def fly(demand_nm, thrust_n, seconds=3.0, **changes):
    """Torque at each tick [N m]; thrusters' propellant of the second half [kg]; the last thrust."""
    ticks = round(seconds / TICK)
    start = {
        "r_site": [0.0, 0.0, 1e5], "v_site": [0.0] * 3, "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0] * 3, "mass_kg": 1500.0,
    }  # fmt: skip
    model = PlantModel(vehicle(**changes), moon_numbers(FRAME), ground_of(FRAME.radius_m), start)
    log = np.zeros(ticks, PLANT_ROW)
    wanted = np.ascontiguousarray(np.broadcast_to(demand_nm, (ticks, 3)), np.float64)
    model.fly(np.full(ticks, thrust_n), wanted, log)
    used = log["thruster_used_kg"][-1] - log["thruster_used_kg"][ticks // 2]
    return log["torque_body"], used, log["thrust_n"][-1]


def test_a_torque_that_the_engines_can_give_costs_no_propellant_of_thrusters():
    torque, used, thrust = fly((0.6 * MOST, -0.8 * MOST, 0.0), 2000.0)
    assert torque[-1] == pytest.approx((0.6 * MOST, -0.8 * MOST, 0.0), rel=1e-9)
    assert used == 0.0
    assert thrust == pytest.approx(2000.0)


@pytest.mark.parametrize(
    ("thrust_n", "limit_nm"), [(2000.0, MOST), (3150.0, 15.0), (700.0, 18.0), (3200.0, 0.0)]
)
def test_what_is_beyond_the_engines_is_the_thrusters(thrust_n, limit_nm):
    wanted = 80.0
    torque, used, _ = fly((wanted, 0.0, 0.0), thrust_n)
    alone, used_alone, _ = fly((wanted, 0.0, 0.0), thrust_n, cluster_radius_m=0.0)
    assert used == pytest.approx(used_alone * (wanted - limit_nm) / wanted, rel=0.03)
    late = slice(150, None)
    assert torque[late, 0].mean() == pytest.approx(alone[late, 0].mean(), rel=0.03)


def test_they_follow_with_the_lag_of_the_throttle():
    """Half of the difference is gone after lag ln 2, the thrust having settled."""
    torque, _, _ = fly((0.0, 0.0, 0.0), 2000.0, 1.0, lag_s=0.2)
    assert (torque == 0.0).all()
    wanted = np.zeros((300, 3))
    wanted[200:, 0] = 0.5 * MOST
    torque, _, _ = fly(wanted, 2000.0, 3.0, lag_s=0.2)
    half = 200 + int(0.2 * np.log(2.0) / TICK)
    assert torque[half, 0] == pytest.approx(0.25 * MOST, rel=0.03)


def test_about_the_thrust_axis_no_engine_helps():
    torque, _, _ = fly((0.0, 0.0, 20.0), 2000.0)
    alone, _, _ = fly((0.0, 0.0, 20.0), 2000.0, cluster_radius_m=0.0)
    assert (torque == alone).all()


def test_nothing_without_thrust_and_any_command_is_safe():
    torque, used, _ = fly((30.0, 0.0, 0.0), 0.0)
    alone, used_alone, _ = fly((30.0, 0.0, 0.0), 0.0, cluster_radius_m=0.0)
    assert (torque == alone).all() and used == used_alone
    for wild in (np.nan, np.inf, -np.inf, 1e308):
        torque, _, _ = fly((wild, wild, 0.0), 2000.0, 0.5)
        assert np.isfinite(torque).all()
        assert np.hypot(torque[:, 0], torque[:, 1]).max() < 400.0


def test_one_engine_has_no_such_torque():
    torque, _, _ = drive(np.full((50, 3), 30.0))
    assert build_vehicle(load_mission("chang-e-6"))["cluster_radius_m"] == 0.0
    assert np.unique(torque).size <= 3


@pytest.mark.slow
def test_it_spares_the_thrusters_in_flight():
    text = MISSION.to_toml()
    start = text.index("[vehicle.engine.cluster]")
    alone = parse_mission(text[:start] + text[text.index("[vehicle.body]") :])
    assert alone.vehicle.engine.cluster is None
    with_cluster, without = land(MISSION, seed=1), land(alone, seed=1)
    assert with_cluster.outcome == without.outcome == "landed"
    assert with_cluster.propellant_kg < without.propellant_kg - 1.0
