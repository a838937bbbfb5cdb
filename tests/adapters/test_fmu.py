"""The FMUs in a real master, FMPy: valid, free of Python, and the same digits as our own flight."""

import importlib.util
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from fmpy import read_model_description, simulate_fmu
from fmpy.fmi2 import (
    FMU2Slave,
    calloc,
    fmi2CallbackAllocateMemoryTYPE,
    fmi2CallbackFreeMemoryTYPE,
    fmi2CallbackFunctions,
    fmi2CallbackLoggerTYPE,
    free,
)
from fmpy.fmi3 import FMU3Slave
from fmpy.validation import validate_fmu
from sample_twice import twice

from farside.adapters.fmi import FmuError, export, export_fmu
from farside.adapters.fmi.ground import terrain_snapshot
from farside.cli.main import main
from farside.ext.loop._flight import Event
from farside.flight.land import land
from farside.flight.wiring import wire
from farside.ground import Ground
from farside.mission import load_mission

ROOT = Path(__file__).resolve().parents[2]
MISSION = load_mission("chang-e-6")
KINDS = ("autopilot", "lander")


def load_example():
    spec = importlib.util.spec_from_file_location(
        "fmu_landing", ROOT / "examples" / "fmu_landing.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load_example()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fmus")
    return {
        (kind, fmi): str(export_fmu(MISSION, folder / str(fmi), kind=kind, fmi=fmi, nominal=True))
        for kind in KINDS
        for fmi in (2, 3)
    }


@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_validator_finds_no_problem(exported, kind, fmi):
    assert validate_fmu(exported[kind, fmi]) == []


@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_each_runs_alone(exported, kind, fmi):
    result = simulate_fmu(exported[kind, fmi], stop_time=2.0, output_interval=0.01)
    assert len(result) == 201
    assert all(np.all(np.isfinite(result[name])) for name in result.dtype.names)


@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_no_python_is_in_them(kind, fmi):
    library = export.LIBRARIES / f"{kind}-{fmi}.so"
    if shutil.which("nm") is None:
        pytest.skip("needs nm of binutils")
    listed = subprocess.run(
        ["nm", "-D", str(library)], check=True, capture_output=True, text=True
    ).stdout
    names = [line.split()[-1] for line in listed.splitlines()]
    assert not [name for name in names if "Py" in name or "pyx" in name]
    defined = [line.split()[-1] for line in listed.splitlines() if " T " in line]
    assert defined and all(name.startswith(f"fmi{fmi}") for name in defined)


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
    phases = set()
    for row in flown:
        landing.step()
        wanted = [row["cmd_thrust_n"], *row["cmd_torque_nm"]]
        assert landing.autopilot.fmu.getReal(command) == wanted
        phases.add(landing.autopilot.fmu.getInteger([104])[0])
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


class Third:
    """An FMU of FMI 3.0, ready to step; its variables by name."""

    def __init__(self, path, folder):
        self.fmu = slave(path, folder)
        variables = read_model_description(path).modelVariables
        self.reference = {v.name: v.valueReference for v in variables}
        self.fmu.instantiate()
        self.fmu.enterInitializationMode()
        self.fmu.exitInitializationMode()

    def reals(self, names):
        """Return the numbers of some variables, one behind the other."""
        count = sum(example.VECTORS.get(n.removeprefix("true_"), 1) for n in names)
        return self.fmu.getFloat64([self.reference[n] for n in names], nValues=count)


class ThirdLanding:
    """An autopilot and a lander of FMI 3.0, coupled as the example couples those of 2.0."""

    def __init__(self, mission, folder, seed):
        pair = [
            Third(str(export_fmu(mission, folder, kind=kind, fmi=3, seed=seed)), folder / kind)
            for kind in KINDS
        ]
        self.models = self.autopilot, self.lander = pair
        self.tick = 0

    def step(self):
        """Estimate across, autopilot, command across, lander."""
        pilot, lander = self.models
        at = self.tick * example.STEP_S
        refs = [[m.reference[n] for n in example.ESTIMATE] for m in self.models]
        pilot.fmu.setFloat64(refs[0], lander.reals(example.ESTIMATE))
        for name in example.FLAGS:
            pilot.fmu.setBoolean(
                [pilot.reference[name]], lander.fmu.getBoolean([lander.reference[name]])
            )
        pilot.fmu.doStep(at, example.STEP_S)
        command = [[m.reference[n] for n in ("thrust", "torque")] for m in self.models]
        lander.fmu.setFloat64(command[1], pilot.reals(("thrust", "torque")))
        lander.fmu.setInt32(
            [lander.reference["phase"]], pilot.fmu.getInt32([pilot.reference["phase"]])
        )
        lander.fmu.doStep(at, example.STEP_S)
        self.tick += 1


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


