"""docs/integrate/c.md beside the header and the structs that it tells of."""

import re
import sys

import pytest
from c_library import ROOT

from farside.adapters.c.table import mission_c
from farside.guidance import ESTIMATE
from farside.guidance.records import COMMAND
from farside.mission import load_mission

sys.path.insert(0, str(ROOT / "adapters" / "c" / "lib"))
from header import header

PAGE = (ROOT / "docs" / "integrate" / "c.md").read_text("utf-8")
HEADER = header()


@pytest.mark.parametrize("page", ["c.md", "navigation.md", "avoidance.md"])
def test_every_name_of_a_page_is_in_the_header(page):
    text = (ROOT / "docs" / "integrate" / page).read_text("utf-8")
    names = set(re.findall(r"\b(?:FARSIDE_[A-Z_]*[A-Z]|farside_[a-z_]*[a-z])\b", text))
    assert page != "c.md" or len(names) > 30
    assert {name for name in names if not re.search(rf"\b{name}\b", HEADER)} == set()


def test_the_page_has_every_answer_of_a_check():
    codes = re.findall(r"FARSIDE_TABLE_(\w+) = (\d+)", HEADER)
    told = PAGE[PAGE.index("| Value | Constant |") :].split("\n\n", 1)[0]
    for name, value in codes:
        if name != "VERSION":
            assert re.search(rf"\b{value}\b.*_{name}\b", told), name
    assert dict(codes)["VERSION"] == re.search(r"(\d+), /\* version", table())[1]


def test_the_page_has_the_sizes_of_the_structs():
    sizes = dict(re.findall(r"\| `(farside_\w+)` \|.*\| (\d+) bytes \|", PAGE))
    assert sizes == {
        "farside_table": re.search(r"(\d+), /\* size", table())[1],
        "farside_estimate": str(ESTIMATE.itemsize),
        "farside_command": str(COMMAND.itemsize),
    }


def table():
    return mission_c(load_mission("chang-e-6"))


@pytest.mark.parametrize("member", ["ANY_STUCK", "LOST_COUPLE"])
def test_what_is_the_kernels_own_is_not_in_the_header(member):
    assert f"FARSIDE_{member}" not in HEADER
