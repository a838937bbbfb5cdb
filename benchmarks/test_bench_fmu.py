"""What a step of an FMU costs through FMPy, the call through ctypes included."""

import time
import tomllib
from pathlib import Path

import pytest
from fmpy import extract, read_model_description
from fmpy.fmi2 import FMU2Slave
from fmpy.fmi3 import FMU3Slave

from farside.adapters.fmi import export_fmu
from farside.mission import load_mission

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["fmu"]
STEPS, ROUNDS = 2000, 9


@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("kind", ["autopilot", "lander"])
def test_step(kind, fmi, tmp_path, record_property):
    path = str(export_fmu(load_mission("chang-e-6"), tmp_path, kind=kind, fmi=fmi, nominal=True))
    about = read_model_description(path)
    fmu = (FMU2Slave if fmi == 2 else FMU3Slave)(
        guid=about.guid,
        unzipDirectory=extract(path, unzipdir=str(tmp_path / "fmu")),
        modelIdentifier=about.coSimulation.modelIdentifier,
        instanceName=kind,
    )
    fmu.instantiate()
    if fmi == 2:
        fmu.setupExperiment(startTime=0.0)
    fmu.enterInitializationMode()
    fmu.exitInitializationMode()
    best = float("inf")
    for turn in range(ROUNDS):
        times = [(turn * STEPS + i) * 0.01 for i in range(STEPS)]
        start = time.process_time_ns()
        for now in times:
            fmu.doStep(now, 0.01)
        best = min(best, (time.process_time_ns() - start) / STEPS / 1000.0)
    fmu.terminate()
    fmu.freeInstance()
    record_property("us", best)
    print(f"{kind} FMI {fmi}: {best:.2f} us a step")
    assert best < BUDGET[f"{kind}_step_{fmi}_us"]
