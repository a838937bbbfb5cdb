"""Coupled FMUs land with the digits of our own flight, on the ground that they bring along."""

import numpy as np
import pytest
from sample_fmu import MISSION, ThirdLanding, example
from sample_twice import twice

from farside.adapters.fmi import export
from farside.adapters.fmi.ground import terrain_snapshot
from farside.ext.loop._flight import Event
from farside.flight.land import land
from farside.flight.wiring import wire
from farside.ground import Ground


def own_flight(nominal, seed, flat):
    """Return the telemetry of `farside land --no-imaging`, or of the same over a sphere."""
    if not flat:
        return land(MISSION, seed=seed, nominal=nominal, imaging=False).telemetry
    flight = wire(MISSION, seed=seed, nominal=nominal, dems=(), imaging=False, flat=True)
    flight.loop.timed = False
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    while flight.loop.run(1000) != Event.EVENT_ENDED:
        pass
    return flight.flown


def told_by(row):
    """Return the true numbers of a row of telemetry as the lander FMU's, from reference 20 on."""
    names = ("r_site", "v_site", "q_site_body", "omega_body")
    return [x for name in names for x in row[name]] + [row["mass_kg"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("nominal", "seed", "flat"),
    [
        (False, 7, False),
        pytest.param(True, 0, False, marks=pytest.mark.slow),
        pytest.param(True, 0, True, marks=pytest.mark.slow),
        pytest.param(False, 7, True, marks=pytest.mark.slow),
    ],
)
def test_coupled_they_land_with_our_own_digits(tmp_path, nominal, seed, flat):
    """Those of `farside land --no-imaging`, at every tick to rest."""
    flown = own_flight(nominal, seed, flat)
    landing = example.Landing(MISSION, tmp_path, seed=seed, nominal=nominal, flat=flat)
    lander, pilot = landing.lander, landing.autopilot
    sensed = lander.references(("r_site", "v_site", "q_site_body", "mass"))
    command = pilot.references(("thrust", "torque"))
    under = lander.references(("ground",))
    seen = set()
    for k, row in enumerate(flown):
        estimate = [x for name in ("r_site", "v_site", "q_site_body") for x in row["est_" + name]]
        assert lander.fmu.getReal(sensed) == [*estimate, row["est_mass_kg"]]
        assert lander.fmu.getReal(list(range(20, 34))) == told_by(row)
        assert lander.fmu.getReal([35]) == [row["thrust_n"]]
        if k % 10 == 0:
            assert lander.fmu.getReal([34]) == [row["height_m"]]
        seen.add(lander.fmu.getInteger(under)[0])
        landing.step()
        wanted = [row["cmd_thrust_n"], *row["cmd_torque_nm"]]
        assert pilot.fmu.getReal(command) == wanted
    assert landing.ended()
    assert seen == ({0} if flat else {1, 2})
    landing.close()


@pytest.mark.slow
def test_coupled_they_fly_holds_and_laws_that_come_back(tmp_path):
    """The phase, thrust and torque of every tick, of a mission that flies its laws twice."""
    flown = land(twice(), seed=2, imaging=False).telemetry
    landing = example.Landing(twice(), tmp_path, seed=2)
    command = landing.autopilot.references(("thrust", "torque"))
    phase, phases = landing.autopilot.references(("phase",)), set()
    for row in flown:
        landing.step()
        wanted = [row["cmd_thrust_n"], *row["cmd_torque_nm"]]
        assert landing.autopilot.fmu.getReal(command) == wanted
        phases.add(landing.autopilot.fmu.getInteger(phase)[0])
    assert phases == set(range(len(twice().phases)))
    landing.close()


def beyond(ground, asked):
    """Return the ground of a square a kilometre away from where it will be needed."""
    return terrain_snapshot(ground, [(asked[0][0] + 1000.0, asked[0][1])])


@pytest.mark.slow
def test_beyond_its_fine_ground_it_lands_on_the_coarse_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "terrain_snapshot", beyond)
    landing = example.Landing(MISSION, tmp_path, nominal=True)
    under = landing.lander.references(("ground",))
    seen = []
    while not landing.ended() and landing.tick < 100_000:
        landing.step()
        at = landing.lander.fmu.getInteger(under)[0]
        if not seen or seen[-1] != at:
            seen.append(at)
    assert landing.ended() and seen == [1, 3]
    # the height that is told is that over the grid of 12.8 m
    x, y, z = landing.true("r_site", 3)
    ground = Ground(MISSION)
    u, v = (float(each) for each in ground.arcs_of(x, y))
    region = ground.grids["region"]
    i, j = (u - region.u0) / region.cell, (v - region.v0) / region.cell
    cells = region.heights[int(j) : int(j) + 2, int(i) : int(i) + 2].astype(float)
    fx, fy = i % 1.0, j % 1.0
    level = np.array([1 - fy, fy]) @ cells @ np.array([1 - fx, fx])
    level += ground.arcs.arc_m - ground.radius_m
    com_m = np.linalg.norm([x, y, z + ground.radius_m]) - ground.radius_m - level
    body = MISSION.vehicle.body
    assert body.com_height_dry_m - 0.5 < com_m < body.com_height_full_m + 0.5
    landing.close()


