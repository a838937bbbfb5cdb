"""The rows of docs/validation.md: each says what it is worth, and its page shows it so."""

import re
from pathlib import Path

import pytest
from studies.published import Kind, Record, Value, paired
from studies.validation_missions import MISSIONS
from studies.validation_rows import GATES, RECORDS

from farside.mission import load_mission, mission_names
from farside.mission.changes import value_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "validation.md").read_text("utf-8")
EVERY = (*RECORDS, *MISSIONS)
INPUTS = [record for record in EVERY if record.kind is Kind.INPUT]


def section(title):
    """Return one section of the page."""
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_row_has_a_kind_a_source_a_tolerance_and_a_reason():
    keys = [record.key for record in EVERY]
    assert len(set(keys)) == len(keys) > 50
    for record in EVERY:
        given = [record.within, record.percent, record.band]
        assert sum(each is not None for each in given) == 1, record.key
        assert record.source and record.reason, record.key
        # the named parameter is there where it is owed, and only there
        assert bool(record.by) == (record.kind in (Kind.FITTED, Kind.INPUT)), record.key


@pytest.mark.parametrize("record", [r for r in EVERY if r.by], ids=lambda r: r.key)
def test_a_named_parameter_is_a_key_of_the_mission(record):
    """A row that compares an input with itself holds the input's own number."""
    name = record.key.partition(".")[0]
    found = re.match(r"[a-z]+\.[a-z_.]+[a-z]", record.by)
    if name not in mission_names() or found is None:
        assert name in ("optimum", "orbit") and record.by
        return
    mission, key = load_mission(name), found[0]
    phases = {phase.name for phase in mission.phases}
    head, _, rest = key.partition(".")
    value = value_of(mission, f"phases[{head}].{rest}" if head in phases else key)
    assert isinstance(value, int | float)
    if record.kind is Kind.INPUT and record.by == key:
        low, high = (
            record.published
            if isinstance(record.published, tuple)
            else (record.published, record.published)
        )
        assert low <= value <= high


def test_the_page_has_each_row_in_the_section_of_its_kind():
    titles = {
        Kind.PREDICTED: "Predicted",
        Kind.REPRODUCED: "Reproduced",
        Kind.FITTED: "Fitted",
        Kind.INPUT: "Inputs that come back",
    }
    for record in EVERY:
        row = f"| {record.subject} | {record.what} [{record.unit}] |"
        assert section(titles[record.kind]).count(row) == 1, record.key
        assert sum(section(title).count(row) for title in titles.values()) == 1, record.key


def test_a_duration_outside_what_was_published_is_said():
    assert re.search(r"- Chang'e 6, Duration \[s\]: published 840.0 to 900.0, ours 8\d\d", PAGE)


def test_apollo_11_stands_beside_the_published_thrusts():
    """What a published thrust puts outside is fitted, and nothing else is."""
    table = section("Apollo 11 at the published thrusts")
    assert "One-parameter fit: `vehicle.engine.thrust_max_n`" in table
    for thrust in ("44482", "43904", "43455", "43200"):
        assert f"{thrust} N" in table
    outside = {
        record.key
        for record in GATES
        if "**" in re.search(rf"^\| {re.escape(record.what)} .*$", table, re.M)[0]
    }
    assert outside == {record.key for record in GATES if record.kind is Kind.FITTED}


def value(ours, published, **tolerance):
    ends = published if isinstance(published, tuple) else (published, published)
    record = Record("orbit.a", "a", "s", published, Kind.PREDICTED, "GNC5", "because", **tolerance)
    return Value(record, ours, ends)


@pytest.mark.parametrize(
    ("row", "holds", "difference", "shown"),
    [
        (value(10.4, 10.0, within=0.5), True, 0.4, "+0.4 (+4 %)"),
        (value(9.4, 10.0, percent=5.0), False, -0.6, "-0.6 (-6 %)"),
        (value(-10.6, -10.0, percent=5.0), False, -0.6, "-0.6 (-6 %)"),
        (value(817.8, (840.0, 900.0), band=(798.0, 944.0)), True, -22.2, "-22.2 (-3 %)"),
        (value(850.0, (840.0, 900.0), within=0.0), True, 0.0, "0 (inside)"),
        (value(float("nan"), 10.0, within=0.5), False, None, None),
    ],
)
def test_a_value_says_how_far_off_it_is(row, holds, difference, shown):
    assert row.holds == holds
    if shown is not None:
        assert row.difference == pytest.approx(difference)
        assert row.cells()[4] == shown
    assert ("**outside**" in row.cells()[3]) == (not holds)


def test_values_without_a_row_are_refused():
    records = RECORDS[:2]
    ours = {record.key: 1.0 for record in records}
    assert len(paired(records, ours)) == 2
    for wrong in ({**ours, "sky.more": 1.0}, {records[0].key: 1.0}):
        with pytest.raises(KeyError, match="do not match"):
            paired(records, wrong)
