"""Odd surroundings: closed and full streams, signals, settings of others, no processes."""

import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing.context import SpawnProcess

import matplotlib
import numpy as np
import pytest
from flown_campaign import environment, plan, reference, rows
from sample_landing import sample_landing

from farside.campaign import fly_campaign
from farside.cli.completion import missions_like
from farside.cli.main import main
from farside.report import figures
from farside.report.pictures import render
from farside.report.style import canvas, figure_style

CHANGE = [f"chang-e-{number}" for number in (3, 4, 5, 6)]
FARSIDE = [sys.executable, "-m", "farside.cli"]
#: A landing that is safe.
LAND = ["land", "--no-imaging", "--no-cameras", "--seed", "3"]

HOSTILE = {
    "text.usetex": True,
    "font.family": "serif",
    "axes.facecolor": "black",
    "axes.unicode_minus": False,
    "figure.facecolor": "green",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "red",
    "savefig.bbox": "tight",
    "lines.linewidth": 9.0,
    "path.sketch": (3, 100, 2),
    "xtick.direction": "in",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "streams",
    [
        '"$@" >/dev/full 2>/dev/full; echo $? >&3',
        pytest.param('"$@" >&- 2>&- <&-; echo $? >&3', marks=pytest.mark.slow),
        pytest.param('{ "$@"; echo $? >&3; } | head -n 1 >/dev/null', marks=pytest.mark.slow),
    ],
    ids=["full", "closed", "a reader that leaves"],
)
def test_a_safe_landing_whatever_becomes_of_the_streams(tmp_path, streams):
    done = subprocess.run(
        ["sh", "-c", f"exec 3>status.txt\n{streams}\n", "sh", *FARSIDE, *LAND, "--out", "x"],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (tmp_path / "status.txt").read_text() == "0\n"
    assert done.stderr == ""
    facts = json.loads((tmp_path / "x" / "landing.json").read_bytes())
    assert facts["safe"] and (tmp_path / "x" / "report.html").stat().st_size > 10_000


@pytest.mark.slow
def test_what_is_only_printed_is_missed(tmp_path):
    """A list on a full disk is no list: one line, status 2; a reader may leave as it likes."""
    done = subprocess.run(
        ["sh", "-c", '"$@" >/dev/full; echo $? >full.txt; { "$@"; echo $? >pipe.txt; } | true',
         "sh", *FARSIDE, "missions"],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (tmp_path / "full.txt").read_text() == "2\n"
    assert (tmp_path / "pipe.txt").read_text() == "0\n"
    assert done.stderr == "farside: standard output takes no more: No space left on device\n"


@pytest.mark.slow
def test_a_page_that_is_only_printed_is_missed_too(tmp_path):
    done = subprocess.run(
        ["sh", "-c", '"$@" >/dev/full; echo $?', "sh", *FARSIDE, "mission", "reference"],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stderr == "farside: standard output takes no more: No space left on device\n"
    assert done.stdout == "2\n"


@pytest.mark.slow
@pytest.mark.parametrize("level", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_it_runs_without_docstrings_and_assertions(tmp_path, level):
    """Python -OO leaves no docstring to add to."""
    done = subprocess.run(
        [sys.executable, "-c", "import farside.flight, farside.guidance; from farside.cli.main "
         "import main; raise SystemExit(main(['mission', 'check', 'chang-e-6']))"],
        env=environment(PYTHONOPTIMIZE=level), cwd=tmp_path, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "times"),
    [
        (signal.SIGTERM, 2),
        pytest.param(signal.SIGHUP, 1, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 1, marks=pytest.mark.slow),
    ],
)
def test_a_signal_leaves_nothing_behind(tmp_path, number, times):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("the tests run under nohup, and so does what they start")
    with subprocess.Popen(
        [*FARSIDE, "land", "--no-imaging", "--no-cameras", "--out", "deep/x"],
        env=environment(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as ran:  # fmt: skip
        limit = time.monotonic() + 60.0
        # in the middle of writing, where that is seen, or of anything before
        while time.monotonic() < limit and not any(tmp_path.rglob("*.part/*")):
            time.sleep(0.005)
        for _ in range(times):
            ran.send_signal(number)
        out, err = ran.communicate(timeout=60)
    assert ran.returncode == 128 + number
    assert (out, err) == ("", "farside: interrupted; nothing is half-written\n")
    assert list(tmp_path.iterdir()) == []


AT_IMPORT = """
import os, signal
from farside.cli import main

class Slow:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGHUP)

def command(*_given, **_named):
    class Drawn:
        name = Slow()

main.app = command
main.run()
"""


def test_a_signal_that_comes_out_as_another_error(tmp_path):
    """Python 3.11 raises a RuntimeError from a signal in `__set_name__`: matplotlib's import."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        pytest.skip("the tests run under nohup, and so does what they start")
    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    said = (done.returncode, done.stderr)
    assert said == (128 + signal.SIGHUP, "farside: interrupted; nothing is half-written\n")


SCRIPT = """
import sys
from farside.campaign import fly_campaign, plan_campaign
print("once")
plan = plan_campaign("chang-e-6", int(sys.argv[2]), seed=7, imaging=False)
print(fly_campaign(plan, sys.argv[1], workers=2).flown)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stdin", "file"])
def test_a_script_without_a_main_guard(tmp_path, how):
    (tmp_path / "script.py").write_text(SCRIPT)
    name = "script.py" if how == "file" else "-"
    done = subprocess.run(
        [sys.executable, name, "a", "3"], env=environment(), cwd=tmp_path, text=True,
        capture_output=True, timeout=120, input=SCRIPT,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "once\n3\n", "")
    assert rows(tmp_path / "a") == {name: v[:3] for name, v in rows(reference()).items()}


@pytest.mark.slow
def test_a_script_ends_by_the_signal_that_nobody_answers(tmp_path):
    """What was flown is kept, the workers are gone, and nothing is half-written."""
    (tmp_path / "script.py").write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, "script.py", "a", "2000"], env=environment(), cwd=tmp_path,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as ran:  # fmt: skip
        limit = time.monotonic() + 300.0
        while not any(tmp_path.glob("a/parts/runs-*")) and time.monotonic() < limit:
            time.sleep(0.02)
        ran.send_signal(signal.SIGTERM)
        said = ran.communicate(timeout=300)[1]
    assert ran.returncode == -signal.SIGTERM and said == ""
    assert not [path for path in (tmp_path / "a").rglob(".*")]
    with pytest.raises(ProcessLookupError):
        # of its session: workers, and what tracks their resources
        end = time.monotonic() + 10.0
        while time.monotonic() < end:
            os.killpg(ran.pid, 0)
            time.sleep(0.05)
    flown = rows(tmp_path / "a")
    assert len(flown["run"]) >= 24
    assert {name: v[:12] for name, v in flown.items()} == rows(reference())


@pytest.mark.slow
@pytest.mark.parametrize(
    "why", [OSError(11, "Resource temporarily unavailable"), NotImplementedError("no processes")]
)
def test_without_other_processes_a_campaign_flies_alone(monkeypatch, tmp_path, why, capsys):
    def refuse(*_, **__):
        raise why

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    progress = fly_campaign(plan(3), tmp_path / "a", workers=2)
    assert "this process flies alone" in progress.note and why.args[-1] in progress.note
    assert rows(tmp_path / "a") == {name: v[:3] for name, v in rows(reference()).items()}
    if isinstance(why, OSError):
        words = ["campaign", "--runs", "1", "--no-imaging", "--out", str(tmp_path / "b")]
        assert main(words) == 0
        said = capsys.readouterr().err.splitlines()
        assert [line for line in said if "temporarily unavailable" in line and "alone" in line]


def picture_of(landing):
    """Draw the figures of a landing to bytes, and save one as a notebook does."""
    drawn = figures(landing)
    return {name: render(figure).png for name, figure in drawn.items()}


@pytest.mark.slow
def test_settings_of_the_user_change_no_figure(tmp_path):
    landing = sample_landing(imaging=False)
    plain = picture_of(landing)
    later = figures(landing)["descent"]
    later.savefig(tmp_path / "plain.png")
    with matplotlib.rc_context(HOSTILE):
        assert picture_of(landing) == plain
        later.savefig(tmp_path / "hostile.png")
        assert matplotlib.rcParams["text.usetex"] and matplotlib.rcParams["lines.linewidth"] == 9.0
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "hostile.png").read_bytes()


@pytest.mark.parametrize("name", ["$a_1$", "50 % {x} \\frac", "\u65e5\u672c", "<b>&"])
def test_a_name_in_a_title_is_drawn_as_it_is(name):
    with figure_style():
        figure = canvas(3.0, 1.0)
        text = figure.text(0.1, 0.5, name)
    drawn = render(figure).png
    assert text.get_text() == name and not text.get_parse_math()
    with figure_style():
        empty = render(canvas(3.0, 1.0)).png
    assert drawn != empty


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        pytest.param({"MPLBACKEND": "nonsense"}, marks=pytest.mark.slow),
        pytest.param({"MATPLOTLIBRC": "rc"}, marks=pytest.mark.slow),
        {"MPLCONFIGDIR": "/proc/none", "HOME": "/proc/none", "PYTHONWARNINGS": "error"},
    ],
)
def test_matplotlib_of_another_environment(tmp_path, settings):
    """No noise, and the setting stays what it is for the user's own processes."""
    (tmp_path / "rc").write_bytes(b"font.family: \xff\xfe\n")
    code = (
        "import logging; logging.getLogger('matplotlib').setLevel(logging.ERROR)\n"
        "import os, farside.report.gallery, farside.survey.view, farside.report.divert\n"
        "from farside.report.style import canvas\n"
        "from farside.report.pictures import render\n"
        "print(len(render(canvas(1.0, 1.0)).png) > 100, os.environ.get('MPLBACKEND'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(**settings), cwd=tmp_path, text=True,
        capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.stdout == f"True {settings.get('MPLBACKEND')}\n", done.stderr
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("first", ["pictures", "alt", "page", "drawing"])
def test_a_backend_that_is_none_stops_nothing_whatever_is_imported_first(tmp_path, first):
    code = (
        f"import farside.report.{first}\n"
        "from sample_landing import cut_short\n"
        "from farside.report import save\n"
        "print(len(save(cut_short('crashed', 200), 'x')) > 5)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True,
        env=environment(MPLBACKEND="nonsense", PYTHONPATH=os.pathsep.join(sys.path)),
    )  # fmt: skip
    assert done.stdout == "True\n", done.stderr


def test_the_tab_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chang-mine.toml").write_text("")
    (tmp_path / "chapter.tex").write_text("")
    (tmp_path / "chars").mkdir()
    assert missions_like("chang-e") == CHANGE
    assert missions_like("apollo-11") == ["apollo-11"]
    assert missions_like("ch")[-2:] == ["chang-mine.toml", "chars/"]
    assert missions_like("no/such/") == []


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("farside land chang-e-", 2),
        ("farside missions --show chang-e-", 3),
        ("farside mission check chang-e-", 3),
        ("farside hazards z.tif --lander chang-e-", 4),
    ],
)
def test_the_shell_asks_for_it(words, at):
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(at)}
    asked["_FARSIDE_COMPLETE"] = "complete_bash"
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['farside']; "
         "from farside.cli.main import run; run()"],
        env=environment(**asked), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.split() == CHANGE and done.stderr == ""


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["lnad"], "land"),
        (["campain"], "campaign"),
        (["land", "--sed", "3"], "--seed"),
        (["export", "misson"], "mission"),
    ],
)
def test_did_you_mean(words, meant, capsys):
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert meant in line


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bad\udcff", "$a$ %s {}", "two\nlines"])
def test_folders_of_any_name(name, tmp_path, monkeypatch, capsys):
    """The commands of campaigns, where the folder's name is not even UTF-8."""
    monkeypatch.chdir(tmp_path)
    sys.stdout.reconfigure(errors="replace") if hasattr(sys.stdout, "reconfigure") else None
    os.symlink(reference(), name)
    out = os.fsdecode(os.fsencode(f"{name}.html"))
    assert main(["compare", name, name, "--out", out]) == 0
    page = (tmp_path / out).read_text("utf-8")
    assert "Nothing: both fly the same mission file" in page
    assert main(["summary", name, "--out", f"{name}-s.html", "--json", f"{name}.json"]) == 0
    assert json.loads((tmp_path / f"{name}.json").read_bytes())["runs"] == 12


def test_a_raster_whose_name_is_not_utf8(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("bad\udcff.tif", "b\udce9te.img"):
        with open(name, "wb") as file:
            file.write(b"II*\0")
        assert main(["hazards", name]) == 2
        assert main(["land", "--dem", name, "--no-imaging"]) == 2
        said = capsys.readouterr().err
        assert said.count("not UTF-8") == 2 and said.count("\n") == 2


@pytest.mark.slow
def test_an_input_whose_name_is_not_utf8(tmp_path):
    np.save(tmp_path / "bad\udcff.npy", np.zeros((32, 32), np.float32))
    done = subprocess.run(
        [*FARSIDE, "hazards", "bad\udcff.npy", "--cell", "0.5", "--out", "plain"],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "plain" / "sites.json").read_bytes())["input"] == "bad\udcff.npy"
