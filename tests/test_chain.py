"""The chain of laws in the autopilot: least propellant to a gate, always something behind it."""

from dataclasses import replace

import numpy as np
import pytest

from farside.flight import land
from farside.guidance import Autopilot, Link, Reason
from farside.mission import load_mission

MISSION = load_mission("chang-e-6")
APPROACH = [phase.name for phase in MISSION.phases].index("approach")


def flown_by(law, **more):
    """Give the mission another law of approach."""
    return replace(
        MISSION,
        phases=tuple(
            replace(p, law=law, **more) if p.name == "approach" else p for p in MISSION.phases
        ),
    )


@pytest.fixture(scope="module")
def landings():
    return {law: land(flown_by(law), seed=8) for law in ("polynomial", "optimal")}


def approach_of(landing):
    return landing.telemetry[landing.telemetry["phase"] == APPROACH]


def test_the_mission_flies_the_optimal_approach():
    assert MISSION.phases[APPROACH].law == "optimal"


def test_it_lands_with_less_propellant(landings):
    burnt = {
        law: np.ptp(approach_of(landing)["mass_kg"]) for law, landing in landings.items()
    }
    assert all(landing.safe for landing in landings.values())
    # The certified optimum from there, with a tenth of the thrust kept back, is 92 kg.
    assert 88.0 < burnt["optimal"] < 100.0
    assert burnt["polynomial"] - burnt["optimal"] > 35.0
    assert landings["optimal"].propellant_kg < landings["polynomial"].propellant_kg - 20.0


def test_every_hand_over_has_its_reason(landings):
    rows = approach_of(landings["optimal"])
    link, reason = rows["link"], rows["reason"]
    first = np.flatnonzero(link == Link.POLYNOMIAL)[0]
    assert (link[:first] == Link.OPTIMAL).all() and (link[first:] == Link.POLYNOMIAL).all()
    assert reason[first] == Reason.NEAR_END
    assert rows["time_to_go_s"][first - 1] == pytest.approx(16.0, abs=0.3)
    others = landings["optimal"].telemetry["phase"] != APPROACH
    adjust = [phase.name for phase in MISSION.phases].index("adjust")
    others &= landings["optimal"].telemetry["phase"] != adjust
    assert (landings["optimal"].telemetry["link"][others] == Link.NONE).all()
    assert (landings["polynomial"].telemetry["link"] == Link.NONE).all()


def test_the_engine_is_never_throttled_down_on_the_last_arc(landings):
    rows = approach_of(landings["optimal"])
    asked = rows["cmd_thrust_n"][rows["link"] == Link.OPTIMAL]
    full = asked > 0.6 * MISSION.vehicle.engine.thrust_max_n
    assert np.count_nonzero(np.diff(full.astype(int))) == 1  # up once
    assert asked.max() <= MISSION.vehicle.engine.thrust_max_n


def test_the_lander_turns_no_faster_than_it_may(landings):
    rows = approach_of(landings["optimal"])
    rate = np.degrees(np.linalg.norm(rows["omega_body"], axis=1))
    assert rate.max() < 1.2 * MISSION.guidance.rate_limit_dps


def held_at(mission, r_site, v_site, mass_kg=2030.0):
    """Begin the approach of an autopilot in some state; give the command of its first tick."""
    autopilot = Autopilot(mission)
    autopilot.begin("approach")
    state = autopilot.estimate
    state["r_site"], state["v_site"], state["mass_kg"] = r_site, v_site, mass_kg
    state["q_site_body"] = (1.0, 0.0, 0.0, 0.0)
    state["height_m"] = np.nan
    return autopilot.tick(0).copy()[0]


@pytest.mark.parametrize(
    ("mission", "r_site", "v_site", "reason"),
    [
        (MISSION, (1650, 0, 2230), (-30, 0, -34), Reason.NONE),
        (MISSION, (300, 0, 400), (-20, 0, -90), Reason.NOT_FOUND),
        (MISSION, (1500, 0, 180), (-60, 0, -5), Reason.LOW),
        (flown_by("optimal", tilt_limit_deg=15.0), (1650, 0, 2230), (-30, 0, -34), Reason.TILTED),
        (
            replace(MISSION, guidance=replace(MISSION.guidance, rate_limit_dps=0.3)),
            (1650, 0, 2230), (-30, 0, -34), Reason.TURNING,
        ),
    ],
)  # fmt: skip
def test_the_lander_is_never_without_a_command(mission, r_site, v_site, reason):
    command = held_at(mission, r_site, v_site)
    assert command["reason"] == reason
    assert command["link"] == (Link.POLYNOMIAL if reason else Link.OPTIMAL)
    assert command["thrust_n"] >= MISSION.vehicle.engine.thrust_min_n
    assert np.isfinite(command["direction_site"]).all()
    assert np.linalg.norm(command["direction_site"]) == pytest.approx(1.0)
