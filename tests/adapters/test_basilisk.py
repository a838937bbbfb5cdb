"""The autopilot in Basilisk: its messages and frames, its tank and engine, and real landings."""

import re
import subprocess
import sys

import numpy as np
import pytest
from Basilisk.architecture import messaging
from Basilisk.utilities import RigidBodyKinematics
from flown import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_basilisk import PythonModule

from farside.adapters.basilisk.autopilot import AutopilotModule, hub_state, mrp_of, nozzle_thrusts_n
from farside.adapters.basilisk.lander import BasiliskLander
from farside.flight.ideal import ideal_flight
from farside.guidance import Status
from farside.mission import load_mission
from farside.mission.attitude import quaternion_of_axes, rotation_matrix
from farside.mission.moon import ROTATION_RADPS, STANDARD_GRAVITY_MPS2

MISSION = load_mission("chang-e-6")
EXHAUST_MPS = MISSION.vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2

quaternions = st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1)
places = st.tuples(st.floats(-6e5, 6e5), st.floats(-6e5, 6e5), st.floats(-1e5, 3e4))
speeds = st.tuples(*[st.floats(-2000.0, 2000.0)] * 3)
ticks = st.integers(0, 200_000)


class Wired:
    """A module with messages written by hand."""

    def __init__(self, *, planet=False):
        self.module = AutopilotModule(MISSION)
        self.state = messaging.SCStatesMsg().write(messaging.SCStatesMsgPayload())
        self.mass = messaging.SCMassPropsMsg()
        self.planet = messaging.SpicePlanetStateMsg()
        self.module.scStateInMsg.subscribeTo(self.state)
        self.module.massInMsg.subscribeTo(self.mass)
        if planet:
            self.module.planetInMsg.subscribeTo(self.planet)
        self.module.Reset(0)

    def estimate(self, k, r, v, sigma, omega=(0.0, 0.0, 0.0), mass=3000.0):
        """Write a state, call the module as Basilisk does, and give the estimate."""
        payload = messaging.SCStatesMsgPayload()
        payload.r_CN_N, payload.v_CN_N = list(r), list(v)
        payload.sigma_BN, payload.omega_BN_B = list(sigma), list(omega)
        self.state.write(payload)
        heavy = messaging.SCMassPropsMsgPayload()
        heavy.massSC = mass
        self.mass.write(heavy)
        self.module.core.reset()
        self.module.UpdateState(k * 10_000_000)
        return self.module.autopilot.estimate[0].copy()


WIRED = Wired()
WIRED_PLANET = Wired(planet=True)


@pytest.mark.slow
@given(q=quaternions)
def test_attitudes_are_those_of_basilisks_library(q):
    """MRPs, direction cosines and back, beside Basilisk's own conversions."""
    q = np.array(q) / np.linalg.norm(q)
    sigma = mrp_of(q)
    theirs = RigidBodyKinematics.MRP2C(sigma)  # [BN]: rows are the axes of B in N
    assert np.linalg.norm(sigma) <= 1.0 + 1e-12
    assert np.allclose(rotation_matrix(q), theirs.T, atol=1e-12)
    assert abs(abs(quaternion_of_axes(*theirs) @ q) - 1.0) < 1e-12


@pytest.mark.slow
@settings(max_examples=200)
@given(k=ticks, r=places, v=speeds, q=quaternions, omega=st.tuples(*[st.floats(-0.2, 0.2)] * 3))
def test_a_state_comes_back_from_basilisk(k, r, v, q, omega):
    """Site to N and MRPs in Python, back through the messages in C: to the rounding of 1700 km."""
    q = np.array(q) / np.linalg.norm(q)
    e = WIRED.estimate(k, *hub_state(WIRED.module.frame, r, v, q, 0.01 * k), omega)
    assert np.allclose(e["r_site"], r, rtol=0.0, atol=5e-9)
    assert np.allclose(e["v_site"], v, rtol=0.0, atol=1e-11)
    assert abs(abs(e["q_site_body"] @ q) - 1.0) < 1e-14
    assert np.array_equal(e["omega_body"], omega)
    assert e["mass_kg"] == 3000.0


@settings(max_examples=50)
@given(k=ticks, r=places, v=speeds, q=quaternions)
def test_both_sets_of_mrps_are_one_attitude(k, r, v, q):
    """Basilisk changes to the shadow set, -sigma / sigma^2, where a turn passes 180 deg."""
    r_n, v_n, sigma = hub_state(WIRED.module.frame, r, v, q, 0.01 * k)
    if sigma @ sigma < 1e-3:
        return
    a = WIRED.estimate(k, r_n, v_n, sigma)["q_site_body"]
    b = WIRED.estimate(k, r_n, v_n, -sigma / (sigma @ sigma))["q_site_body"]
    assert abs(abs(a @ b) - 1.0) < 1e-12


