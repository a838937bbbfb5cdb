"""An executor that makes rows of a formula instead of flying, for tests of what is around it."""

from concurrent.futures import Executor, Future
from functools import cache

import numpy as np

from farside.campaign.columns import STEERED, columns, row_not_flown
from farside.campaign.parts import encode_rows
from farside.campaign.task import TaskResult
from farside.ext.common._random import normals
from farside.flight.inputs import Inputs, input_specs
from farside.mission import parse_mission

#: Propellant left [kg] is this, less mass and noise.
MIDDLE_KG, MASS_KG, NOISE_KG = 20.0, 3.0, 1.0


class FormulaExecutor(Executor):
    """Makes rows at once, all alike if asked; after `most` tasks the next one breaks."""

    def __init__(self, most=10**9, alike=False):
        self.most, self.alike, self.rows = most, alike, []

    def submit(self, _fly, task):
        future = Future()
        if self.most == 0:
            future.set_exception(MemoryError())
            return future
        self.most -= 1
        future.set_result(formula(task, 0.0 if self.alike else 1.0))
        self.rows.extend(task.runs)
        return future


def formula(task, strays):
    """Return what came of a task: 20 kg less 3 for a sigma of mass and 1 for one of noise."""
    mission, specs, names = _read(task.text)
    noise = np.empty(1)
    sigma = next(s.distribution.sigma for s in specs if s.name == "mass_percent")
    rows = []
    for i, run in enumerate(task.runs):
        inputs = Inputs(specs, task.steered.values[i])
        row = row_not_flown(run, mission, inputs, "")
        normals(1000 + int(task.steered.noise[i]), 0, 7, noise)
        off = MASS_KG * inputs["mass_percent"] / sigma + NOISE_KG * noise[0]
        left = MIDDLE_KG - strays * off
        row |= {"outcome": "landed", "safe": True, "propellant_left_kg": left}
        row |= {"noise_run": int(task.steered.noise[i]), "ground_run": int(task.steered.ground[i])}
        rows.append(row)
    return TaskResult(task.runs, {"landed": len(rows)}, 0, encode_rows(names, rows), ())


@cache
def _read(text):
    """Read a mission once: it, its inputs and the columns of its rows."""
    mission = parse_mission(text)
    return mission, input_specs(mission), (*columns(mission), *STEERED)
