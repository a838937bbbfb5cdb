"""Land with two FMUs, FMPy as the master.

    python examples/fmu_landing.py [MISSION]

The autopilot's output of a step is the command that acts during it, so the autopilot steps first
and its command reaches the lander before the lander steps.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fmpy import extract, read_model_description
from fmpy.fmi2 import FMU2Slave

from farside.adapters.fmi import export_fmu
from farside.mission import load_mission

STEP_S = 0.01
VECTORS = {"r_site": 3, "v_site": 3, "q_site_body": 4, "omega_body": 3, "torque": 3}
STATE = ("r_site", "v_site", "q_site_body", "omega_body", "mass")
ESTIMATE = (*STATE, "accel", "height", "height_sigma")
FLAGS = ("height_valid", "contact", "rest")
AT_REST, COMPLETE = 2, 4


class Model:
    """One FMU, ready to step."""

    def __init__(self, path, folder):
        about = read_model_description(path)
        self.reference = {v.name: v.valueReference for v in about.modelVariables}
        self.fmu = FMU2Slave(
            guid=about.guid,
            unzipDirectory=extract(path, unzipdir=folder),
            modelIdentifier=about.coSimulation.modelIdentifier,
            instanceName=about.modelName,
        )
        self.fmu.instantiate()
        self.fmu.setupExperiment(startTime=0.0)
        self.fmu.enterInitializationMode()
        self.fmu.exitInitializationMode()

    def references(self, names):
        """Value references of some variables, vectors element by element."""
        return [
            self.reference[f"{name}[{i + 1}]" if name in VECTORS else name]
            for name in names
            for i in range(VECTORS.get(name, 1))
        ]

    def close(self):
        """Let go of the library."""
        self.fmu.terminate()
        self.fmu.freeInstance()


class Landing:
    """An autopilot and a lander, coupled; a step lasts any whole number of 10 ms."""

    def __init__(self, mission, folder, seed=0, nominal=False, flat=False, step_s=STEP_S):
        folder = Path(folder)
        self.step_s = step_s
        self.models = []
        for kind in ("autopilot", "lander"):
            path = export_fmu(mission, folder, kind=kind, seed=seed, nominal=nominal, flat=flat)
            self.models.append(Model(str(path), str(folder / kind)))
        self.autopilot, self.lander = self.models
        self.tick = 0
        self.wires = {
            "estimate": [m.references(ESTIMATE) for m in (self.lander, self.autopilot)],
            "flags": [m.references(FLAGS) for m in (self.lander, self.autopilot)],
            "command": [m.references(("thrust", "torque")) for m in (self.autopilot, self.lander)],
            "phase": [m.references(("phase", "stage")) for m in (self.autopilot, self.lander)],
        }

    def step(self):
        """Fly one step: estimate across, autopilot, command across, lander."""
        pilot, lander, wires = self.autopilot.fmu, self.lander.fmu, self.wires
        now = self.tick * self.step_s
        out, into = wires["estimate"]
        pilot.setReal(into, lander.getReal(out))
        out, into = wires["flags"]
        pilot.setBoolean(into, lander.getBoolean(out))
        pilot.doStep(now, self.step_s)
        out, into = wires["command"]
        lander.setReal(into, pilot.getReal(out))
        out, into = wires["phase"]
        lander.setInteger(into, pilot.getInteger(out))
        lander.doStep(now, self.step_s)
        self.tick += 1

    def ended(self):
        """Whether the lander rests and the autopilot knows, or it is past saving."""
        status = self.lander.fmu.getInteger(self.lander.references(("status",)))[0]
        if status == AT_REST:
            pilot = self.autopilot.fmu.getInteger(self.autopilot.references(("status",)))[0]
            return pilot == COMPLETE
        return status > AT_REST

    def true(self, name, size=1):
        """Return a true quantity of the lander."""
        names = [f"true_{name}[{i + 1}]" for i in range(size)] if size > 1 else [f"true_{name}"]
        return self.lander.fmu.getReal([self.lander.reference[n] for n in names])

    def close(self):
        """Let both go."""
        for model in self.models:
            model.close()


def main(name="chang-e-6"):
    """Land and say how."""
    with TemporaryDirectory() as folder:
        landing = Landing(load_mission(name), folder, nominal=True)
        contact = landing.lander.references(("contact",))
        down = None
        while not landing.ended() and landing.tick < 180_000:
            landing.step()
            if down is None and landing.lander.fmu.getBoolean(contact)[0]:
                down = landing.tick * STEP_S
                x, y, _ = landing.true("r_site", 3)
                print(
                    f"touchdown at {down:.2f} s, {x:+.2f} m east and {y:+.2f} m north of the site"
                )
        mass = landing.true("mass")[0]
        status = landing.lander.fmu.getInteger(landing.lander.references(("status",)))[0]
        print(f"at rest after {landing.tick * STEP_S:.2f} s with {mass:.1f} kg; status {status}")
        landing.close()
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) != AT_REST)
