"""The keys of a mission file as parameters of the FMUs: the same flights, the same refusals."""

import math
import re
import struct

import numpy as np
import pytest
from fmpy import read_model_description
from sample_fmu import MISSION, Third, example, logged, resealed, slave

from farside.adapters.fmi import export_fmu
from farside.adapters.fmi.export import contents
from farside.adapters.fmi.parameters import (
    COSINE,
    LINEAR,
    PLANNED,
    TANGENT,
    TICKS,
    VARIANCE,
    WHOLE,
    parameters_of,
)
from farside.ext.common import deterministic
from farside.flight.inputs import drawn_inputs, mission_of
from farside.mission import MissionError
from farside.mission.avoidance import Avoidance
from farside.mission.guidance import GAIN_TABLES, Guidance
from farside.mission.health import Health
from farside.mission.navigation import Navigation
from farside.mission.reader import schema_of

PARAMETERS = {
    kind: parameters_of(MISSION, kind, nominal=True)
    for kind in ("autopilot", "lander", "avoidance")
}
#: Numbers that no FMU's constants hold: braking is planned with them before flight, the heading is
#: the input target_heading, the divert cost an input, and the disc rule is not the mission's.
IMAGE_KEYS = ("shift_px", "gate_sigma", "least", "share", "search_m", "vote", "drift_mps")
NOT_CARRIED = PLANNED | {"guidance.thrust_margin", "guidance.heading_deg"}
NOT_CARRIED |= {f"navigation.{key}" for key in ("initial_relief_m", "relief_length_m")}
NOT_CARRIED |= {f"avoidance.{key}" for key in ("cost_cells", "cost_tries", "disc_clearance")}
NOT_CARRIED |= {f"avoidance.{key}_weight" for key in ("clearance", "slope", "roughness", "cost")}
NOT_CARRIED |= {f"navigation.image_{key}" for key in IMAGE_KEYS}
NOT_CARRIED |= {f"navigation.motion_{key}" for key in ("search_mps", "relief_share", "slope")}
NOT_CARRIED |= {"avoidance.coarse"}  # a table of its own
NOT_CARRIED |= {"avoidance.clearance_scale_m", "avoidance.fill_m", "navigation.gravity_degree"}


def all_keys():
    """Return every numeric key of the tables."""
    tables = [("guidance", Guidance), ("navigation", Navigation), ("avoidance", Avoidance)]
    tables += [("health", Health)]
    tables += [(f"guidance.{name}", table) for name, table in GAIN_TABLES]
    nested = {name for name, _ in GAIN_TABLES}
    return {f"{name}.{key}" for name, table in tables for key in schema_of(table)} - {
        f"guidance.{name}" for name in nested
    }


def other(parameter):
    """Return another value of a parameter, within its range."""
    value, v = parameter.value, parameter.variable
    if v.name == "guidance.major_cycle_s":
        return 2.0
    if v.name == "health.imu_s":
        return 0.4  # 1 % less are the same ticks
    if v.type == "integer":
        return value + 1 if value < v.most else value - 1
    if value == 0.0:
        return 0.01 if v.most > 0.01 else 0.5 * v.most
    return 0.99 * value if 0.99 * value >= v.least else 1.001 * value


def put(block, parameter, value):
    """Put a value into the constants, as c/model.pxi does."""
    for place in parameter.places:
        rad = math.radians(min(value, place.factor))
        data = {
            LINEAR: lambda p=place: struct.pack("<d", p.factor * value + p.offset),
            WHOLE: lambda p=place: struct.pack("<i", int(p.factor * value + p.offset)),
            TICKS: lambda p=place: struct.pack("<i", round(100.0 * max(p.offset, value))),
            TANGENT: lambda r=rad: struct.pack("<d", deterministic.tan(r)),
            COSINE: lambda: struct.pack("<d", deterministic.cos(math.radians(value))),
            VARIANCE: lambda p=place: struct.pack("<d", max(p.factor, value) ** 2),
        }[place.how]()
        block[place.at : place.at + len(data)] = data


def test_every_numeric_key_is_a_parameter_or_named_as_none():
    carried = {p.variable.name for kind in PARAMETERS.values() for p in kind}
    assert carried | NOT_CARRIED == all_keys() and not carried & NOT_CARRIED


@pytest.mark.slow
@pytest.mark.parametrize("kind", PARAMETERS)
def test_each_enters_the_constants_as_its_key_does(kind):
    """The constants of the mission with the key changed, but for their checksum."""
    before = contents(MISSION, kind, 0, True, True)[0]
    for parameter in PARAMETERS[kind]:
        name, value = parameter.variable.name, other(parameter)
        if parameter.variable.type == "integer":
            value = int(value)
        changed = MISSION.replace(name, value)
        ours, theirs = bytearray(before), bytearray(contents(changed, kind, 0, True, True)[0])
        put(ours, parameter, value)
        if kind != "lander":
            ours[8:12] = theirs[8:12] = bytes(4)
        assert ours == theirs, name
        # a tilt limit and a scale error that are wider than the rows' and the sensor's do nothing
        assert ours != before or name in ("guidance.tilt_limit_deg", "navigation.scale_sigma_min")