@settings(max_examples=50)
@given(k=ticks, r=places, v=speeds, q=quaternions, shift=places, drift=speeds)
def test_a_planet_message_says_where_the_moon_is(k, r, v, q, shift, drift):
    """A Moon elsewhere, that moves and has turned as SPICE would tell: the same estimate."""
    frame = WIRED_PLANET.module.frame
    r_n, v_n, sigma = hub_state(frame, r, v, q, 0.01 * k)
    plain = WIRED.estimate(k, r_n, v_n, sigma)
    angle = ROTATION_RADPS * 0.01 * k
    c, s = np.cos(angle), np.sin(angle)
    planet = messaging.SpicePlanetStateMsgPayload()
    planet.PositionVector, planet.VelocityVector = list(shift), list(drift)
    planet.J20002Pfix = [[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]
    planet.J20002Pfix_dot = (
        ROTATION_RADPS * np.array([[-s, c, 0.0], [-c, -s, 0.0], [0.0, 0.0, 0.0]])
    ).tolist()
    WIRED_PLANET.planet.write(planet)
    told = WIRED_PLANET.estimate(k, r_n + shift, v_n + drift, sigma)
    assert np.allclose(told["r_site"], plain["r_site"], rtol=0.0, atol=1e-8)
    assert np.allclose(told["v_site"], plain["v_site"], rtol=0.0, atol=1e-10)
    assert abs(abs(told["q_site_body"] @ plain["q_site_body"]) - 1.0) < 1e-12


def test_what_stands_on_the_moon_moves_in_basilisk_only():
    """At rest on the ground an hour after N was laid: r x rate in N [m/s], nothing in the site."""
    frame = WIRED.module.frame
    k = 360_000
    r_n, v_n, sigma = hub_state(frame, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0), 0.01 * k)
    speed = ROTATION_RADPS * frame.radius_m * np.cos(np.radians(frame.latitude_deg))
    assert np.linalg.norm(v_n) == pytest.approx(speed, rel=1e-12)
    e = WIRED.estimate(k, r_n, v_n, sigma)
    assert np.allclose(e["v_site"], 0.0, atol=1e-12)
    # Upright: body z is up, and the site turns with the Moon, so N sees another attitude later.
    up = np.array(RigidBodyKinematics.MRP2C(sigma))[2]
    assert np.allclose(up, r_n / np.linalg.norm(r_n), atol=1e-12)


def test_nonsense_gives_a_safe_command():
    """A state that is no state: finite outputs, and the status says so."""
    wired = Wired()
    wired.estimate(0, [np.nan] * 3, [0.0] * 3, [0.0] * 3)
    assert wired.module.autopilot.command["status"] == Status.BAD_INPUT
    assert np.all(np.isfinite(wired.module.torqueOutMsg.read().torqueRequestBody))
    assert not np.any(wired.module.onTimeOutMsg.read().OnTimeRequest)


def test_a_module_that_stops_stops_the_engine():
    """Nobody commands for 20 ms: the nozzles shut, and the thrust is gone with their lag."""
    lander = BasiliskLander(MISSION)
    lander.advance(200)
    burning = lander.craft.scMassOutMsg.read().massSC
    lander.engine.cmdsInMsg.subscribeTo(messaging.THRArrayOnTimeCmdMsg())
    lander.advance(300)
    coasting = lander.craft.scMassOutMsg.read().massSC
    lander.advance(100)
    assert burning < MISSION.vehicle.descent_mass_kg
    # 7500 N for 20 ms and the lag's 150 ms
    assert burning - coasting < 7500.0 * 0.19 / EXHAUST_MPS
    assert coasting - lander.craft.scMassOutMsg.read().massSC < 1e-6


def test_a_message_not_linked_is_named():
    with pytest.raises(ValueError, match="subscribe scStateInMsg"):
        AutopilotModule(MISSION).Reset(0)


