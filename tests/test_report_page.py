"""The page: one file that needs nothing else, says what happened, and trusts no text."""

import dataclasses
import math
from html.parser import HTMLParser

import pytest
from sample_landing import cut_short, sample_landing

from farside.report.gallery import figures
from farside.report.page import render_page, reproduce
from farside.report.pictures import render
from farside.report.verdict import checks, number

VOID = {"meta", "img", "link", "br", "hr", "input"}
LARGEST_BYTES = 3_000_000


class Reader(HTMLParser):
    """Collects tags, checks that they close, and gathers text and whatever would be loaded."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.loads, self.text = [], set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.loads += [value for key, value in attrs if key in {"src", "href", "srcset", "data"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    reader.text = " ".join(reader.text.split())
    return reader


@pytest.fixture(scope="module")
def landing():
    return sample_landing()


@pytest.fixture(scope="module")
def pictures(landing):
    return {name: render(figure) for name, figure in figures(landing).items()}


@pytest.fixture(scope="module")
def page(landing, pictures):
    return render_page(landing, pictures, "farside land chang-e-6 --seed 0")


def test_stands_alone(page):
    reader = read(page)
    assert len(reader.loads) == 5
    assert all(value.startswith("data:image/") for value in reader.loads)
    assert not reader.seen & {"script", "link", "iframe", "object"}
    for word in ("http:", "https:", "url(", "@import"):
        assert word not in page
    assert len(page.encode()) < LARGEST_BYTES


def test_says_what_happened(page):
    text = read(page).text
    for fact in (
        "Chang'e 6: Apollo basin, far side",
        "Landed, safe: every limit holds",
        "874.5 s",
        "1,890 kg",
        "farside land chang-e-6 --seed 0",
        "Earth is below the horizon",  # as published of Chang'e 6: no direct link
        "8,350 kg",  # launched, CD6
        "foreign payload",
    ):
        assert fact in text


def test_escapes_what_missions_and_commands_say(landing, pictures):
    evil = '<script>alert("x")</script>&'
    plan = dataclasses.replace(landing.plan, title=evil)
    strange = dataclasses.replace(landing, plan=plan, mission="<b>")
    page = render_page(strange, pictures, f"farside land '{evil}'")
    reader = read(page)
    assert "script" not in reader.seen and "b" not in reader.seen
    assert reader.text.count(evil) == 3  # the title, the heading, the command


@pytest.mark.parametrize("outcome", ["crashed", "out_of_propellant", "tipped"])
def test_a_flight_that_ended_otherwise(outcome):
    text = read(render_page(cut_short(outcome, 5000), {}, "x")).text
    assert "not safe" in text and "unknown" in text
    assert "nan" not in text.lower().split()


def test_verdicts(landing):
    assert all(check.holds in (True, None) for check in checks(landing))
    hard = dataclasses.replace(landing.touchdown, vertical_speed_mps=-3.81, tilt_deg=math.nan)
    worse = checks(dataclasses.replace(landing, touchdown=hard))
    assert [c.what for c in worse if c.holds is False] == ["vertical speed", "tilt at contact"]
    assert [c.verdict for c in worse[:3]] == ["broken", "holds", "unknown"]


def test_the_command_flies_it_again(landing):
    assert reproduce(landing) == "farside land chang-e-6 --seed 0"
    nominal = dataclasses.replace(landing, nominal=True)
    assert reproduce(nominal) == "farside land chang-e-6 --nominal"


@pytest.mark.parametrize(
    ("value", "digits", "unit", "text"),
    [
        (1234.56, 1, "m", "1,234.6 m"),
        (-0.001, 1, "m/s", "0.0 m/s"),
        (-2.0, 0, "", "\u22122"),
        (math.nan, 2, "kg", "\u2013"),
        (None, 2, "kg", "\u2013"),
    ],
)
def test_numbers(value, digits, unit, text):
    assert number(value, digits, unit) == text
