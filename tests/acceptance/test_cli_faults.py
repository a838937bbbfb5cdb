"""The command line of faults: the list, the option, and bad input in one line."""

from pathlib import Path

import pytest
from sample_landing import sample_landing

import farside.flight
import farside.report
from farside.cli.faults import fault_lines, part_lines
from farside.cli.main import main
from farside.mission.fault_kinds import UNITS


def test_the_list_has_every_unit_part_kind_and_size(capsys):
    assert main(["faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [tuple(line.split("\t")) for line in lines if "\t" in line]
    assert rows[0] == ("unit", "kind", "value", "by default", "what happens")
    kinds = [(name, kind) for name, unit in UNITS.items() for kind in unit.kinds]
    assert [row[:2] for row in rows[1:]] == kinds
    for name, kind, unit, default, meaning in rows[1:]:
        assert unit == UNITS[name].unit_of(kind) and meaning
        size = UNITS[name].default(kind)
        assert default == ("" if size is None else f"{size:g}")
    assert any("beam1, beam2, beam3" in line for line in lines)
    assert lines[-1].startswith("A fault is UNIT[.PART] KIND [VALUE]")


def test_the_page_has_the_same_table():
    page = (Path(__file__).resolve().parents[2] / "docs" / "faults.md").read_text("utf-8")
    cells = [tuple(c.strip() for c in line.strip("|").split("|")) for line in page.splitlines()
             if line.startswith("| ")]  # fmt: skip
    assert [row for row in cells if len(row) == 5][1:] == list(fault_lines())
    assert all(f"- {line}\n" in page for line in part_lines())


def test_the_option_may_be_given_again(capsys, monkeypatch, tmp_path):
    asked, commands = [], []

    def fake(mission, **options):
        asked.append(mission)
        return sample_landing()

    def unwritten(landing, folder, *, command, progress, beside):
        commands.append(command)
        return []

    monkeypatch.setattr(farside.flight, "land", fake)
    monkeypatch.setattr(farside.report, "save", unwritten)
    monkeypatch.chdir(tmp_path)
    lines = ["velocimeter.beam1 zero from 700 s", "engine weak 0.95 below 2000 m for 5 s"]
    main(["land", "--fault", lines[0], "--fault", lines[1]])
    assert [str(fault) for fault in asked[0].faults] == lines
    assert all(f"--fault '{line}'" in commands[0] for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["land", "--fault", "engin cut from 1 s"], "there is no engin; did you mean engine?"),
        (["land", "--fault", "engine zero from 1 s"], "engine does not fail like zero"),
        (["land", "--fault", "engine cut"], "write UNIT"),
        (["land", "--fault", ""], "write UNIT"),
        (["land", "--fault", "engine weak 0,5 from 1 s"], "write UNIT"),
        # digits of another script are no number of a mission file either
        (["land", "--fault", "gyro bias \u0661 from 1 s"], "write UNIT"),
        (["land", "--fault", ".x cut from 1 s"], "there is no unit without a name; choose imu"),
        (["land", "--fault", "thruster.w cut from 1 s"], "thruster has no w; choose x_plus"),
        (["land", "--fault", "engine cut in hovr"], "there is no phase hovr"),
        (["land", "--fault", "engine cut from 9999 s"], "after the longest flight"),
        (["land", "--fault", "engine cut below 1e6 m"], "above the start of the descent"),
        (["land", "apollo-11", "--fault", "lidar silent from 1 s"], "no lidar"),
        (["land", "--as-flown"], "failure: missing: nothing else flew"),
        (["land", "--naive", "latched"], "'latched' is no naive option"),
        (["land", "failures/im-1", "--as-flown", "--naive", "no_altimeter"], "give it or --naive"),
        (["export", "fmu", "--kind", "autopilot", "--fault", "engine cut from 1 s"],
         "faults are the lander's"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(words, said, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    assert "mission check" not in err
    assert not list(tmp_path.iterdir())
