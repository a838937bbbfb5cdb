"""A flight as a file: the inputs and streams that fly it again, whatever drew them."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from farside.flight.inputs import Inputs, input_specs
from farside.mission import Mission, MissionError
from farside.mission.writing import write_whole

FORMAT = 1
#: A flight's file is a few kilobytes.
LARGEST_BYTES = 1024 * 1024
_NUMBERS = ("format", "seed", "noise_run", "ground_run")


@dataclass(frozen=True)
class FlightFile:
    """What a flight is flown with, beside its mission file."""

    mission: str  # name
    mission_sha256: str  # of its text
    seed: int
    noise_run: int  # run whose streams of noise and faults it meets
    ground_run: int  # run whose ground it flies over
    imaging: bool
    cameras: bool
    inputs: dict[str, float]  # by name, each in the unit of its spec

    def inputs_for(self, mission: Mission) -> Inputs:
        """Return the inputs of a mission.

        Raises
        ------
        MissionError
            It disperses other inputs than these.
        """
        specs = input_specs(mission)
        names = {spec.name for spec in specs}
        if strange := sorted(names.symmetric_difference(self.inputs)):
            raise MissionError(
                f"{mission.name}: the inputs are another mission's: {strange[0]} is of one only"
            )
        return Inputs(specs, np.array([self.inputs[spec.name] for spec in specs]))


def write_flight(path: str | Path, flight: FlightFile) -> None:
    """Write a flight's file, whole or not at all; every number to its last bit.

    Raises
    ------
    OSError
        It cannot be written.
    """
    write_whole(path, json.dumps({"format": FORMAT} | vars(flight), indent=2) + "\n")


def read_flight(path: str | Path, text: str) -> FlightFile:
    """Read a flight's file for a mission.

    Parameters
    ----------
    path : str or Path
    text : str
        Of the mission file that it is to be flown with.

    Returns
    -------
    FlightFile

    Raises
    ------
    MissionError
        It cannot be read, is damaged, or is of another mission file.
    """
    place = str(path)
    try:
        if Path(path).stat().st_size > LARGEST_BYTES:
            raise MissionError(f"{place}: too large for the file of a flight")
        facts = json.loads(Path(path).read_bytes())
    except OSError as why:
        raise MissionError(f"{place}: cannot be read: {why.strerror or why}") from None
    except (ValueError, RecursionError):
        raise MissionError(f"{place}: is no JSON; give what farside stress wrote") from None
    flight = _flight(place, facts)
    if flight.mission_sha256 != hashlib.sha256(text.encode()).hexdigest():
        raise MissionError(
            f"{place}: is of another mission file, {flight.mission} as it was then; give that one"
        )
    return flight


def _flight(place: str, facts: Any) -> FlightFile:
    """Make a flight of what its file says, taking nothing on trust."""
    kinds: dict[str, type] = {"mission": str, "mission_sha256": str}
    kinds |= dict.fromkeys(_NUMBERS, int) | {"imaging": bool, "cameras": bool, "inputs": dict}
    if not isinstance(facts, dict):
        raise MissionError(f"{place}: is no object; give what farside stress wrote")
    for key, kind in kinds.items():
        value = facts.get(key)
        if type(value) is not kind or (isinstance(value, int) and not 0 <= value < 2**63):
            raise MissionError(f"{place}: {key} is missing or of another kind")
    if facts["format"] != FORMAT:
        raise MissionError(f"{place}: format {facts['format']}; this farside reads {FORMAT}")
    for name, value in facts["inputs"].items():
        if type(value) not in (int, float) or not math.isfinite(value):
            raise MissionError(f"{place}: inputs.{name} is no finite number")
    inputs = {name: float(value) for name, value in facts["inputs"].items()}
    named = {key: facts[key] for key in kinds if key not in ("format", "inputs")}
    return FlightFile(**named, inputs=inputs)
