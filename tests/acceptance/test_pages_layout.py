"""Pages in a real browser at the widths of a phone, a tablet and a desk: nothing hangs over."""

from dataclasses import replace

import pytest
import sample_campaign
from browser import CHROMIUM, Browser
from sample_landing import cut_short, sample_landing
from test_report_layout import LONG, renamed

from farside.campaign.page import write_campaign_page
from farside.flight.faults import FlownFault
from farside.report.gallery import figures
from farside.report.page import render_page
from farside.report.pictures import render
from farside.report.replay import write_replay
from farside.report.style import canvas
from farside.report.track import Track

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

WIDTHS = (360, 800, 1400)
READY = "document.readyState === 'complete'"
# the page's words and buttons are the same without: the picture is left to test_replay_browser
NO_WEBGL = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
};
"""
SLY = '<b>A mission</b> & "its" $name$ of_so_many_letters_that_no_line_of_a_phone_could_hold_them'
LONG_INPUT = "accelerometer_of_the_second_inertial_unit_scale_factor_asymmetry_ppm"
#: Words of a drawing that leave it, and pairs of words that lie over each other.
WORDS = """[...document.querySelectorAll("svg")].flatMap((drawing) => {
  const frame = drawing.getBoundingClientRect();
  const words = [...drawing.querySelectorAll("text")].map((each) =>
    [each.textContent, each.getBoundingClientRect()]);
  const found = [];
  words.forEach(([text, box], i) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1
        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) found.push(["cut", text]);
    for (const [other, next] of words.slice(i + 1)) {
      const wide = Math.min(box.right, next.right) - Math.max(box.left, next.left);
      const high = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
      if (wide > 1 && high > 3) found.push([text, other]);
    }
  });
  return found;
})"""
#: Tables that are wider than their place.
CUT_TABLES = """[...document.querySelectorAll("$.wide")].filter((each) =>
  each.scrollWidth > each.clientWidth + 1).length"""
#: What stands outside the window though nothing scrolls it into view.
OUTSIDE = """[...document.querySelectorAll("#top *, #foot *, #bar *")].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
}).map((each) => each.id || each.textContent)"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def fits(browser, url, width):
    browser.open(url, width=width, height=900, ready=READY)
    wide, room = browser.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert not browser.faults
    return wide <= room


def columns_of(runs, failing=()):
    columns = sample_campaign.sample_columns(runs)
    columns[f"input_{LONG_INPUT}"] = columns["input_com_x_m"][::-1].copy()
    for index in failing:
        sample_campaign.fail(columns, index, "crashed", touchdown_vertical_speed_mps=-20.0)
    return columns


CAMPAIGNS = {
    "one": lambda: columns_of(1),
    "two, all failed": lambda: columns_of(2, range(2)),
    "five": lambda: columns_of(5),
    "thirty-three": lambda: columns_of(33),
    "all failed": lambda: columns_of(40, range(40)),
    "five hundred": lambda: columns_of(500, range(100, 112)),
}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_campaign_fits_its_window(browser, tmp_path, name):
    campaign = sample_campaign.campaign_of(CAMPAIGNS[name]())
    titled = replace(campaign, mission=replace(campaign.mission, title=SLY))
    url = write_campaign_page(titled, tmp_path / "campaign.html", folder="a folder").as_uri()
    for width in WIDTHS:
        assert fits(browser, url, width), width
        assert browser.evaluate(WORDS) == [], width
        assert width < 1400 or browser.evaluate(CUT_TABLES.replace("$", "figure ")) == 0
    assert browser.evaluate("document.querySelector('h1').textContent") == SLY
    # every axis has numbers: two ticks or more to the left, one or more below
    bare = browser.evaluate(
        "[...document.querySelectorAll('svg')].filter((each) => "
        "each.querySelectorAll('text.tick').length < 3).length"
    )
    assert bare == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["landed", "one tick", "long names"])
def test_a_report_fits_its_window(browser, tmp_path, name):
    landing = {
        "landed": sample_landing,
        "one tick": lambda: cut_short("crashed", 1),
        "long names": lambda: renamed(LONG, 9),
    }[name]()
    landing = replace(landing, plan=replace(landing.plan, title=SLY))
    drawn = figures(landing) if name == "one tick" else {"descent": canvas(10.0, 6.0)}
    pictures = {title: render(figure) for title, figure in drawn.items()}
    path = tmp_path / "report.html"
    path.write_text(render_page(landing, pictures, f"farside land {'x' * 200}"), "utf-8")
    for width in WIDTHS:
        assert fits(browser, path.as_uri(), width), width
        # a phone scrolls the table of phases; what stands in two columns is whole everywhere
        assert browser.evaluate(CUT_TABLES.replace("$", ".sides ")) == 0, width
        assert width < 800 or browser.evaluate(CUT_TABLES.replace("$", "")) == 0, width
    # nothing empty stands for a picture to who cannot see it
    said = browser.evaluate("[...document.images].map((each) => each.alt)")
    assert len(said) == len(pictures) and min(map(len, said)) > 40
    assert browser.evaluate("document.querySelector('h1').textContent") == SLY


