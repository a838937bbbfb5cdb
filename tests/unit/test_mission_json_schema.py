"""The JSON schema of the mission file takes what the reader takes, and refuses single faults."""

import json
import tomllib
from dataclasses import make_dataclass
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from test_mission_reference import kinds

from farside.cli.main import main
from farside.mission import MissionError, failure_names, load_mission, mission_names
from farside.mission.files import mission_path
from farside.mission.json_schema import mission_json_schema
from farside.mission.new import new_mission
from farside.mission.place import FieldPath
from farside.mission.reader import Table, read_table, schema_of
from farside.mission.schema import Mission
from farside.mission.writer import plain

SCHEMA = mission_json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
FILE = Path(__file__).parents[2] / "docs" / "mission.schema.json"
SHIPPED = [*mission_names(), *failure_names()]
#: Values that no key takes, or few do.
WRONG = (True, "x y", [], {"x": 1}, -1.0, 1e13, 0, 5e11, -5e11, 1.5, [0.5], ["x"], 0.01)


def takes(table):
    return VALIDATOR.is_valid(table)


def reads(table):
    try:
        read_table(Mission, table, FieldPath("m"))
    except MissionError:
        return False
    return True


@pytest.mark.slow
def test_the_committed_file_is_the_schemas(capsys, tmp_path):
    """Make it anew with: farside mission schema --force --out docs/mission.schema.json."""
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(FILE.read_text("utf-8")) == SCHEMA
    assert main(["mission", "schema"]) == 0
    assert capsys.readouterr().out == FILE.read_text("utf-8")
    assert main(["mission", "schema", "--out", str(tmp_path / "s.json")]) == 0
    (tmp_path / "other.json").write_text("mine")
    assert main(["mission", "schema", "--out", str(tmp_path / "other.json")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "other.json").read_text() == "mine"
    assert main(["mission", "schema", "--force", "--out", str(tmp_path / "other.json")]) == 0
    assert (tmp_path / "s.json").read_bytes() == FILE.read_bytes()


def test_every_key_is_in_it_with_what_it_means():
    for kind in kinds():
        held = SCHEMA["$defs"][kind.__name__]
        assert set(schema_of(kind)) | ({"like"} if kind.presets else set()) == set(
            held["properties"]
        )
        assert held["additionalProperties"] is False
        for key, entry in schema_of(kind).items():
            if "Doc(" in str(entry.hint):
                assert held["properties"][key]["description"], key
    engine = SCHEMA["$defs"]["Engine"]["properties"]
    assert engine["noise_hz"] == {
        "type": "number",
        "minimum": -1e12,
        "maximum": 50.0,
        "exclusiveMinimum": 0.0,
        "description": "its band, first order [Hz]; from: ours",
        "default": 5.0,
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_mission_is_valid_as_its_file_and_whole(name):
    assert takes(plain(load_mission(name)))
    assert takes(tomllib.loads(mission_path(name).read_text("utf-8")))
    assert takes(tomllib.loads(new_mission("mine", name)))


def test_editors_that_know_draft_7_alone_read_it_the_same():
    """No word that is newer, and no reference with words beside it, which draft 7 leaves out."""
    todo = [SCHEMA]
    while todo:
        part = todo.pop()
        assert "$ref" not in part or len(part) == 1
        assert not {"prefixItems", "unevaluatedProperties", "dependentRequired"} & set(part)
        for value in part.values():
            todo += [each for each in (value if isinstance(value, list) else [value])
                     if isinstance(each, dict)]  # fmt: skip
    old = Draft7Validator(SCHEMA)
    for table in (plain(load_mission("chang-e-6")), tomllib.loads(new_mission("mine"))):
        assert old.is_valid(table)
        assert not old.is_valid(table | {"nonesuch": 1})
        assert not old.is_valid(table | {"orbit": {"pdi_altitude_m": -1.0}})


def test_a_file_without_like_is_whole_and_one_with_it_need_not_be():
    part = {"name": "a", "like": "chang-e-6", "vehicle": {"engine": {"isp_s": 300.0}}}
    assert takes(part)
    assert not takes({key: value for key, value in part.items() if key != "like"})
    assert not takes({"like": "chang-e-6"})
    assert not takes(part | {"orbit": {"pdi_altitude_km": 15.0}})


def validator(way):
    """Return a validator of a part of the schema."""
    return Draft202012Validator({"$ref": f"#/$defs/{way}", "$defs": SCHEMA["$defs"]})


def alone(kind, key):
    """Return a table of the one key, which only its own type and rules can refuse."""
    return make_dataclass(f"Only_{key}", [(key, schema_of(kind)[key].hint)], bases=(Table,))


def keys():
    return [(kind, key) for kind in sorted(kinds(), key=lambda k: k.__name__)
            for key in schema_of(kind)]  # fmt: skip


def test_single_values_of_every_key_are_refused_and_taken_as_the_reader_does():
    """Types and ranges of all keys, those alone; a unit vector's length is the reader's."""
    refused = taken = 0
    for kind, key in keys():
        only, mine = alone(kind, key), validator(f"{kind.__name__}/properties/{key}")
        for value in WRONG:
            try:
                read_table(only, {key: value}, FieldPath("m"))
            except MissionError as why:
                refused += 1
                assert not mine.is_valid(value), f"{kind.__name__}.{key} = {value!r}: {why}"
            else:
                taken += 1
                assert mine.is_valid(value), f"{kind.__name__}.{key} = {value!r} reads"
    assert refused > 4000 and taken > 1000


def test_ends_of_every_range_are_those_of_the_reader():
    ends = 0
    for kind, key in keys():
        mine = validator(f"{kind.__name__}/properties/{key}")
        held = SCHEMA["$defs"][kind.__name__]["properties"][key]
        only = alone(kind, key)
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if word not in held:
                continue
            ends += 1
            end = int(held[word]) if held["type"] == "integer" else float(held[word])
            step = 1 if held["type"] == "integer" else max(1e-9, 1e-9 * abs(end))
            for value in (end - step, end, end + step):
                try:
                    read_table(only, {key: value}, FieldPath("m"))
                    reads = True
                except MissionError:
                    reads = False
                assert mine.is_valid(value) is reads, (key, value)
    assert ends > 800


def test_unknown_and_missing_keys_of_every_table_are_refused():
    """And a table as the writer has it is taken."""
    missing = 0
    for kind, table in MADE.items():
        whole = validator(f"{kind.__name__}.whole")
        assert whole.is_valid(table), kind
        assert not whole.is_valid(table | {"nonesuch": 1.0}), kind
        for key, entry in schema_of(kind).items():
            if entry.required:
                missing += 1
                assert not whole.is_valid({k: v for k, v in table.items() if k != key}), key
    assert len(MADE) > 50 and missing > 70


def made():
    """Return a plain table of every kind that some shipped mission has."""
    found = {}
    for name in SHIPPED:
        todo = [load_mission(name)]
        while todo:
            table = todo.pop()
            found.setdefault(type(table), plain(table))
            for key in schema_of(type(table)):
                value = getattr(table, key)
                todo += [each for each in (value if isinstance(value, tuple) else (value,))
                         if isinstance(each, Table)]  # fmt: skip
    return found


MADE = made()


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({"law": "hover", "exit": "site", "altitude_m": 100.0, "scan": True, "limit_s": 9.0}, True),
        ({"law": "hover", "exit": "site", "altitude_m": 100.0, "scan": True}, False),
        ({"law": "hover", "exit": "elapsed", "altitude_m": 100.0, "exit_s": 2.0}, True),
        ({"law": "hover", "exit": "elapsed", "exit_s": 2.0}, False),
        ({"law": "off", "exit": "contact", "altitude_m": 100.0}, False),
        ({"law": "of", "exit": "contact"}, False),
    ],
)
def test_a_row_has_the_keys_of_its_law_and_exit(change, valid):
    table = plain(load_mission("chang-e-6"))
    table["phases"] = [*table["phases"], {"name": "extra"} | change]
    assert takes(table) is valid


def test_presets_and_spreads():
    table = plain(load_mission("chang-e-6"))
    table["sensors"]["camera"] = [{"name": "c", "like": "lvs"}]
    assert takes(table)
    table["sensors"]["camera"][0]["like"] = "lv"
    assert not takes(table)
    table = plain(load_mission("chang-e-6"))
    for value, valid in (
        (0.5, True),
        ("much", False),
        ({"distribution": "uniform", "half_width": 1.0}, True),
        ({"distribution": "uniform", "three_sigma": 1.0}, False),
        ({"three_sigma": -1.0}, False),
    ):
        table["dispersions"]["isp_percent"] = value
        assert takes(table) is valid, value
        assert reads(table) is valid, value
