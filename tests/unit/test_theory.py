"""The equation numbers of the theory manual, and the kernels that cite them."""

import re
from collections import Counter

from page_blocks import ROOT

PAGES = sorted((ROOT / "docs" / "theory").glob("*.md"))
TAGS = [tag for page in PAGES for tag in re.findall(r"\\tag\{([\d.]+)\}", page.read_text("utf-8"))]
#: "theory (2.3)", and those that follow: "theory (2.3), (2.4) and (2.5)", "(7.11) to (7.13)".
CITED = re.compile(r"theory((?:[ ,;]|and|to|\n#?|\(\d+\.\d+\))+)")


def cited(text):
    """Return the numbers that a text cites."""
    return [n for run in CITED.findall(text) for n in re.findall(r"\((\d+\.\d+)\)", run)]


def kernels():
    paths = [p for p in (ROOT / "ext").rglob("*") if p.suffix in (".pxd", ".pxi", ".pyx")]
    return {str(p.relative_to(ROOT)): cited(p.read_text("utf-8")) for p in paths}


def test_numbers_run_through_each_chapter():
    assert len(TAGS) > 60 and max(Counter(TAGS).values()) == 1
    for page in PAGES:
        found = re.findall(r"\\tag\{(\d+)\.(\d+)\}", page.read_text("utf-8"))
        assert [int(k) for _, k in found] == list(range(1, len(found) + 1)), page.name
        assert len({chapter for chapter, _ in found}) <= 1


def test_what_a_kernel_cites_is_in_the_manual():
    found = kernels()
    wrong = {name: set(numbers) - set(TAGS) for name, numbers in found.items()}
    assert not {name: gone for name, gone in wrong.items() if gone}
    assert sum(map(bool, found.values())) > 20
    # every chapter is cited
    assert {n.split(".")[0] for numbers in found.values() for n in numbers} == set("123456789") | {
        "10"
    }


def test_what_a_page_cites_is_in_the_manual():
    for page in PAGES:
        numbers = re.findall(r"(?<![\d.])\((\d+\.\d+)\)", page.read_text("utf-8"))
        assert set(numbers) <= set(TAGS), page.name


def test_a_citation_is_read():
    assert cited("theory (2.3), (2.4) and (2.5); (9.9)") == ["2.3", "2.4", "2.5", "9.9"]
    assert cited("as (3) of theory, page (4.5)") == []