def test_nonsense_has_a_defined_answer(exported, tmp_path):
    landing = example.Landing(MISSION, tmp_path, nominal=True, flat=True)
    for _ in range(200):
        landing.step()
    pilot, lander = landing.autopilot, landing.lander
    before = pilot.fmu.getReal(pilot.references(("thrust",)))
    estimate = pilot.references(example.ESTIMATE)
    for nonsense in (np.nan, np.inf, -1e300):
        pilot.fmu.setReal(estimate, [nonsense] * len(estimate))
        pilot.fmu.doStep(landing.tick * 0.01, 0.01)
        lander.fmu.setReal(lander.references(("thrust", "torque")), [nonsense] * 4)
        lander.fmu.setInteger(lander.references(("phase",)), [-(2**31)])
        lander.fmu.doStep(landing.tick * 0.01, 0.01)
        landing.tick += 1
        assert pilot.fmu.getInteger(pilot.references(("status",))) == [3]  # bad input
        assert pilot.fmu.getReal(pilot.references(("thrust",))) == before
        assert np.all(np.isfinite(lander.fmu.getReal(list(range(4, 37)))))
        assert lander.fmu.getInteger(lander.references(("status",))) == [0]
    landing.close()


def test_what_is_not_a_step_is_refused(tmp_path):
    landing = example.Landing(MISSION, tmp_path, nominal=True, flat=True)
    bad = [(0.0, step) for step in (0.015, 0.001, 0.0, 0.0101, np.nan, np.inf, -0.01, 1e9)]
    for model in landing.models:
        before = model.fmu.getFMUState()
        kept = model.fmu.serializeFMUState(before)
        for at, step in [*bad, (0.5, 0.01), (np.nan, 0.01), (-0.01, 0.01)]:
            with pytest.raises(Exception, match=r"fmi2DoStep|status"):
                model.fmu.doStep(at, step)
            after = model.fmu.getFMUState()
            assert model.fmu.serializeFMUState(after) == kept
            model.fmu.freeFMUState(after)
        model.fmu.freeFMUState(before)
    landing.step()
    landing.close()


@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_step_is_told_in_one_line(exported, kind, fmi):
    """Without debug logging: what was asked, and what is taken."""
    lines = []

    def log(*words):
        lines.append(words[-1].decode())

    with pytest.raises(Exception, match="DoStep"):
        simulate_fmu(exported[kind, fmi], stop_time=1.0, output_interval=0.015, logger=log)
    assert len(lines) == 1 and "a step of 0.015 s: give a whole multiple of 0.01 s" in lines[0]


@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_with_a_masters_defaults(exported, kind, fmi):
    """FMPy doubles the step of 10 ms until a flight has at most 1000: here to 1.28 s."""
    result = simulate_fmu(exported[kind, fmi])
    assert result["time"][1] == pytest.approx(1.28) and result["time"][-1] > 1100.0
    assert all(np.all(np.isfinite(result[name])) for name in result.dtype.names)
    fine = simulate_fmu(exported[kind, fmi], stop_time=25.6, output_interval=0.01)
    for name in fine.dtype.names[1:]:
        assert np.array_equal(fine[name][::128], result[name][:21]), name


