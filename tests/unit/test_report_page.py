"""The page: one file that needs nothing else, says what happened, and trusts no text."""

import dataclasses
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from contrast import contrast, over, schemes
from flown import landing as flown
from sample_landing import cut_short, sample_landing

from farside.flight.faults import FlownFault
from farside.mission.units import number
from farside.report.alt import alternatives
from farside.report.gallery import figures
from farside.report.page import render_page, reproduce
from farside.report.pictures import render
from farside.report.verdict import checks

ROOT = Path(__file__).parents[2]
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


@pytest.mark.slow
def test_stands_alone(page):
    reader = read(page)
    assert len(reader.loads) == 6
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


def test_faults_say_when_they_began_and_ended(landing):
    evil = "<b>altimeter</b> bias 50 from 300 s"
    faults = (
        FlownFault(evil, 1.0, True, 300.0, 320.5),
        FlownFault("engine cut below 1 m", 1.0, True, None),
    )
    reader = read(render_page(dataclasses.replace(landing, faults=faults), {}, "x"))
    assert f"Fault {evil}: began at 300.00 s, ended at 320.50 s." in reader.text
    assert "Fault engine cut below 1 m: it never began." in reader.text
    assert "b" not in reader.seen


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


def test_the_bound_that_says_nothing_is_off_the_page(landing, page):
    # 0.0 to 0.05 at sites that the lander chose, beside a probability of 99.99 %
    text = read(page).text
    assert "bound" not in text and "probability of a safe stand" in text
    sure = dataclasses.replace(landing.site, probability=0.9999978)
    sure = read(render_page(dataclasses.replace(landing, site=sure), {}, "x")).text
    assert "above 99.99 %" in sure and "100.00 %" not in sure
    low = dataclasses.replace(landing.site, probability=0.9731)
    other = read(render_page(dataclasses.replace(landing, site=low), {}, "x")).text
    assert "97.31 %" in other and "100.00 %" not in other
    # a landing's facts keep it
    assert landing.to_dict()["site"]["bound"] == landing.site.bound


@pytest.mark.slow
def test_each_picture_says_what_it_shows(landing):
    told = alternatives(landing)
    # no camera took an image
    assert set(told) == {"cameras", *figures(landing)}
    assert "8 settle" in told["descent"] and "420 km from the site" in told["descent"]
    assert "54 % of it is safe; too steep 45 %" in told["hazards"]
    for fact in ("slope 1.7 deg", "0.21 m from the chosen site"):
        assert fact in told["touchdown"]
    apollo = alternatives(flown("apollo-11", seed=1))
    assert "1 trim, 2 p63, 3 p64" in apollo["descent"] and apollo["hazards"] == "No map was made."
    assert "no telemetry" in alternatives(cut_short("crashed", 0))["descent"]
    for landed in (cut_short("crashed", 1), cut_short("crashed", 0)):
        assert not any("nan" in words for words in alternatives(landed).values())


PAGES = {
    "report": ("report/page.html", ("ink", "soft", "good", "bad", "accent")),
    "campaign": (
        "campaign/page/page.css",
        ("ink", "soft", "good", "bad", "accent", "second", "third"),
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_words_of_the_pages_are_readable_by_day_and_by_night(name):
    path, inks = PAGES[name]
    found = schemes((ROOT / path).read_text("utf-8"))
    assert len(found) == 3  # light, dark, print
    for scheme in found:
        for ink in inks:
            for behind in ("paper", "card"):
                # WCAG 2.1, 1.4.3
                assert contrast(scheme[ink], scheme[behind]) >= 4.5, (scheme, ink, behind)


def test_words_of_the_replay_are_readable_over_bright_ground():
    style = (ROOT / "report/replay/page.css").read_text("utf-8")
    (scheme,) = schemes(style)
    *card, alpha = re.search(r"--card: rgba\((\d+), (\d+), (\d+), ([\d.]+)\)", style).groups()
    for ground in ((255, 255, 255), (0, 0, 0), (140, 140, 140)):
        behind = over([int(part) for part in card], float(alpha), ground)
        for ink in ("ink", "soft", "good", "bad", "accent"):
            assert contrast(scheme[ink], behind) >= 4.5, (ink, ground)