@pytest.mark.slow
def test_a_missing_extra_is_named():
    code = (
        "import sys; sys.modules['Basilisk'] = None\n"
        "import farside.adapters\n"
        "try: import farside.adapters.basilisk.lander\n"
        "except ImportError as e: print(e)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip().endswith("pip install 'farside[basilisk]'")
    assert ran.stdout.count("\n") == 1


def test_mass_and_inertia_are_the_missions():
    """Hub and tank together at the start [kg, kg m^2], and halfway through the tank."""
    lander = BasiliskLander(MISSION)
    lander.advance(0)
    full = lander.craft.scMassOutMsg.read()
    body = MISSION.vehicle.body
    assert full.massSC == MISSION.vehicle.descent_mass_kg
    assert np.allclose(np.diag(full.ISC_PntB_B), body.inertia_full_kgm2, rtol=1e-12)
    assert np.allclose(full.c_B, 0.0)
    lander.tank_model.computeTankProps(0.5 * MISSION.vehicle.usable_propellant_kg)
    half = np.array(lander.tank_model.ITankPntT_T).diagonal() + body.inertia_dry_kgm2
    mean = 0.5 * (np.array(body.inertia_full_kgm2) + body.inertia_dry_kgm2)
    assert np.allclose(half, mean, rtol=1e-12)


@pytest.mark.slow
def test_the_bank_is_the_engine():
    """What Basilisk's tank loses and its accelerometer adds up, beside the commands lagged.

    First-order lag in closed form on the recorded commands; ignition is 0.3 s.
    """
    lander = BasiliskLander(MISSION)
    force = lander.module.forceOutMsg.recorder()
    mass = lander.craft.scMassOutMsg.recorder()
    lander.sim.AddModelToTask("tick", force, 10)
    lander.sim.AddModelToTask("tick", mass, 10)
    lander.advance(70_000)
    assert sum(nozzle_thrusts_n(MISSION)) == pytest.approx(MISSION.vehicle.engine.thrust_max_n)
    commanded = np.array(force.forceRequestBody)[:-1, 2]
    ignition = round(MISSION.vehicle.engine.ignition_delay_s / 0.01)
    commanded[:ignition] = 0.0
    lag = MISSION.vehicle.engine.lag_s
    decay = np.exp(-0.01 / lag)
    thrust, impulse = 0.0, np.zeros(len(commanded) + 1)
    for i, wanted in enumerate(commanded):
        excess = thrust - wanted
        impulse[i + 1] = impulse[i] + wanted * 0.01 + excess * lag * (1.0 - decay)
        thrust = wanted + excess * decay
    lost = MISSION.vehicle.descent_mass_kg - np.array(mass.massSC)
    assert not np.any(lost[: ignition + 1])
    # A step of thrust is one stage of the integrator late in the tank: 7500 N * 2.5 ms is 6 g.
    assert np.abs(lost - impulse / EXHAUST_MPS).max() < 0.01


def test_a_python_twin_gives_the_same_commands():
    """Conversions in Python and the tick through Python, in the same simulation for 15 s."""
    ours, twin = BasiliskLander(MISSION), BasiliskLander(MISSION, PythonModule)
    for lander in (ours, twin):
        lander.advance(1500)
    a, b = ours.module.autopilot.command[0], twin.module.autopilot.command[0]
    assert a["phase"] == b["phase"]
    assert a["thrust_n"] == pytest.approx(b["thrust_n"], abs=1e-3)
    assert np.allclose(a["direction_site"], b["direction_site"], atol=1e-9)
    assert np.allclose(a["torque_nm"], b["torque_nm"], atol=1e-3)


@pytest.fixture(scope="module")
def landed():
    return BasiliskLander(MISSION).fly()


def test_a_landing(landed):
    """At the site, softly and upright, as the mission's limits say."""
    assert np.hypot(*landed.r_site[:2]) < 0.5
    assert -landed.v_site[2] < MISSION.touchdown.vertical_speed_mps
    assert np.hypot(*landed.v_site[:2]) < 0.1
    assert landed.tilt_deg < 0.5
    assert landed.propellant_kg < MISSION.vehicle.usable_propellant_kg


def test_two_truths_agree(landed):
    """Ours from the same start, within what was asked: 0.3 s, 1 kg, 2 m; and far within."""
    ours = ideal_flight(MISSION)
    assert abs(landed.time_s - ours.time_s) < 0.05
    assert abs(landed.propellant_kg - ours.propellant_kg) < 0.1
    assert np.linalg.norm(landed.r_site - ours.r_site) < 0.01
    assert np.linalg.norm(landed.v_site - ours.v_site) < 0.05


@pytest.mark.slow
def test_what_is_left_is_basilisks_step():
    """Its nozzles follow their lag a part of a step late: a fifth of the step, a fifth of it.

    At 780 s, in the same tick of all three: the engine's cut at the end falls on a whole tick, and
    so a tick earlier or later.
    """
    ours = ideal_flight(MISSION).history["estimate"][78_000]
    off_kg, off_m = [], []
    for steps in (1, 5):
        lander = BasiliskLander(MISSION, steps=steps)
        lander.advance(78_000)
        estimate = lander.module.autopilot.estimate[0]
        off_kg.append(abs(estimate["mass_kg"] - ours["mass_kg"]))
        off_m.append(np.linalg.norm(estimate["r_site"] - ours["r_site"]))
    assert off_kg[0] < 0.1 and off_kg[1] < 0.25 * off_kg[0]
    assert off_m[0] < 0.5 and off_m[1] < off_m[0] / 3.0


@pytest.mark.slow
def test_twice_the_same():
    """The first 200 s, bit for bit."""
    ends = []
    for _ in range(2):
        lander = BasiliskLander(MISSION)
        lander.advance(20_000)
        ends.append(lander.module.autopilot.estimate.tobytes())
    assert ends[0] == ends[1]


@pytest.mark.slow
def test_the_example_runs():
    ran = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "basilisk_landing.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^touchdown \[s\] +\d", ran.stdout, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "miss_m"), [("chang-e-4", 0.5), ("apollo-11", 5.0)])
