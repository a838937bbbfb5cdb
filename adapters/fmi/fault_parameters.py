"""The faults that the lander's FMU was exported with, as parameters: `faults[1].from_s` and others.

The number is that of the fault in the mission, from 1. What a master sets goes into the row of the
table that a flight reads: the flight is that of a mission with the same fault, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from farside.adapters.fmi.parameters import LINEAR, TICKS, WHOLE, Parameter, Place
from farside.adapters.fmi.variables import Type, Variable
from farside.ext.adapters._fmu import fault_layout
from farside.flight.faults import factor_of
from farside.mission import Mission
from farside.mission.bounds import Within
from farside.mission.fault_kinds import UNITS
from farside.mission.faults import LONGEST_S, Fault

#: Units of values that an FMU knows by another name.
UNIT_NAMES = {"m/s^2": "m/s2", "times": "1", "of full scale": "1", "%": "1"}
MOST_HEIGHT_M = 1e7


def fault_parameters(mission: Mission, happening: Sequence[int], first: int) -> list[Parameter]:
    """Return the parameters of the faults of a lander's FMU.

    Parameters
    ----------
    mission : Mission
    happening : sequence of int
        Places in `mission.faults` of those in its table, in the order of its rows.
    first : int
        Reference of the first parameter.
    """
    at = fault_layout()
    found: list[Parameter] = []
    for row, slot in enumerate(happening):
        fault = mission.faults[slot]
        for key, unit, text, value, within, place in _keys(fault, at, row):
            kind: Type = "integer" if place.how == WHOLE else "real"
            variable = Variable(
                f"faults[{slot + 1}].{key}",
                first + len(found),
                unit,
                f"{fault}: {text}",
                type=kind,
                parameter="fixed",
                least=max(within.least, within.above),
                most=min(within.most, within.below),
            )
            found.append(Parameter(variable, value, within, (place,)))
    return found


Keyed = tuple[str, str, str, float, Within, Place]


def _keys(fault: Fault, at: dict[str, int], row: int) -> Iterator[Keyed]:
    """Yield name, unit, meaning, value, range and place of what may be set of a fault.

    The value of noise is not among them: the table holds what it adds to a sensor's own.
    """

    def place(name: str, how: int = LINEAR, factor: float = 1.0) -> Place:
        return Place(at[f"row[{row}].{name}"], how, factor)

    yield "enabled", "", "1: it happens", 1.0, Within(least=0.0, most=1.0), place("enabled", WHOLE)
    if fault.from_s is not None:
        within = Within(least=0.0, below=LONGEST_S)
        yield "from_s", "s", "begins at", fault.from_s, within, place("from_tick", TICKS)
    if fault.below_m is not None:
        within = Within(above=0.0, most=MOST_HEIGHT_M)
        yield "below_m", "m", "begins below", fault.below_m, within, place("below_m")
    within = Within(least=0.0, most=LONGEST_S)
    text = "lasts so long; 0: to the end"
    yield "for_s", "s", text, fault.for_s or 0.0, within, place("ticks", TICKS)
    kind = UNITS[fault.unit_name].kinds[fault.kind]
    if fault.size is not None and fault.kind != "noise":
        unit = UNITS[fault.unit_name].unit_of(fault.kind)
        unit = UNIT_NAMES.get(unit, unit)
        held = place("value[0]", LINEAR, factor_of(fault))
        ends = Within(least=kind.least, most=kind.most)
        yield "value", unit, kind.meaning, fault.size, ends, held
