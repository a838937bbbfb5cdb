"""Every code block of the README and of docs/ runs as it stands, and what does not says why."""

import socket

import pytest
from page_blocks import ROOT, blocks_of, pages, run_page

PAGES = {str(p.relative_to(ROOT)): blocks_of(p) for p in pages()}
CODE = {name: blocks for name, blocks in PAGES.items() if any(b.runs for b in blocks)}
SLOW = [name for name, blocks in CODE.items() if any(b.slow for b in blocks)]
# Quick blocks of these take seconds all the same: slow tests run them.
LONG = (
    "docs/camera-flights.md",
    "docs/coarse.md",
    "docs/craters.md",
    "docs/failures.md",
    "docs/faults.md",
    "docs/horizon.md",
    "docs/integrate/fmi.md",
    "docs/mission-reference.md",
    "docs/points.md",
    "docs/tutorials/gymnasium.md",
    "docs/tutorials/land.md",
)
QUICK = [
    name for name in CODE if any(b.runs and not b.slow for b in CODE[name])
    and not (name in LONG and name in SLOW)
]  # fmt: skip


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Give a page a folder of its own, no display, and nothing beyond this machine."""
    connect = socket.socket.connect

    def here_only(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "localhost")):
            raise AssertionError(f"a page asks {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", here_only)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in LONG)) for n in QUICK]
)
def test_the_blocks_of_a_page_run(name, offline):
    wanted = [b for b in CODE[name] if not b.slow]
    assert run_page(ROOT / name, wanted) == sum(b.runs for b in wanted)


@pytest.mark.slow(cpu_s=20)
@pytest.mark.parametrize("name", SLOW)
def test_the_long_blocks_of_a_page_run_too(name, offline):
    assert run_page(ROOT / name, CODE[name]) == sum(b.runs for b in CODE[name])


def test_the_long_pages_are_there():
    assert set(LONG) <= set(CODE)


def test_a_block_that_is_not_run_says_why():
    silent = [
        f"{name}:{b.line}" for name, blocks in PAGES.items() for b in blocks
        if not b.runs and len(b.marks["not run"].split()) < 3
    ]  # fmt: skip
    assert not silent
    ran = sum(b.runs for blocks in PAGES.values() for b in blocks)
    assert ran > 110
