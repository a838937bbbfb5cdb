"""The equation numbers of the theory manual, and the code that cites them."""

import re
import sys

import pytest
from page_blocks import ROOT

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import equations


def test_manual_and_code_agree():
    """Numbers run through each chapter, each is cited, and what is cited is there."""
    assert sum(len(equations.numbers(page)) for page in equations.pages()) > 70
    assert sorted(equations.faults()) == []


def test_what_a_page_cites_is_in_the_manual():
    known = {number for page in equations.pages() for number in equations.numbers(page)}
    for page in equations.pages():
        numbers = re.findall(r"(?<![\d.])\((\d+\.\d+)\)", page.read_text("utf-8"))
        assert set(numbers) <= known, page.name


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("theory (2.3), (2.4) and (2.5); (9.9)", ["2.3", "2.4", "2.5", "9.9"]),
        ("theory (7.9) to (7.11)", ["7.9", "7.10", "7.11"]),
        ("# as theory (1.2)\n# and (1.3)", ["1.2", "1.3"]),
        ("as (3) of theory, page (4.5)", []),
    ],
)
def test_a_citation_is_read(text, numbers):
    assert [number for number, _ in equations.cited(text)] == numbers


def test_what_does_not_agree_is_told(tmp_path, monkeypatch):
    """A number that nothing cites, one that is not there, one out of order."""
    (tmp_path / "docs" / "theory").mkdir(parents=True)
    (tmp_path / "ext").mkdir()
    (tmp_path / "docs" / "theory" / "a.md").write_text("\\tag{1.1} \\tag{1.2}\n", "utf-8")
    (tmp_path / "docs" / "theory" / "b.md").write_text("\\tag{2.2}\n", "utf-8")
    (tmp_path / "ext" / "k.pxd").write_text("\n# theory (1.1), (2.2) and (3.1)\n", "utf-8")
    monkeypatch.setattr(equations, "ROOT", tmp_path)
    assert sorted(equations.faults()) == [
        "a.md: no line of the code cites (1.2)",
        "b.md: its equations are not numbered 1 to 1 of one chapter",
        "ext/k.pxd:2: cites (3.1), which the manual does not have",
    ]
    assert "| `ext/k.pxd` | (1.1) |" in equations.table(tmp_path / "docs" / "theory" / "a.md")
