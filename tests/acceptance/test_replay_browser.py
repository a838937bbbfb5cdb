"""The replay in a real browser: no fault, no request, down to the ground, within its limits."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from flown import landing as flown
from PIL import Image
from sample_landing import cut_short
from sample_looks import look

from farside.report.replay import write_replay

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

MOST_TRIANGLES, MOST_DRAW_CALLS = 150_000, 60
SMALL = {"width": 640, "height": 420}  # software draws the pixels: few of them
NO_WEBGL = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
};
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return write_replay(flown(), tmp_path_factory.mktemp("replay") / "landing.html").as_uri()


def shows(browser, name):
    """Whether an element is to be seen."""
    return browser.evaluate(f"document.getElementById('{name}').getClientRects().length > 0")


def pixels(browser, path):
    return np.asarray(Image.open(io.BytesIO(browser.picture(path).read_bytes())).convert("L"))


def test_it_plays_to_the_touchdown(browser, url, tmp_path):
    landing = flown()
    contact_s = landing.duration_s
    browser.open(f"{url}#t={contact_s - 0.5}", **SMALL)
    browser.evaluate("farside.play(10)")
    until = time.monotonic() + 30.0
    while browser.evaluate("farside.state().playing") and time.monotonic() < until:
        time.sleep(0.1)
    state = browser.evaluate("farside.state()")
    facts = browser.evaluate("farside.facts")
    last = landing.telemetry[-1]
    assert not state["playing"] and state["phase"] == landing.phases[-1].name
    assert state["t_s"] == pytest.approx(last["tick"] * 0.01, abs=1e-3)
    # single precision, 100 m from the site
    np.testing.assert_allclose(state["r"], last["r_site"], atol=1e-4)
    assert state["mass_kg"] == pytest.approx(landing.landed_mass_kg, abs=1e-3)
    assert state["tilt_deg"] == pytest.approx(landing.touchdown.rest_tilt_deg, abs=1e-3)
    assert facts == {k: v for k, v in landing.to_dict().items() if k != "timing"}
    assert shows(browser, "card")
    assert "Landed, safe" in browser.evaluate("document.getElementById('verdict').textContent")
    # the lander and the ground below a black sky
    seen = pixels(browser, tmp_path / "end.png")
    assert seen[60:150, 200:420].std() > 15.0
    assert np.median(seen[2:10, 400:600]) < 30
    assert browser.faults == []
    assert [request for request in browser.requests if not request.startswith("data:")] == [
        browser.evaluate("location.href.split('#')[0]")
    ]


def test_it_keeps_its_limits_all_the_way(browser, url):
    browser.open(f"{url}#t=0", **SMALL)
    chosen_s = float(np.flatnonzero(flown().telemetry["flags"] & 4)[0]) * 0.01
    seen = set()
    for t in (300.0, chosen_s - 1.5, chosen_s + 3.0, flown().duration_s):
        browser.evaluate(f"farside.seek({t})")
        report = browser.evaluate("farside.report()")
        assert 5_000 < report["triangles"] <= MOST_TRIANGLES
        assert 5 < report["draw_calls"] <= MOST_DRAW_CALLS
        assert 0.0 < report["frame_ms"] and 0.0 < report["load_ms"] < 30_000.0
        seen.add(report["triangles"])
    assert len(seen) > 1
    gauge = browser.evaluate("document.getElementById('gauge').textContent")
    assert "triangles" in gauge and "draw calls" in gauge and "loaded in" in gauge
    assert browser.faults == []


def test_it_obeys_the_keyboard_on_a_phone(browser, url):
    browser.open(f"{url}#t=760", width=390, height=844, calm=True)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 390
    assert not browser.evaluate("farside.state().playing")  # motion is not wanted
    browser.press("ArrowRight")
    assert browser.evaluate("farside.state().t_s") == pytest.approx(761.0)
    browser.press("2")
    assert browser.evaluate("farside.state().phase") == "adjust"
    pressed = "document.getElementById('hazards').getAttribute('aria-pressed')"
    browser.evaluate("farside.seek(farside.state().t_s)")
    assert browser.evaluate(pressed) == "true"
    browser.press("h")
    browser.press("c")
    browser.evaluate("new Promise((done) => setTimeout(done, 600))")
    assert browser.evaluate(pressed) == "false"
    assert browser.evaluate("document.getElementById('camera').textContent") == "Follow"
    browser.press("?")
    assert shows(browser, "help")
    browser.press(" ", "Space")
    assert browser.evaluate("farside.state().playing")
    assert browser.faults == []


def until(seen, seconds=5.0):
    """Wait for what the next frame of a busy machine will draw."""
    ends = time.monotonic() + seconds
    while not (met := seen()) and time.monotonic() < ends:
        time.sleep(0.05)
    return met


def test_without_webgl_the_charts_still_work(browser, url):
    browser.open(f"{url}#t=0", **SMALL, before=NO_WEBGL)
    assert shows(browser, "notice") and not browser.evaluate("farside.report().webgl")
    inked = """(() => {
      const strips = document.getElementById("strips");
      const copy = new OffscreenCanvas(strips.width, strips.height);
      const pen = copy.getContext("2d", { willReadFrequently: true });  // it is asked again
      pen.drawImage(strips, 0, 0);
      const data = pen.getImageData(0, 0, strips.width, strips.height).data;
      return data.filter((value, k) => k % 4 === 3 && value > 200).length;
    })()"""
    assert until(lambda: browser.evaluate(inked) > 500)
    browser.press("5")
    fifth = flown().phases[4].name
    assert until(lambda: browser.evaluate("farside.state().phase") == fifth)
    # a click in the middle of the charts is half of the flight, which may be playing on
    clicked_s = browser.evaluate("""(() => {
      const strips = document.getElementById("strips"), box = strips.getBoundingClientRect();
      strips.setPointerCapture = () => {};
      const x = box.left + 46 + (box.width - 56) / 2;
      strips.dispatchEvent(new PointerEvent("pointerdown", { clientX: x, clientY: box.top + 40 }));
      return farside.state().t_s;
    })()""")
    half_s = 0.5 * 0.01 * float(flown().telemetry["tick"][-1])
    assert clicked_s == pytest.approx(half_s, abs=1.0)
    assert browser.faults == []


@pytest.mark.slow
def test_a_flight_that_ended_in_the_air(browser, tmp_path):
    path = write_replay(cut_short("crashed", 5000), tmp_path / "crashed.html")
    browser.open(f"{path.as_uri()}#t=end", **SMALL)
    assert browser.evaluate("farside.state().t_s") == pytest.approx(49.99)
    assert "Crashed, not safe" in browser.evaluate("document.body.textContent")
    assert browser.evaluate("document.getElementById('hazards').disabled")
    assert browser.faults == []


@pytest.mark.slow
def test_the_last_image_of_a_camera_is_shown_in_its_time(browser, tmp_path):
    landing = replace(flown(), looks=(look(500), look(520, verdict="too dark", taken=False)))
    page = write_replay(landing, tmp_path / "looks.html").as_uri()
    words = "document.getElementById('eye').innerText"
    browser.open(f"{page}#t=490", **SMALL)
    assert not shows(browser, "eye")
    browser.evaluate("farside.seek(510)")
    assert shows(browser, "eye") and "taken, 1 of 2" in browser.evaluate(words)
    browser.evaluate("farside.seek(525)")
    assert "too dark" in browser.evaluate(words)
    browser.evaluate("farside.seek(600)")
    assert not shows(browser, "eye")
    assert browser.faults == []