#: One of each way that a key enters the table.
CHANGED = {
    "guidance.attitude.frequency_radps": 1.7,
    "guidance.attitude.slew_torque_share": 0.6,
    "guidance.rate_limit_dps": 2.0,
    "guidance.major_cycle_s": 1.5,
    "guidance.hover.tilt_deg": 9.0,
    "guidance.plan.glide_deg": 12.0,
    "guidance.plan.end_tilt_deg": 11.0,
    "guidance.plan.newton_steps": 90,
    "guidance.tilt_limit_deg": 35.0,
    "navigation.position_sigma_min_m": 2000.0,
    "navigation.gravity_time_s": 20.0,
    "health.reject_after": 10,
    "health.silent_s": 2.0,
}


class Tuned(example.Landing):
    """The example's pair, with parameters set before the flight."""

    def __init__(self, mission, folder, changes):
        super().__init__(mission, folder, seed=4, flat=True, step_s=0.1)
        for model in self.models:
            model.fmu.reset()
            for name, value in changes.items():
                if name not in model.reference:
                    continue
                put = model.fmu.setInteger if isinstance(value, int) else model.fmu.setReal
                put([model.reference[name]], [value])
            model.fmu.setupExperiment(startTime=0.0)
            model.fmu.enterInitializationMode()
            model.fmu.exitInitializationMode()

    def flight(self):
        """Return what the lander and the autopilot put out in every step to rest."""
        seen = []
        while not self.ended() and self.tick < 12_000:
            self.step()
            seen.append(
                [*self.lander.fmu.getReal(list(range(37))),
                 *self.autopilot.fmu.getReal(list(range(21, 34)))]
            )  # fmt: skip
        self.close()
        return np.array(seen)


@pytest.mark.slow
def test_a_flight_with_parameters_is_that_of_the_changed_mission_file(tmp_path):
    """To the bit, in every step of a coupled landing; and not that of the mission as it is."""
    changed = MISSION
    for name, value in CHANGED.items():
        changed = changed.replace(name, value)
    tuned = Tuned(MISSION, tmp_path / "tuned", CHANGED).flight()
    wanted = Tuned(changed, tmp_path / "changed", {}).flight()
    assert len(wanted) > 7000
    assert tuned.tobytes() == wanted.tobytes()
    plain = Tuned(MISSION, tmp_path / "plain", {})
    plain.step()
    plain.step()
    first = [*plain.lander.fmu.getReal(list(range(37))), *plain.autopilot.fmu.getReal([21, 24])]
    plain.close()
    assert first != [*wanted[1][:37], wanted[1][37], wanted[1][40]]


@pytest.mark.slow
def test_the_third_version_flies_the_same_and_may_be_tuned_on_the_way(exported, tmp_path):
    """A tunable parameter set in flight, put back with the state that knew it."""
    third = Third(exported["autopilot", 3], tmp_path / "3", begun=False)
    second = example.Model(exported["autopilot", 2], str(tmp_path / "2"))
    names = ("guidance.attitude.damping", "guidance.plan.newton_steps")
    damping, steps = (third.reference[name] for name in names)
    third.fmu.setFloat64([damping], [0.5])
    third.fmu.setInt32([steps], [50])
    second.fmu.setReal([damping], [0.5])
    second.fmu.setInteger([steps], [50])
    third.begin()
    assert third.fmu.getFloat64([damping]) == second.fmu.getReal([damping]) == [0.5]
    assert third.fmu.getInt32([steps]) == second.fmu.getInteger([steps]) == [50]
    rates = third.reference["omega_body"]

    def torque(at):
        third.fmu.setFloat64([rates], [0.01, -0.02, 0.005])
        second.fmu.setReal([10, 11, 12], [0.01, -0.02, 0.005])
        third.fmu.doStep(0.01 * at, 0.01)
        second.fmu.doStep(0.01 * at, 0.01)
        found = third.fmu.getFloat64([third.reference["torque"]], nValues=3)
        assert found == second.fmu.getReal([25, 26, 27])
        return found

    torque(0)
    kept, third_kept = second.fmu.getFMUState(), third.fmu.getFMUState()
    after = torque(1)
    second.fmu.setFMUState(kept)
    third.fmu.setFMUState(third_kept)
    third.fmu.setFloat64([damping], [2.0])
    second.fmu.setReal([damping], [2.0])
    assert torque(1) != after
    second.fmu.setFMUState(kept)
    third.fmu.setFMUState(third_kept)
    assert second.fmu.getReal([damping]) == third.fmu.getFloat64([damping]) == [0.5]
    assert torque(1) == after
    data = bytearray(second.fmu.serializeFMUState(kept))
    at = data.index(struct.pack("<d", 0.5))
    data[at : at + 8] = struct.pack("<d", 99.0)
    with pytest.raises(Exception, match="DeSerialize"):
        second.fmu.deSerializeFMUstate(resealed(data))


