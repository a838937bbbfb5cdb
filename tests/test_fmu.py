"""The FMUs in a real master, FMPy: valid, free of Python, and the same digits as our own flight."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from fmpy import read_model_description, simulate_fmu
from fmpy.fmi2 import FMU2Slave
from fmpy.fmi3 import FMU3Slave
from fmpy.validation import validate_fmu

from farside.adapters.fmi import FmuError, export, export_fmu
from farside.cli.main import main
from farside.ext._flight import Event
from farside.flight.wiring import wire
from farside.mission import load_mission

ROOT = Path(__file__).resolve().parent.parent
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


def own_flight(nominal, seed):
    flight = wire(
        MISSION, seed=seed, nominal=nominal, dems=(), imaging=False, flat=True, timed=False
    )
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    while flight.loop.run(1000) != Event.EVENT_ENDED:
        pass
    return flight


@pytest.mark.parametrize(("nominal", "seed"), [(True, 0), (False, 7)])
def test_coupled_they_land_with_our_own_digits(tmp_path, nominal, seed):
    flown = own_flight(nominal, seed).flown
    landing = example.Landing(MISSION, tmp_path, seed=seed, nominal=nominal)
    reals = [landing.lander.reference[n] for n in ("r_site[1]", "v_site[3]", "q_site_body[1]")]
    truth = [landing.lander.reference[n] for n in ("true_r_site[1]", "true_mass", "true_thrust")]
    command = landing.autopilot.references(("thrust", "torque"))
    for row in flown:
        estimate = landing.lander.fmu.getReal(reals)
        assert estimate == [row["est_r_site"][0], row["est_v_site"][2], row["est_q_site_body"][0]]
        assert landing.lander.fmu.getReal(truth) == [
            row["r_site"][0],
            row["mass_kg"],
            row["thrust_n"],
        ]
        landing.step()
        wanted = [row["cmd_thrust_n"], *row["cmd_torque_nm"]]
        assert landing.autopilot.fmu.getReal(command) == wanted
    assert landing.ended()
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
        """Give the numbers of some variables, one behind the other."""
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


def test_of_the_third_version_they_land_with_our_own_digits(tmp_path):
    """Kept, put back and put back from bytes on the way."""
    flown = own_flight(False, 7).flown
    landing = ThirdLanding(MISSION, tmp_path, 7)
    truth = ("true_r_site", "true_mass", "true_thrust")
    kept = None
    n = 0
    while n < len(flown):
        row = flown[n]
        assert list(landing.lander.reals(truth)) == [
            *row["r_site"],
            row["mass_kg"],
            row["thrust_n"],
        ]
        if n == 1500 and kept is None:
            kept = [model.fmu.getFMUState() for model in landing.models]
            wired = [
                model.fmu.serializeFMUState(state)
                for model, state in zip(landing.models, kept, strict=True)
            ]
        if n == 1700 and kept:
            for model, state in zip(landing.models, kept, strict=True):
                model.fmu.setFMUState(state)
                model.fmu.freeFMUState(state)
            kept, n, landing.tick = [], 1500, 1500
            continue
        if n == 1800 and wired:
            for model, data in zip(landing.models, wired, strict=True):
                model.fmu.setFMUState(model.fmu.deserializeFMUState(data))
            wired, n, landing.tick = [], 1500, 1500
            continue
        landing.step()
        wanted = [row["cmd_thrust_n"], *row["cmd_torque_nm"]]
        assert list(landing.autopilot.reals(("thrust", "torque"))) == wanted
        n += 1
    for model in landing.models:
        model.fmu.terminate()
        model.fmu.freeInstance()


def test_nonsense_has_a_defined_answer(exported, tmp_path):
    landing = example.Landing(MISSION, tmp_path, nominal=True)
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
    landing = example.Landing(MISSION, tmp_path, nominal=True)
    for at, step in ((0.0, 0.02), (0.5, 0.01), (np.nan, 0.01), (0.0, np.nan), (0.0, -0.01)):
        with pytest.raises(Exception, match=r"fmi2DoStep|status"):
            landing.lander.fmu.doStep(at, step)
    landing.step()
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


@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("harm", ["cut", "flip", "gone", "guid"])
def test_damaged_resources_are_refused(exported, tmp_path, fmi, harm):
    fmu = slave(exported["lander", fmi], tmp_path, guid="{no}" if harm == "guid" else None)
    data = tmp_path / "resources" / "model.bin"
    whole = bytearray(data.read_bytes())
    if harm == "cut":
        data.write_bytes(whole[:-1])
    elif harm == "flip":
        whole[200] ^= 1
        data.write_bytes(whole)
    elif harm == "gone":
        data.unlink()
    with pytest.raises(Exception, match="nstantiat"):
        fmu.instantiate()


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
