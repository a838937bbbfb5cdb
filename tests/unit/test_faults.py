"""Faults as data: the line of text, the rows of a file, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.mission import MissionError, load_mission, parse_mission
from farside.mission.fault_kinds import UNITS
from farside.mission.faults import Fault, parse_fault

MISSION = load_mission("chang-e-6")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("velocimeter.beam1 zero from 700 s",
         Fault(unit="velocimeter.beam1", kind="zero", from_s=700.0)),
        ("  engine weak .95  below 2e3 m for 5 s ",
         Fault(unit="engine", kind="weak", value=0.95, below_m=2000.0, for_s=5.0)),
        ("height bias -3 in descend",
         Fault(unit="height", kind="bias", value=-3.0, phase="descend")),
        ("imu zero at contact for 1 s",
         Fault(unit="imu", kind="zero", event="contact", for_s=1.0)),
    ],
)  # fmt: skip
def test_a_line_is_a_row(text, fault):
    assert parse_fault(text) == fault
    assert parse_fault(str(fault)) == fault


@given(st.data())
def test_every_unit_and_kind_has_a_line(data):
    """With its default size, or with a size of its own; the line reads as it was written."""
    name = data.draw(st.sampled_from(sorted(UNITS)))
    unit = UNITS[name]
    kind = data.draw(st.sampled_from(sorted(unit.kinds)))
    part = data.draw(st.sampled_from(["", *(f".{each}" for each in unit.parts)]))
    line = f"{name}{part} {kind} from 10 s for 2.5 s"
    fault = parse_fault(line)
    assert str(fault) == line
    found = unit.kinds[kind]
    assert (fault.size is None) == (not found.sized)
    if found.sized:
        assert found.least <= fault.size <= found.most
        assert unit.unit_of(kind)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("velocimeter zero", "write UNIT"),
        ("velocimeter zero from 700", "write UNIT"),
        ("", "write UNIT"),
        ("velocimeter.beem1 zero from 700 s", "has no beem1; did you mean beam1?"),
        ("imu.gyroo stuck from 700 s", "imu has no gyroo; did you mean gyro?"),
        ("altimeter bias 50 fom 600 s", "fom: did you mean from?; write UNIT"),
        ("altimeter silent belwo 600 m", "belwo: did you mean below?; write UNIT"),
        ("velocimter zero from 700 s", "there is no velocimter; did you mean velocimeter?"),
        ("velocimeter.beam4 zero from 1 s", "velocimeter has no beam4; choose beam1"),
        ("altimeter.beam1 zero from 1 s", "altimeter has no beam1; it has no parts"),
        ("velocimeter. zero from 1 s", "no part without a name"),
        ("engine zero from 1 s", "engine does not fail like zero"),
        ("engine cut 3 from 1 s", "cut takes no value"),
        ("engine weak 3 from 1 s", "3 must be at least 0 and at most 1.5"),
        ("engine weak from -1 s", "-1.0 must be at least 0"),
        ("engine weak below 0 m", "0 must be above 0"),
        ("engine cut from 1 s for 0 s", "0.0 must be at least 0.01"),
        ("engine cut from 1e999 s", "a number is too large"),
        ("computer restart from 1 s", "how long the computer is away"),
    ],
)  # fmt: skip
def test_what_is_no_fault_is_one_line(text, said):
    with pytest.raises(MissionError, match=said.replace("?", r"\?").replace(".", r"\.")) as why:
        parse_fault(text)
    assert "\n" not in str(why.value)


def file_with(rows):
    return MISSION.to_toml() + "\n".join(["", *rows, ""])


def test_rows_of_a_file():
    mission = parse_mission(
        file_with(["[[faults]]", 'unit = "gyro.x"', 'kind = "bias"', 'phase = "braking"',
                   "probability = 0.25"])
    )  # fmt: skip
    (fault,) = mission.faults
    assert (fault.size, fault.probability, fault.part) == (0.1, 0.25, "x")
    assert parse_mission(mission.to_toml()) == mission


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (['kind = "zero"', "from_s = 1.0"], "unit"),
        (['unit = "gyro"', 'kind = "zero"'], "give one of from_s, below_m, phase, event"),
        (['unit = "gyro"', 'kind = "zero"', "from_s = 1.0", "below_m = 2.0"],
         "given beside from_s"),
        (['unit = "gyro"', 'kind = "zero"', 'phase = "hovr"'], "did you mean hover"),
        (['unit = "gyro"', 'kind = "zero"', 'event = "rest"'], "rest"),
        (['unit = "gyro"', 'kind = "zero"', "below_m = 1e6"], "above the start of the descent"),
        (['unit = "leg.7"', 'kind = "lost"', "from_s = 1.0"], "the lander has 4 legs"),
        (['unit = "gyro"', 'kind = "zero"', "from_s = 1.0", "probability = 1.5"], "at most 1"),
    ],
)  # fmt: skip
def test_rows_that_can_never_happen(row, said):
    with pytest.raises(MissionError, match=said):
        parse_mission(file_with(["[[faults]]", *row]))
