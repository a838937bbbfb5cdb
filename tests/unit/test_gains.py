"""The gains of `[guidance]`: every key reaches the table that flies, is checked, and acts."""

import numpy as np
import pytest
from sample_pilot import MISSION, ROWS, TABLE, core, estimate, one

import farside.ext.guidance.autopilot._codes as codes
from farside.ext.guidance.autopilot._autopilot import AutopilotCore
from farside.guidance import Autopilot, GuidanceMode, Reason, Status
from farside.guidance.table import EXITS, LAWS
from farside.mission import MissionError, parse_mission, sweep
from farside.mission.guidance import GAIN_TABLES
from farside.mission.reader import schema_of

#: Keys that braking is planned with before flight: they reach the table through its plan.
PLANNED = {f"guidance.braking.{key}_margins" for key in ("opening", "main", "closing")}
PLANNED |= {"guidance.braking.opening_s", "guidance.braking.closing_s"}
KEYS = [f"guidance.{table}.{key}" for table, kind in GAIN_TABLES for key in schema_of(kind)]
KEYS += ["guidance.least_up_share", "guidance.major_cycle_s"]


def value_of(mission, key):
    for part in key.split("."):
        mission = getattr(mission, part)
    return mission


def other(value):
    """Another value that every key takes."""
    return value + 1 if isinstance(value, int) else 1.01 * value if value > 1.0 else 0.99 * value


def flat(value, name=""):
    """Return the numbers of a nested table by their full names."""
    if isinstance(value, dict):
        return {k: v for key in value for k, v in flat(value[key], f"{name}.{key}").items()}
    if isinstance(value, (list, tuple)):
        return {k: v for i, x in enumerate(value) for k, v in flat(x, f"{name}[{i}]").items()}
    return {name: value}


@pytest.mark.parametrize("key", KEYS)
def test_a_key_reaches_the_table_that_flies(key):
    value = other(value_of(MISSION, key))
    before = flat(Autopilot(MISSION).core.fields)
    after = flat(Autopilot(MISSION.replace(key, value)).core.fields)
    changed = {name for name in before if before[name] != after[name]} - {".checksum"}
    if key in PLANNED:
        assert changed and all(name.startswith(".braking") for name in changed)
    else:
        assert len(changed) == 1, changed


def test_a_mission_file_may_set_a_gain_and_is_refused_outside_its_range():
    text = MISSION.to_toml()
    assert "[guidance.hover]" in text and "frequency_radps = 0.3" in text
    changed = parse_mission(text.replace("frequency_radps = 0.3", "frequency_radps = 0.4"))
    assert changed.guidance.hover.frequency_radps == 0.4
    assert changed == MISSION.replace("guidance.hover.frequency_radps", 0.4)
    with pytest.raises(MissionError, match=r"guidance\.hover\.frequency_radps"):
        parse_mission(text.replace("frequency_radps = 0.3", "frequency_radps = 0.0"))


def test_a_sweep_of_one_gain_changes_what_the_hover_asks_for():
    """A faster place pulls harder towards the target: w^2 e near it, the same direction."""
    pulls = []
    e = estimate(r_site=[1.0, 0.0, 98.0 + TABLE["com_height_full_m"]], v_site=[0.0, 0.0, 0.0])
    for mission in sweep(MISSION, "guidance.hover.frequency_radps", (0.2, 0.3, 0.4)):
        table = Autopilot(mission).core.fields
        pilot = AutopilotCore(table, [ROWS["hover"]])
        command = one(pilot, 0, e)
        pulls.append(-command["direction_site"][0])
    assert 0.0 < pulls[0] < pulls[1] < pulls[2]


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("hover", "frequency_radps", 0.0),
        ("polynomial", "turn_time_s", 0.0),
        ("polynomial", "first_stretch", 0.5),
        ("plan", "margin", 1.0),
        ("level", "upright_m", -1.0),
        ("thrust", "scale_least", 2.0),
        ("attitude", "damping", -0.1),
    ],
)
def test_a_table_with_a_gain_that_cannot_be_flown_is_refused(table, key, value):
    gains = TABLE["gains"]
    bad = dict(TABLE, gains={**gains, table: {**gains[table], key: value}})
    restore, (kept,) = AutopilotCore(bad, [ROWS["hover"]]).__reduce__()
    with pytest.raises(ValueError, match="may not be flown: 8"):
        restore(kept)
    restore, (kept,) = core("hover").__reduce__()
    assert restore(kept).fields == core("hover").fields


@pytest.mark.parametrize("count", [-1, 10_001])
def test_a_count_without_bound_is_refused(count):
    bad = dict(TABLE, counts={**TABLE["counts"], "newton_steps": count})
    restore, (kept,) = AutopilotCore(bad, [ROWS["hover"]]).__reduce__()
    with pytest.raises(ValueError, match="may not be flown: 8"):
        restore(kept)


@pytest.mark.parametrize(
    ("ours", "theirs", "prefix"),
    [
        (Status.__members__, codes.Status, "STATUS_"),
        (GuidanceMode.__members__, codes.GuidanceMode, "MODE_"),
        (Reason.__members__, codes.Reason, "REASON_"),
        # rows of an abort, which no mission file has
        (
            {name.upper(): number for name, number in LAWS.items()}
            | {"ASCENT": 12, "LEAST_HARM": 13},
            codes.Law,
            "LAW_",
        ),
        ({name.upper(): number for name, number in EXITS.items()}, codes.Exit, "EXIT_"),
    ],
)
def test_python_names_every_code_of_the_kernels(ours, theirs, prefix):
    assert {prefix + name: int(number) for name, number in ours.items()} == {
        name: int(member) for name, member in theirs.__members__.items()
    }


def test_gains_are_doubles_alone():
    """table_check and the C library walk them as one array."""
    assert all(isinstance(value, float) for value in flat(TABLE["gains"]).values())
    assert np.isfinite(list(flat(TABLE["gains"]).values())).all()


@pytest.mark.parametrize(
    ("key", "value", "off"),
    [
        ("radius_share_least", 0.99, {"r_site": [0.0, 0.0, -30e3]}),
        ("radius_share_most", 1.01, {"r_site": [0.0, 0.0, 30e3]}),
        ("speed_mps", 50.0, {"v_site": [0.0, 30.0, -45.0]}),
        ("rate_radps", 0.05, {"omega_body": [0.0, 0.04, 0.04]}),
        ("quaternion_error", 0.01, {"q_site_body": [1.02, 0.0, 0.0, 0.0]}),
        ("mass_share_least", 1.0, {"mass_kg": 1600.0}),
        ("mass_share_most", 1.0, {"mass_kg": 4000.0}),
        ("accel_mps2", 5.0, {"accel_mps2": -6.0}),
    ],
)
def test_an_estimate_beyond_a_limit_is_not_flown_on(key, value, off):
    e = estimate(**off)
    fields = {**TABLE["gains"], "estimate": {**TABLE["gains"]["estimate"], key: value}}
    for gains, said in ((TABLE["gains"], Status.OK), (fields, Status.BAD_INPUT)):
        command = one(AutopilotCore({**TABLE, "gains": gains}, [ROWS["hover"]]), 0, e)
        assert (command["status"] == Status.BAD_INPUT) == (said == Status.BAD_INPUT)