@pytest.mark.slow
def test_a_master_can_step_back(tmp_path):
    landing = example.Landing(MISSION, tmp_path, seed=3)
    for _ in range(1500):
        landing.step()
    kept = [model.fmu.getFMUState() for model in landing.models]
    wired = [
        model.fmu.serializeFMUState(state)
        for model, state in zip(landing.models, kept, strict=True)
    ]
    everything = list(range(37))

    def onward():
        seen = []
        for _ in range(300):
            landing.step()
            seen.append(landing.lander.fmu.getReal(everything))
        return seen

    first = onward()
    for model, state in zip(landing.models, kept, strict=True):
        model.fmu.setFMUState(state)
    landing.tick -= 300
    assert onward() == first
    for model, data, state in zip(landing.models, wired, kept, strict=True):
        model.fmu.freeFMUState(state)
        again = model.fmu.deSerializeFMUstate(data)
        model.fmu.setFMUState(again)
        model.fmu.freeFMUState(again)
    landing.tick -= 300
    assert onward() == first
    landing.close()


@pytest.mark.slow
def test_of_the_third_version_they_land_with_our_own_digits(tmp_path):
    """Kept, put back and put back from bytes on the way: once high, once over its patch."""
    flown = own_flight(False, 7, False)
    landing = ThirdLanding(MISSION, tmp_path, 7)
    truth = ("true_r_site", "true_mass", "true_thrust")
    low = int(np.argmax(flown["height_m"] < 30.0))
    kept = wired = ()
    due = [1500, low]
    n = 0
    while n < len(flown):
        row = flown[n]
        assert list(landing.lander.reals(truth)) == [
            *row["r_site"],
            row["mass_kg"],
            row["thrust_n"],
        ]
        if due and n == due[0]:
            due.pop(0)
            begun = n
            kept = [model.fmu.getFMUState() for model in landing.models]
            wired = [
                model.fmu.serializeFMUState(state)
                for model, state in zip(landing.models, kept, strict=True)
            ]
        if kept and n == begun + 200:
            for model, state in zip(landing.models, kept, strict=True):
                model.fmu.setFMUState(state)
                model.fmu.freeFMUState(state)
            kept, n, landing.tick = (), begun, begun
            continue
        if wired and n == begun + 300:
            for model, data in zip(landing.models, wired, strict=True):
                model.fmu.setFMUState(model.fmu.deserializeFMUState(data))
            wired, n, landing.tick = (), begun, begun
            continue
        landing.step()
        wanted = [row["cmd_thrust_n"], *row["cmd_torque_nm"]]
        assert list(landing.autopilot.reals(("thrust", "torque"))) == wanted
        n += 1
    assert not due and not kept and not wired
    for model in landing.models:
        model.fmu.terminate()
        model.fmu.freeInstance()


def test_the_square_holds_the_patches_that_a_flight_asks_for():
    """Nodes of one lattice: a patch cut elsewhere has the same heights to the bit."""
    ground = Ground(MISSION, seed=5)
    frozen = terrain_snapshot(ground, [(30.03, -12.0), (70.0, 41.47)])
    for place in ((30.03, -12.0), (70.0, 41.47)):
        patch = ground.patch(*place, 25.0)
        row, col = round(patch.v0 / 0.1) - frozen["row"], round(patch.u0 / 0.1) - frozen["col"]
        assert row > 200 and col > 200
        window = frozen["square"][row : row + 501, col : col + 501]
        assert window.tobytes() == patch.heights.tobytes()
    # far apart: about the last, and no larger than it may be
    far = terrain_snapshot(ground, [(0.0, 0.0), (900.0, 0.0)])
    assert far["square"].shape == (2401, 2401)
    assert far["col"] == 9000 - 1200