@pytest.mark.parametrize("ticks", [2, 3, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_a_long_step_is_its_ticks_under_held_inputs(exported, tmp_path, kind, ticks):
    """Bit for bit, from a mission's start and with the engine commanded."""
    models = [example.Model(exported[kind, 2], str(tmp_path / each)) for each in "ab"]
    long, short = models
    values = long.references(("thrust", "torque", "mass") if kind == "lander" else ("thrust",))
    if kind == "lander":
        for model in models:
            model.fmu.setReal(model.references(("thrust", "torque")), [7000.0, 3.0, -2.0, 1.0])
    for k in range(0, 300, ticks):
        long.fmu.doStep(0.01 * k, 0.01 * ticks)
        for n in range(k, k + ticks):
            short.fmu.doStep(0.01 * n, 0.01)
        assert long.fmu.getReal(values) == short.fmu.getReal(values)
    states = [model.fmu.getFMUState() for model in models]
    wired = [m.fmu.serializeFMUState(s) for m, s in zip(models, states, strict=True)]
    assert wired[0] == wired[1]
    for model, state in zip(models, states, strict=True):
        model.fmu.freeFMUState(state)
        model.close()


@pytest.mark.parametrize(("step_s", "miss_m"), [(0.02, 0.3), (0.1, 0.3)])
def test_coupled_at_longer_steps_they_land(tmp_path, step_s, miss_m):
    """Estimate and command are held for 20 ms, or for 0.1 s: softly, at the site."""
    landing = example.Landing(MISSION, tmp_path, nominal=True, flat=True, step_s=step_s)
    while not landing.ended() and landing.tick * step_s < 1200.0:
        landing.step()
    assert landing.ended()
    x, y, _ = landing.true("r_site", 3)
    _, qx, qy, _ = landing.true("q_site_body", 4)
    assert np.hypot(x, y) < miss_m
    assert 2.0 * np.degrees(np.hypot(qx, qy)) < 2.0
    used = MISSION.vehicle.descent_mass_kg - landing.true("mass")[0]
    assert used == pytest.approx(1826.9, abs=10.0)
    landing.close()


def slave(path, folder, guid=None):
    about = read_model_description(path)
    kind = FMU2Slave if about.fmiVersion == "2.0" else FMU3Slave
    shutil.unpack_archive(path, folder, "zip")
    return kind(
        guid=guid or about.guid,
        unzipDirectory=str(folder),
        modelIdentifier=about.coSimulation.modelIdentifier,
        instanceName="it",
    )


HARMS = {
    "cut": "cut short or too long",
    "stump": "cut short",
    "long": "cut short or too long",
    "flip": "checksum differs",
    "gone": "cannot be read",
    "guid": "not that of this FMU",
    "boast": "cut short or too long",
    "alien": "not farside's",
    "old": "another version",
    "nan": "does not fit",
    "short": "does not fit",
    "sizes": "does not fit",
}


def sealed(whole):
    """Return a block a head that says its length and checksum, as a liar would."""
    whole[16:24] = (len(whole) - export.HEAD.size).to_bytes(8, "little")
    whole[24:28] = zlib.crc32(whole[export.HEAD.size :]).to_bytes(4, "little")
    return whole


def harmed(whole, harm):
    """Spoil the bytes of a resource."""
    if harm == "cut":
        return whole[:-1]
    if harm == "stump":
        return whole[:40]
    if harm == "long":
        return whole + b"more"
    if harm == "boast":
        whole[16:24] = (2**63).to_bytes(8, "little")
    elif harm == "alien":
        whole[0:1] = b"f"
    elif harm == "old":
        whole[8] -= 1
    elif harm == "flip":
        whole[200] ^= 1
    elif harm == "nan":
        whole[-4:] = np.float32(np.nan).tobytes()
        return sealed(whole)
    elif harm == "short":
        return sealed(whole[:-4])
    elif harm == "sizes":
        # rows of the corridor, wherever they stand: the only 87 with 844 columns behind it
        at = whole.index(struct.pack("<ii", *Ground(MISSION).grids["corridor"].heights.shape))
        whole[at : at + 4] = struct.pack("<i", 2**31 - 1)
        return sealed(whole)
    return whole


@pytest.mark.parametrize("harm", HARMS)
def test_damaged_resources_are_refused(exported, tmp_path, harm):
    """With one line in the master's log."""
    fmu = slave(exported["lander", 2], tmp_path, guid="{no}" if harm == "guid" else None)
    data = tmp_path / "resources" / "model.bin"
    if harm == "gone":
        data.unlink()
    else:
        data.write_bytes(harmed(bytearray(data.read_bytes()), harm))
    lines = []
    callbacks = fmi2CallbackFunctions()
    callbacks.logger = fmi2CallbackLoggerTYPE(
        lambda environment, name, status, category, message: lines.append(message)
    )
    callbacks.allocateMemory = fmi2CallbackAllocateMemoryTYPE(calloc)
    callbacks.freeMemory = fmi2CallbackFreeMemoryTYPE(free)
    with pytest.raises(Exception, match="nstantiat"):
        fmu.instantiate(callbacks=callbacks)
    assert len(lines) == 1 and HARMS[harm] in lines[0].decode()


@pytest.mark.parametrize("harm", ["cut", "flip", "gone", "guid", "nan"])
def test_damaged_resources_are_refused_by_the_third_version(exported, tmp_path, harm):
    fmu = slave(exported["lander", 3], tmp_path, guid="{no}" if harm == "guid" else None)
    data = tmp_path / "resources" / "model.bin"
    if harm == "gone":
        data.unlink()
    else:
        data.write_bytes(harmed(bytearray(data.read_bytes()), harm))
    with pytest.raises(Exception, match="nstantiat"):
        fmu.instantiate()


def test_resources_lie_where_a_uri_says(exported, tmp_path):
    folder = tmp_path / "a place, 100 % fine \u00fc"
    fmu = slave(exported["lander", 2], folder)
    fmu.instantiate()
    fmu.freeInstance()


def test_a_state_from_elsewhere_cuts_no_ground_that_is_not_there(exported, tmp_path):
    """The last words of a state are the tick and the patch: any patch is checked before use."""
    fmu = slave(exported["lander", 2], tmp_path)
    fmu.instantiate()
    fmu.setupExperiment(startTime=0.0)
    fmu.enterInitializationMode()
    fmu.exitInitializationMode()
    state = fmu.getFMUState()
    wired = bytearray(fmu.serializeFMUState(state))
    assert struct.unpack("<q5i4x", wired[-32:]) == (0, 0, 0, 0, 0, 0)
    huge = 2**31 - 1
    for window in (
        (1, -huge, huge, -huge, huge),
        (1, 0, -5, 3, 2),
        (-7, 1, 2, 3, 4),
        (1, *[0] * 4),
    ):
        wired[-24:-4] = struct.pack("<5i", *window)
        again = fmu.deSerializeFMUstate(bytes(wired))
        fmu.setFMUState(again)
        fmu.doStep(0.0, 0.01)
        assert np.all(np.isfinite(fmu.getReal(list(range(37)))))
        fmu.setFMUState(state)
        fmu.freeFMUState(again)
    fmu.freeFMUState(state)
    fmu.terminate()
    fmu.freeInstance()


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


@pytest.mark.parametrize("kind", KINDS)
def test_both_versions_fly_the_same(exported, kind):
    names = {"autopilot": ("thrust", "torque"), "lander": ("true_r_site", "true_mass")}[kind]
    two = simulate_fmu(exported[kind, 2], stop_time=3.0, output_interval=0.01)
    three = simulate_fmu(exported[kind, 3], stop_time=3.0, output_interval=0.01)
    for name in names:
        value = three[name]
        if value.ndim > 1:
            for i in range(value.shape[1]):
                assert np.array_equal(value[:, i], two[f"{name}[{i + 1}]"])
        else:
            assert np.array_equal(value, two[name])


def test_an_export_is_the_same_bytes_again(exported, tmp_path):
    path = export_fmu(MISSION, tmp_path, kind="lander", nominal=True)
    assert path.read_bytes() == Path(exported["lander", 2]).read_bytes()


def test_without_a_library_one_line_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(export, "LIBRARIES", tmp_path)
    with pytest.raises(FmuError, match="built on Linux"):
        export_fmu(MISSION, tmp_path, kind="lander")


def test_the_command_writes_both(tmp_path, capsys):
    assert main(["export", "fmu", "--nominal", "--out", str(tmp_path)]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "chang-e-6-autopilot.fmu",
        "chang-e-6-lander.fmu",
    ]
    assert main(["export", "fmu", "--mission", "no-such"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