def refusal(mission, name, value):
    """Return what the mission's reader says of a value."""
    with pytest.raises(MissionError) as refused:
        mission.replace(name, value)
    return re.search(r"must be (.*)", str(refused.value))[1].split(" (and")[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["autopilot", "lander"])
def test_a_value_out_of_range_is_refused_in_the_readers_words(exported, tmp_path, kind):
    """Every end of every range, and what is no number; the value stays as it was."""
    fmu, lines = slave(exported[kind, 2], tmp_path), []
    fmu.instantiate(callbacks=logged(lines))
    for parameter in PARAMETERS[kind]:
        v, ends = parameter.variable, parameter.within
        if v.type == "integer":
            bad = [int(ends.least) - 1, int(ends.most) + 1]
            put, get = fmu.setInteger, fmu.getInteger
        else:
            bad = [ends.above, ends.below, np.nextafter(ends.least, -np.inf)]
            bad = [x for x in [*bad, np.nextafter(ends.most, np.inf)] if math.isfinite(x)]
            put, get = fmu.setReal, fmu.getReal
        for value in bad:
            lines.clear()
            with pytest.raises(Exception, match="fmi2Set"):
                put([v.reference], [value])
            (line,) = lines
            assert line.startswith(f"{v.name}: ")
            assert line.endswith(f" must be {refusal(MISSION, v.name, value)}"), line
            assert get([v.reference]) == [parameter.value]
        if v.type != "integer":
            for value in (math.nan, math.inf, -math.inf, 2e12):
                with pytest.raises(Exception, match="fmi2Set"):
                    put([v.reference], [value])
    fmu.freeInstance()


@pytest.mark.slow
def test_a_fixed_parameter_is_refused_in_flight(exported, tmp_path):
    fmu, lines = slave(exported["lander", 2], tmp_path), []
    fmu.instantiate(callbacks=logged(lines))
    fmu.setupExperiment(startTime=0.0)
    fmu.enterInitializationMode()
    reference = PARAMETERS["lander"][0].variable.reference
    fmu.setReal([reference], [2.0])
    fmu.exitInitializationMode()
    with pytest.raises(Exception, match="fmi2SetReal"):
        fmu.setReal([reference], [3.0])
    assert lines == ["navigation.position_sigma_min_m: fixed once the flight has begun"]
    assert fmu.getReal([reference]) == [2.0]
    fmu.terminate()
    fmu.freeInstance()


@pytest.mark.parametrize("fmi", [2, 3])
def test_the_description_says_unit_range_and_start(exported, fmi):
    """Of every parameter; and which may be set in flight."""
    for kind in ("autopilot", "lander"):
        said = {v.name: v for v in read_model_description(exported[kind, fmi]).modelVariables}
        for parameter in PARAMETERS[kind]:
            v = said[parameter.variable.name]
            assert v.causality == "parameter"
            assert v.variability == ("tunable" if kind == "autopilot" else "fixed")
            assert float(v.start) == parameter.value and len(v.description) > 10
            if parameter.variable.type == "real":
                assert v.unit == parameter.variable.unit
            for end, name in ((parameter.variable.least, "min"), (parameter.variable.most, "max")):
                told = getattr(v, name)
                assert (float(told) == end) if math.isfinite(end) else told is None


def test_contradicting_probabilities_are_refused_before_the_first_scan(tmp_path):
    path = export_fmu(MISSION, tmp_path, kind="avoidance", fmi=3)
    model = Third(str(path), tmp_path / "a", begun=False)
    safe, fallback = (
        model.reference[f"avoidance.{name}_probability"] for name in ("safe", "fallback")
    )
    model.fmu.setFloat64([fallback], [0.99])
    model.fmu.setFloat64([safe], [0.98])
    with pytest.raises(Exception, match="fmi3ExitInitializationMode"):
        model.begin()
    with pytest.raises(MissionError, match="fallback_probability"):
        MISSION.replace("avoidance.safe_probability", 0.9)


@pytest.mark.slow
def test_dispersed_keys_have_one_value_in_all_fmus(tmp_path):
    """That of the flight of the same seed, in the constants and as the parameters' start."""
    keys = [
        {"key": "guidance.hover.brake_mps2", "three_sigma": 0.06},
        {"key": "navigation.relief_walk_m2pm", "three_sigma": 0.02},
        {"key": "avoidance.fallback_probability", "three_sigma": 0.03},
    ]
    mission = MISSION.replace("dispersions.keys", keys)
    flown = mission_of(mission, drawn_inputs(mission, 3, 0))
    for kind in PARAMETERS:

        def made(of, nominal, kind=kind):
            options = {"kind": kind, "fmi": 3, "seed": 3, "flat": True, "nominal": nominal}
            return export_fmu(of, tmp_path, **options).read_bytes()

        assert made(mission, False) == made(flown, False) != made(MISSION, False)
        assert made(mission, True) == made(MISSION, True)
