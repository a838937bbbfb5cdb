"""What is dispersed in a flight: its inputs by name, in the order of a sequence's dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import elementary, uniforms
from farside.ext.common.errors import FarsideError
from farside.flight.keys import flight_key
from farside.mission import Mission
from farside.mission.dispersed_keys import drawn_mission
from farside.mission.spread import Spread
from farside.mission.units import symbol_of
from farside.sensors.constant_errors import (
    CONSTANT_ERRORS,
    FIRST_ERRORS,
    MOUNTING_ERRORS,
    ConstantError,
)
from farside.sensors.streams import BIASES, DISPERSIONS, KEYS

#: Uniforms of the sensors' stream are taken in this number, whatever of them serves.
_SENSOR_DRAWS = 64
#: Halvings of an interval of the normal's quantile: to the last bit.
_HALVINGS = 60


class InputsError(FarsideError):
    """Inputs of which no lander can be built."""


@dataclass(frozen=True)
class InputSpec:
    """One dispersed input: what it is called and how it is spread about nominal, which is 0."""

    name: str
    unit: str
    distribution: Spread
    description: str


@dataclass(frozen=True, eq=False)
class Inputs:
    """The values of every dispersed input of a flight, (D,), each in the unit of its spec.

    `inputs["thrust_percent"]` is one of them; `inputs.axes("position", "m")` those of a vector.
    """

    specs: tuple[InputSpec, ...]
    values: NDArray[np.float64]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {spec.name: i for i, spec in enumerate(self.specs)}

    def __getitem__(self, name: str) -> float:
        """Return the value of one input."""
        return float(self.values[self._places[name]])

    def as_dict(self) -> dict[str, float]:
        """Return the values by name."""
        return {spec.name: float(self.values[i]) for i, spec in enumerate(self.specs)}

    def axes(self, stem: str, unit: str, names: str = "east north up") -> list[float]:
        """Return the values stem_axis_unit, by default along east, north, up of the site frame."""
        return [self[f"{stem}_{axis}_{unit}"] for axis in names.split()]


def input_specs(mission: Mission) -> tuple[InputSpec, ...]:
    """Return a mission's dispersed inputs; one's index is its dimension of a sequence of points.

    The order is part of the interface: a new input is put at the end.
    """
    return tuple(_specs(mission))


def _specs(mission: Mission) -> Iterator[InputSpec]:
    """Yield the specs in order."""
    spread = mission.dispersions
    for stem, unit, held, what in (
        ("position", "m", spread.position_m, "place at initiation off plan"),
        ("velocity", "mps", spread.velocity_mps, "velocity at initiation off plan"),
        ("knowledge_position", "m", spread.knowledge_position_m, "first estimate less truth"),
        ("knowledge_velocity", "mps", spread.knowledge_velocity_mps, "first estimate less truth"),
    ):
        for axis in ("east", "north", "up"):
            yield InputSpec(f"{stem}_{axis}_{unit}", _UNITS[unit], held, f"{what}, {axis}, site")
    yield InputSpec("mass_percent", "%", spread.mass_percent, "descent mass, true over nominal")
    yield InputSpec("thrust_percent", "%", spread.thrust_percent, "thrust for a command")
    yield InputSpec("isp_percent", "%", spread.isp_percent, "specific impulse, main engine")
    yield from (_error_spec(mission, error) for error in FIRST_ERRORS)
    for axis in "xy":
        what = f"centre of mass off the thrust axis, body {axis}"
        yield InputSpec(f"com_{axis}_m", "m", spread.com_offset_m, what)
    yield InputSpec("com_z_m", "m", spread.com_height_m, "centre of mass above its nominal height")
    for axis in "xyz":
        what = f"principal moment of inertia, body {axis}"
        yield InputSpec(f"inertia_{axis}_percent", "%", spread.inertia_percent, what)
    yield InputSpec("lag_percent", "%", spread.lag_percent, "time constant of the main engine")
    yield InputSpec("ignition_delay_s", "s", spread.ignition_delay_s, "command to first thrust")
    what = "relay's ascending node off nominal"
    yield InputSpec("relay_node_deg", "deg", spread.relay_node_deg, what)
    what = "relay's phase off nominal"
    yield InputSpec("relay_phase_deg", "deg", spread.relay_phase_deg, what)
    yield from (_error_spec(mission, error) for error in MOUNTING_ERRORS)
    for axis in "xyz":
        what = f"first attitude, estimate less truth, body {axis}"
        yield InputSpec(
            f"knowledge_attitude_{axis}_deg", "deg", spread.knowledge_attitude_deg, what
        )
    yield from _engine_specs(mission)
    for row in spread.keys:
        unit = symbol_of(row.key.rpartition(".")[2]) or "1"
        yield InputSpec(row.key, unit, row.bounded, f"{row.key} off its value in the mission file")


def _error_spec(mission: Mission, error: ConstantError) -> InputSpec:
    """Return a constant error of a sensor as an input."""
    spread = Spread(three_sigma=3.0 * error.sigma_of(mission.sensors))
    return InputSpec(error.name, error.unit, spread, error.description)


def _engine_specs(mission: Mission) -> Iterator[InputSpec]:
    """Yield the specs of where engine and thrusters push."""
    spread = mission.dispersions
    for axis in "xy":
        held, what = spread.thrust_misalignment_deg, f"thrust off body z, about body {axis}"
        yield InputSpec(f"thrust_turn_{axis}_deg", "deg", held, what)
    for axis in "xy":
        what = f"thrust line off the geometric axis, body {axis}"
        yield InputSpec(f"thrust_line_{axis}_m", "m", spread.thrust_offset_m, what)
    for axis in "xyz":
        held, what = spread.thruster_imbalance_percent, f"couples about {axis}, difference over sum"
        yield InputSpec(f"thrusters_{axis}_percent", "%", held, what)


_UNITS = {"m": "m", "mps": "m/s"}


def nominal_inputs(mission: Mission) -> Inputs:
    """Return inputs that disperse nothing."""
    specs = input_specs(mission)
    return Inputs(specs, np.zeros(len(specs)))


def inputs_at(mission: Mission, point: Sequence[float] | NDArray[np.float64]) -> Inputs:
    """Return the inputs at a point of the unit cube, by inverting each distribution.

    Parameters
    ----------
    mission : Mission
    point : array_like (D,)
        Of a sequence of points or plain uniforms, each above 0 and below 1; D as many as
        `input_specs` gives.

    Returns
    -------
    Inputs
        The same bits on every CPU.

    Raises
    ------
    ValueError
        When there are not D numbers, or one lies outside.
    """
    specs = input_specs(mission)
    share = np.ascontiguousarray(point, dtype=np.float64)
    if share.shape != (len(specs),):
        raise FarsideError(f"a point of shape {share.shape}: give {len(specs)} numbers")
    if not (np.all(share > 0.0) and np.all(share < 1.0)):
        raise FarsideError("a point has a number outside (0, 1): give it inside")
    pairs = zip(specs, share, strict=True)
    return Inputs(specs, np.array([quantile_of(s.distribution, float(p)) for s, p in pairs]))


def drawn_inputs(mission: Mission, seed: int, run: int) -> Inputs:
    """Draw the inputs of a run from the streams of its key: plain draws, independent of all others.

    Parameters
    ----------
    mission : Mission
    seed, run : int
        As of `farside.flight.keys.flight_key`.
    """
    return inputs_at(mission, drawn_point(mission, seed, run))


def drawn_point(mission: Mission, seed: int, run: int) -> NDArray[np.float64]:
    """Draw the point of the unit cube that a run's inputs are at, (D,), from its own streams.

    Parameters
    ----------
    mission : Mission
    seed, run : int
        As of `farside.flight.keys.flight_key`.
    """
    key = flight_key(seed, run)
    specs = input_specs(mission)
    sensed, named = len(CONSTANT_ERRORS), len(mission.dispersions.keys)
    first = _uniforms(key, DISPERSIONS, len(specs) - sensed - named)
    errors = _uniforms(key, BIASES, _SENSOR_DRAWS)[:sensed]
    keys = _uniforms(key, KEYS, named)
    own = dict(zip((error.name for error in CONSTANT_ERRORS), errors, strict=True))
    others = iter((*first, *keys))
    point = [own[spec.name] if spec.name in own else next(others) for spec in specs]
    return np.array(point)


def check_inputs(mission: Mission, inputs: Inputs) -> None:
    """Refuse inputs that a mission cannot be flown with.

    Raises
    ------
    ValueError
        When they are of another mission, too few or many, or not finite.
    """
    if inputs.specs != input_specs(mission):
        raise FarsideError("inputs of another mission: draw them for this one")
    if inputs.values.shape != (len(inputs.specs),):
        raise FarsideError(
            f"inputs of shape {inputs.values.shape}: give {len(inputs.specs)} numbers"
        )
    if not np.isfinite(inputs.values).all():
        raise FarsideError("inputs hold a number that is not finite: give plain numbers")
    for spec, value in zip(inputs.specs, inputs.values, strict=True):
        if spec.unit == "%" and not value > -100.0:
            raise InputsError(f"input {spec.name} is {value:g}: give more than -100 %")


def mission_of(mission: Mission, inputs: Inputs) -> Mission:
    """Return the mission that a flight with these inputs flies: its dispersed keys as drawn.

    Raises
    ------
    MissionError
        When the drawn values break a rule of the mission together.
    """
    return drawn_mission(mission, {row.key: inputs[row.key] for row in mission.dispersions.keys})


def _uniforms(key: int, stream: int, count: int) -> NDArray[np.float64]:
    """Return the first uniforms of a stream."""
    out = np.empty(count)
    uniforms(key, 0, stream, out)
    return out


def quantile_of(spread: Spread, share: float) -> float:
    """Return the value below which a share of draws lies, 0 < share < 1."""
    if spread.distribution == "uniform":
        assert spread.half_width is not None
        return spread.offset + spread.half_width * (2.0 * share - 1.0)
    if spread.distribution == "triangular":
        assert spread.half_width is not None
        if share < 0.5:
            return spread.offset + spread.half_width * (math.sqrt(2.0 * share) - 1.0)
        return spread.offset + spread.half_width * (1.0 - math.sqrt(2.0 * (1.0 - share)))
    assert spread.three_sigma is not None
    if spread.limit is not None and spread.three_sigma > 0.0:
        below = _normal_share(-3.0 * spread.limit / spread.three_sigma)
        share = below + share * (1.0 - 2.0 * below)
    value = spread.three_sigma * (_normal_quantile(share) / 3.0)
    if spread.limit is not None:
        value = min(max(value, -spread.limit), spread.limit)
    return spread.offset + value


def _normal_quantile(share: float) -> float:
    """Return the standard normal's quantile."""
    out = np.empty(1)
    elementary("quantile", np.array([share]), out)
    return float(out[0])


def _normal_share(deviate: float) -> float:
    """Return the share of a standard normal below a deviate: its quantile, inverted by halving."""
    low, high = 1e-300, 1.0 - 1e-16
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _normal_quantile(middle) < deviate:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
