"""The FMUs in a real master, FMPy: valid, free of Python, steps of any length."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from fmpy import simulate_fmu
from fmpy.validation import validate_fmu
from sample_fmu import KINDS, MISSION, example, slave

from farside.adapters.fmi import FmuError, export, export_fmu
from farside.cli.main import main


@pytest.mark.slow
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
def test_a_refused_step_is_told_in_one_line(exported, kind, fmi, monkeypatch, capfd, tmp_path):
    """Without debug logging: what was asked, and what is taken."""
    # FMPy's proxy has one logger for all: it would go on calling this one after it is freed.
    monkeypatch.setattr("fmpy.logging.addLoggerProxy", lambda callbacks: None)
    lines = []

    def log(*words):
        lines.append(words[-1].decode())

    with pytest.raises(Exception, match="DoStep"):
        simulate_fmu(exported[kind, fmi], stop_time=1.0, output_interval=0.015, logger=log)
    assert len(lines) == 1 and "a step of 0.015 s: give a whole multiple of 0.01 s" in lines[0]
    capfd.readouterr()
    later = slave(exported[kind, fmi], tmp_path)
    later.instantiate()
    with pytest.raises(Exception, match="DoStep"):
        later.doStep(0.0, 0.01)
    assert capfd.readouterr().out.count("doStep outside of step mode") == 1 and len(lines) == 1
    later.freeInstance()


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


@pytest.mark.slow
@pytest.mark.parametrize(("step_s", "miss_m"), [(0.02, 0.3), (0.1, 0.3)])
def test_coupled_at_longer_steps_they_land(tmp_path, step_s, miss_m):
    """Estimate and command are held for 20 ms, or for 0.1 s: softly, at the site.

    Gravity is known aboard as it is: what is left out of it aboard alone moves the landing 12 m.
    """
    mission = MISSION.replace("navigation.gravity_degree", MISSION.gravity.degree)
    landing = example.Landing(mission, tmp_path, nominal=True, flat=True, step_s=step_s)
    while not landing.ended() and landing.tick * step_s < 1200.0:
        landing.step()
    assert landing.ended()
    x, y, _ = landing.true("r_site", 3)
    _, qx, qy, _ = landing.true("q_site_body", 4)
    assert np.hypot(x, y) < miss_m
    assert 2.0 * np.degrees(np.hypot(qx, qy)) < 2.0
    used = MISSION.vehicle.descent_mass_kg - landing.true("mass")[0]
    assert used == pytest.approx(1835.6, abs=10.0)  # a flight at 10 ms
    landing.close()


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


@pytest.mark.slow
def test_an_export_is_the_same_bytes_again(exported, tmp_path):
    path = export_fmu(MISSION, tmp_path, kind="lander", nominal=True)
    assert path.read_bytes() == Path(exported["lander", 2]).read_bytes()


def test_without_a_library_one_line_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(export, "LIBRARIES", tmp_path)
    with pytest.raises(FmuError, match="built on Linux"):
        export_fmu(MISSION, tmp_path, kind="lander")


@pytest.mark.slow
def test_the_command_writes_both(tmp_path, capsys):
    assert main(["export", "fmu", "--nominal", "--out", str(tmp_path)]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "chang-e-6-autopilot.fmu",
        "chang-e-6-lander.fmu",
    ]
    assert main(["export", "fmu", "--mission", "no-such"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