def test_other_missions_land(name, miss_m):
    """Apollo's descent by hand ends where its rate of descent takes it, not on a point."""
    mission = load_mission(name)
    end = BasiliskLander(mission).fly()
    assert np.hypot(*end.r_site[:2]) < miss_m
    assert -end.v_site[2] < mission.touchdown.vertical_speed_mps


# ---- tasks that miss ticks -----------------------------------------------------------------------


def lander_of_task(period_ns, first_ns=0):
    """Return a lander whose task has this period and start."""
    lander = BasiliskLander(MISSION)
    task = lander.sim.TaskList[0].TaskData
    task.TaskPeriod, task.FirstTaskTime = period_ns, first_ns
    return lander


@pytest.mark.parametrize("ms", [20.0, 30.0, 100.0, 3.0, 7.0, 4.0, 10.000001])
def test_a_task_that_misses_ticks_is_refused_at_reset(ms):
    """Once it flew on and said "Landed", 949 km off: the period found and those accepted."""
    lander = lander_of_task(round(ms * 1e6))
    with pytest.raises(ValueError, match=re.escape(f"every {ms:.9g} ms")) as refused:
        lander.sim.InitializeSimulation()
    assert "10 ms or a whole fraction" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_task_that_starts_beside_the_ticks_is_refused():
    with pytest.raises(ValueError, match="starts at 3 ms"):
        lander_of_task(10_000_000, 3_000_000).sim.InitializeSimulation()
    # 10 ms and 15 ms later it would run at whole ticks
    lander_of_task(5_000_000, 15_000_000).sim.InitializeSimulation()


@pytest.mark.parametrize("ms", [10.0, 20.0])
def test_of_two_tasks_one_has_to_run_at_every_tick(ms):
    lander = lander_of_task(round(ms * 1e6))
    lander.sim.procList[0].addTask(lander.sim.CreateNewTask("slow", 40_000_000))
    lander.sim.AddModelToTask("slow", lander.module, 100)
    if ms == 10.0:
        lander.advance(100)
        assert lander.module.autopilot.command["thrust_n"][0] > 0.0
    else:
        with pytest.raises(ValueError, match="runs every 20 ms"):
            lander.sim.InitializeSimulation()


@pytest.mark.parametrize("ms", [5.0, 2.5])
def test_a_faster_task_gives_the_commands_of_whole_ticks(ms):
    """Of the first ten seconds: the module acts at 10 ms, and keeps to its command between."""
    lander = lander_of_task(round(ms * 1e6))
    force = lander.module.forceOutMsg.recorder()
    lander.sim.AddModelToTask("tick", force, 10)
    lander.advance(1000)
    thrust = np.array(force.forceRequestBody)[:, 2]
    every = round(10.0 / ms)
    assert len(thrust) == 1000 * every + 1
    held = thrust[:-1].reshape(1000, every)
    assert np.all(held == held[:, :1]) and np.all(held[100:] > 0.0)


def test_a_missed_tick_shuts_the_engine_and_says_so():
    """A task that pauses, or whose period changes in flight."""
    for harm, late in (
        (lambda s: (s.sim.disableTask("tick"), s.advance(50), s.sim.enableTask("tick")), "1.51"),
        (lambda s: s.sim.procList[0].updateTaskPeriod("tick", 20_000_000), "1.02"),
    ):
        lander = BasiliskLander(MISSION)
        lander.advance(100)
        harm(lander)
        with pytest.raises(RuntimeError, match=rf"at 1\.01 s was missed.* at {late} s"):
            lander.advance(100)
        lander.advance(200)  # the lag's tail
        mass_kg = lander.craft.scMassOutMsg.read().massSC
        lander.advance(200)
        # burning on would take 5 kg in 2 s
        assert lander.craft.scMassOutMsg.read().massSC == pytest.approx(mass_kg, abs=1e-6)


def test_a_simulation_begun_again_flies_again():
    """Basilisk's time goes back to 0: the autopilot stands as before its first tick."""
    lander = BasiliskLander(MISSION)
    ends = []
    for _ in range(2):
        lander.ticks = -1
        lander.advance(1000)
        ends.append(lander.module.autopilot.command[0].copy())
    assert ends[0]["status"] == ends[1]["status"] == Status.OK
    assert ends[1]["thrust_n"] == pytest.approx(ends[0]["thrust_n"], abs=1e-6)
    assert np.allclose(ends[0]["q_site_body"], ends[1]["q_site_body"], atol=1e-9)
