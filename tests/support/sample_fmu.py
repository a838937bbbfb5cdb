"""FMUs in FMPy: a slave not yet instantiated, one of FMI 3.0, and the example's coupling."""

import importlib.util
import shutil
import zlib
from pathlib import Path

from fmpy import read_model_description
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

from farside.adapters.fmi import export_fmu
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


def logged(lines):
    """Return callbacks of FMI 2.0 that put what is told into a list."""
    callbacks = fmi2CallbackFunctions()
    callbacks.logger = fmi2CallbackLoggerTYPE(
        lambda environment, name, status, category, message: lines.append(message.decode())
    )
    callbacks.allocateMemory = fmi2CallbackAllocateMemoryTYPE(calloc)
    callbacks.freeMemory = fmi2CallbackFreeMemoryTYPE(free)
    return callbacks


def resealed(data):
    """Return the bytes of a state with the checksum of what they hold now."""
    crc = zlib.crc32(data[64:]).to_bytes(4, "little")
    return bytes(data[:56]) + crc + bytes(data[60:])


class Third:
    """An FMU of FMI 3.0, ready to step; its variables by name."""

    def __init__(self, path, folder, begun=True):
        self.fmu = slave(path, folder)
        variables = read_model_description(path).modelVariables
        self.reference = {v.name: v.valueReference for v in variables}
        self.fmu.instantiate()
        if begun:
            self.begin()

    def begin(self):
        """Pass through the initialization mode."""
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
