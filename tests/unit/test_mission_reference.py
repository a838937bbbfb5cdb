"""The page of reference: what the schema makes, whole, and enough to write a mission from."""

import re
from pathlib import Path

import pytest

from farside.flight import land
from farside.mission import oddities, parse_mission
from farside.mission.exits import EXITS, LAW_EXITS
from farside.mission.guidance import GAIN_TABLES
from farside.mission.phases import LAWS, Phase
from farside.mission.reader import Table, schema_of
from farside.mission.reference import TABLES, example, reference
from farside.mission.schema import Mission

EXAMPLE = example()
PAGE = Path(__file__).parents[2] / "docs" / "mission-reference.md"


def test_the_committed_page_is_the_schemas():
    """Make it anew with: python -m farside.mission.reference > docs/mission-reference.md."""
    assert PAGE.read_text("utf-8") == reference()


def every_kind(kind):
    """Every class that is made of another, however far."""
    for child in kind.__subclasses__():
        yield child
        yield from every_kind(child)


def kinds(kind=Mission):
    """Every table of the schema."""
    found = {kind}
    for entry in schema_of(kind).values():
        for part in re.findall(r"farside\.[\w.]+", str(entry.hint)):
            name = part.rpartition(".")[2]
            for child in every_kind(Table):
                if child.__name__ == name and child not in found:
                    found |= kinds(child)
    return found


def test_every_key_is_on_the_page_with_a_meaning():
    page = reference()
    assert len(kinds()) == 71
    for kind in kinds():
        for key, entry in schema_of(kind).items():
            if "Doc(" not in str(entry.hint):
                # a table of its own
                shown = (f"`[{key}]", f".{key}]`", f"`[[{key}]]`", f".{key}]]`", f"`[{key}.")
                assert any(name in page for name in shown), key
                continue
            row = next(line for line in page.splitlines() if line.startswith(f"| `{key}` |"))
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
            assert len(cells) == 6
            assert all(cells[2:]), key


def test_the_source_of_a_default_follows_from_what_it_is():
    rows = {line.split("`")[1]: line for line in reference().splitlines() if line[:3] == "| `"}
    assert rows["thrust_max_n"].endswith("| needed | full thrust | the mission's own |")
    assert rows["overshoot"].endswith("| absent unless given |")
    assert rows["overshoot_s"].endswith("| ours |")
    assert rows["com_offset_dry_m"].endswith("| com_offset_m |")


def test_a_default_says_where_it_comes_from():
    """In the tables that may be left out a source of its own, where it is no matter of course."""
    page = reference()
    for header in (
        *(f"[guidance.{name}]" for name, _ in GAIN_TABLES),
        "[sensors.imu]",
        "[sensors.altimeter]",
        "[sensors.lidar]",
        "[ground]",
        "[dispersions]",
    ):
        section = page.split(f"### `{header}`")[1].split("\n### ")[0].split("How a dispersion")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert rows
        for row in rows:
            assert re.split(r"(?<!\\)\|", row)[6].strip(), row


def test_every_law_and_exit_is_on_the_page():
    page = reference()
    for law, takes in LAWS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{law}` |"))
        for key in (*takes.needs, *takes.may_have, *LAW_EXITS[law]):
            assert f"`{key}`" in row
    laws_and_exits = page.split("#### Exits")[1]
    assert all(f"| `{leaves}` |" in laws_and_exits for leaves in EXITS)
    assert all(f"| `{key}` |" in laws_and_exits for key in schema_of(Phase))
    assert all(f"`[{name}]`" in page for name, _ in TABLES)


@pytest.mark.slow
def test_the_example_of_the_page_is_whole_and_lands():
    assert f"```toml\n{EXAMPLE}```" in reference()
    mission = parse_mission(EXAMPLE)
    assert oddities(mission) == []
    landed = land(mission, seed=1)
    assert landed.safe


def test_the_example_has_nothing_that_could_be_left_out():
    """But for what it shows: every other line is needed."""
    shown = ("exit_s", "kr", "scan", "tilt_limit_deg", "hover_limit_s", "sidestep_m")
    lines = EXAMPLE.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("[") and not line.startswith(shown):
            with pytest.raises(ValueError):
                parse_mission("".join(lines[:number] + lines[number + 1 :]))


def test_the_dispersions_of_the_page_are_read():
    tables = re.findall(r"```toml\n(.*?)```", reference(), re.S)[1:]
    mission = parse_mission(f"{EXAMPLE}{tables[1]}")
    assert mission.dispersions.isp_percent.reach == pytest.approx(0.6)
    assert mission.dispersions.position_m.offset == 200.0