@pytest.fixture(scope="module")
def replay(tmp_path_factory):
    landing = renamed([f"phase-with-a-longish-name-{i}" for i in range(16)], 9)
    faults = tuple(FlownFault(f"{SLY} {i}", 1.0, True, 300.0, 300.0 + 90.0 * i) for i in (1, 9))
    landing = replace(landing, plan=replace(landing.plan, title=SLY), faults=faults)
    return landing, write_replay(landing, tmp_path_factory.mktemp("replay") / "landing.html")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_replay_fits_its_window(browser, replay, width):
    landing, path = replay
    end_s = landing.telemetry["tick"][-1] * 0.01
    browser.open(f"{path.as_uri()}#t={end_s}", width=width, height=700, before=NO_WEBGL)
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.evaluate(OUTSIDE) == []
    # the card of the touchdown stands beside or below the title, never over it
    apart = browser.evaluate(
        "(() => { const a = document.getElementById('head').getBoundingClientRect();"
        " const b = document.getElementById('card').getBoundingClientRect();"
        " return b.width > 0 && (b.left >= a.right || b.top >= a.bottom); })()"
    )
    assert apart


@pytest.mark.slow
def test_faults_are_on_the_time_line_of_a_replay(browser, replay):
    landing, path = replay
    browser.open(f"{path.as_uri()}#t=350", width=800, height=700, before=NO_WEBGL)
    at_work = "document.getElementById('faults').textContent"
    one, two = (f"Fault: {fault.fault}" for fault in landing.faults)
    assert browser.evaluate(at_work) == f"{one}\n{two}"  # text, whatever is in it
    assert browser.evaluate("document.querySelectorAll('#faults *, #legend-faults b').length") == 0
    # each mark begins and ends where the slider's thumb would stand
    end_s = 0.01 * float(landing.telemetry["tick"][-1])
    marks = browser.evaluate(
        "(() => { const rail = document.getElementById('marks').getBoundingClientRect();"
        " return [...document.querySelectorAll('#marks i')].map((each) => {"
        " const box = each.getBoundingClientRect();"
        " return [box.left - rail.left, box.right - rail.left].map((x) => x / rail.width); }); })()"
    )
    for (left, right), fault in zip(marks, landing.faults, strict=True):
        assert left == pytest.approx(fault.began_s / end_s, abs=2e-3)
        assert right == pytest.approx(min(fault.ended_s / end_s, 1.0), abs=2e-3)
    # from the middle of the first on: its end, then round to the beginning of both
    browser.press("f")
    assert browser.evaluate("farside.state().t_s") == pytest.approx(390.0)
    browser.evaluate("farside.seek(600)")
    assert browser.evaluate(at_work) == two
    browser.evaluate("farside.seek(200)")
    assert browser.evaluate(at_work) == ""
    browser.press("f")
    assert browser.evaluate("farside.state().t_s") == pytest.approx(300.0)


@pytest.mark.slow
def test_the_words_of_a_replay_stand_on_dark_ground(browser, replay):
    _, path = replay
    browser.open(path.as_uri(), width=800, height=700, before=NO_WEBGL)
    for name in ("head", "readout", "gauge", "card"):
        colour = browser.evaluate(
            f"getComputedStyle(document.getElementById('{name}')).backgroundColor"
        )
        alpha = float(colour.rstrip(")").split(",")[-1])
        assert colour.startswith("rgba(13, 15, 19") and alpha >= 0.85, name


@pytest.mark.slow
def test_a_replay_has_a_colour_for_each_phase(browser, replay):
    landing, path = replay
    browser.open(path.as_uri(), width=1400, height=700, before=NO_WEBGL)
    shown = browser.evaluate(
        "[...document.querySelectorAll('#phases button')].map((each) => each.style.borderColor)"
    )
    legend = browser.evaluate(
        "[...document.querySelectorAll('#legend-phases i')].map((each) => each.style.background)"
    )
    expected = [
        f"rgb({int(c[1:3], 16)}, {int(c[3:5], 16)}, {int(c[5:], 16)})"
        for c, _ in Track(landing).keys()
    ]
    assert shown == legend == expected and len(set(shown)) == 16
