"""Every source that a number names can be looked up in docs/sources.md."""

import calendar
import re
import subprocess
from pathlib import Path

import pytest
from studies.validation_missions import MISSIONS
from studies.validation_rows import RECORDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sources.md").read_text("utf-8")
#: Ids of the page: the first cell of a row, and the headings of calculations.
IDS = set(re.findall(r"^(?:\| |### )([A-Z][A-Z0-9_]{2,})\b", PAGE, re.M))
#: "Name 1999", "Name & Name (1999)", "Name et al. 1999".
PAPER = r"\b([A-Z][a-z]+)(?: (?:&|and) [A-Z][a-z]+| et al\.)?,? \(?((?:19|20)\d\d)\b"
MONTHS = set(calendar.month_name)
#: An id has a digit or is one of these; other capitals in comments are abbreviations.
LETTERS = set("GRGM LOLA LUNAP LUPNT HEROIC MRVS NAIFGM PADLOAD USERART VTE XILU".split())
#: Words in capitals with a digit that are no sources: Luminary's names, laws, formats.
OTHERS = set("VR900 FP2DG V2FG L3DIS P63 P64 P65 C22 DE440 GRGM1200A".split())


def named(text):
    """Return the ids that a text names."""
    words = set(re.findall(r"\b(?:[A-Z]+[0-9][A-Z0-9]*|CALC_[A-Z]+|[A-Z]{3,})\b", text))
    return {
        word
        for word in words - OTHERS
        if word in LETTERS or word.startswith("CALC_") or re.search(r"[A-Z]{2,}\d|[A-Z]\d{2}", word)
    }


@pytest.mark.parametrize("path", sorted((ROOT / "mission").glob("*.toml")), ids=lambda p: p.stem)
def test_sources_of_a_mission_are_in_the_bibliography(path):
    lines = path.read_text("utf-8").splitlines()
    comments = "\n".join(line.partition("#")[2] for line in lines)
    sources = "\n".join(re.findall(r'^source = "(.*)"', "\n".join(lines), re.M))
    used = named(f"{comments}\n{sources}")
    # one that is like another has its few own keys
    assert len(used) > (0 if "\nlike = " in path.read_text("utf-8") else 4)
    assert used <= IDS
    # papers by name and year
    for name, year in re.findall(PAPER, comments):
        row = re.compile(rf"^.*\b{name}\b.*\b{year}\b", re.M)
        assert name in MONTHS or row.search(PAGE), f"{name} {year}"


def test_a_paper_is_seen_by_name_and_year():
    text = "Carrier et al. 1991, Di & Liu (2016), 3 January 2019, Golombek-Rapp k"
    assert re.findall(PAPER, text) == [("Carrier", "1991"), ("Di", "2016"), ("January", "2019")]


def test_sources_of_constants_and_of_the_page_of_validation_are_in_the_bibliography():
    rows = re.findall(
        r"^\|.*\| ([^|]*) \|$", (ROOT / "docs/validation.md").read_text("utf-8"), re.M
    )
    used = named("\n".join(rows)) | named((ROOT / "mission/moon.py").read_text("utf-8"))
    assert {"GNC5", "CALC_MASS", "PCK11"} <= used <= IDS
    texts = (f"{record.source}\n{record.reason}\n{record.by}" for record in (*RECORDS, *MISSIONS))
    assert {"XILU", "PADLOAD", "WAN2019"} <= named("\n".join(texts)) <= IDS


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_no_text_points_outside_the_repository_for_a_source():
    pattern = r"\.\./shared/[a-z]+\.md|\.\./shared/missions|\bMEM\b"
    files = ["*.py", "*.toml", "*.md", "*.pyx", "*.pxd", "*.pxi"]
    command = ["git", "grep", "-lE", pattern, "--", *files]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    left = set(told.stdout.split()) - {"CHANGELOG.md", "tests/unit/test_sources.py"}
    assert told.returncode in (0, 1) and not left
