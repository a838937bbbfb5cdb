"""Property tests draw the same examples each time, so that a commit has one verdict.

`make explore` draws new ones: what it finds becomes a test of its own.
"""

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
# Nothing of a test comes from a run before, and nothing goes into the user's folder.
os.environ["FARSIDE_CACHE"] = "off"
# A shell that starts tests in the background has them ignore Ctrl-C, and a process inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
EXAMPLES = os.environ.get("FARSIDE_EXAMPLES", "same")
if EXAMPLES not in ("same", "explore"):
    raise pytest.UsageError(f"FARSIDE_EXAMPLES={EXAMPLES}: same or explore")
settings.load_profile(EXAMPLES)


def pytest_collection_modifyitems(items):
    """Begin with the longest, `slow(cpu_s=97)`: none is left over for one core at the end."""
    items.sort(key=lambda item: -_cpu_s(item))


def _cpu_s(item):
    mark = item.get_closest_marker("slow")
    return mark.kwargs.get("cpu_s", 0) if mark else 0


def pytest_runtest_teardown(item, nextitem):
    """Forget the flights that a module keeps: a hundred of them are gigabytes."""
    if nextitem is None or nextitem.module is not item.module:
        for kept in vars(item.module).values():
            if hasattr(kept, "cache_clear") and kept.__module__ == item.module.__name__:
                kept.cache_clear()


@pytest.fixture
def small_pages(monkeypatch):
    """One small figure instead of six, and no scene: for tests that are about files and words."""
    from farside.report import gallery
    from farside.report.replay import replay_page
    from farside.report.style import canvas

    monkeypatch.setattr(replay_page, "render_replay", lambda *_, **__: "<!doctype html>")
    monkeypatch.setattr(gallery, "drawings", lambda _: {"descent": lambda: canvas(1.0, 1.0)})


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """Commands called here draw here: a second process has nothing of what a test changed."""
    from farside.cli import second

    monkeypatch.setattr(second, "is_core_idle", lambda: False)


@pytest.fixture(autouse=True, scope="session")
def without_cameras():
    """Flights of tests take no image unless they ask for it: seconds each, and the same bits."""
    from farside.flight.land import land

    defaults = land.__kwdefaults__
    assert defaults is not None and defaults["cameras"] is True
    defaults["cameras"] = False
    yield
    defaults["cameras"] = True
