"""Fuzz libfarside and keep count: `python tests/fuzz/run.py --minutes 60 [--flavour fast]`.

The harnesses take turns, one process at a time: the next is the one that has had least of the
processor, so that shares are equal (`WEIGHT`: double ones). Each turn adds a line to a file of
turns (tests/fuzz/runs.jsonl): harness, flavour, executions, seconds, those of the processor, and
whether an input was found that stops it. Inputs that reach more are kept below build/fuzz/corpus,
an input that stops a harness below build/fuzz/found; `--keep` minimises the corpora and adds what
is left to tests/fuzz/corpus.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from harnesses import ALL, build  # noqa: E402

RUNS = HERE / "runs.jsonl"
KEPT = HERE / "corpus"
WORK = ROOT / "build/fuzz"
TURN_S = 120
#: Of the processor, beside the others: the two with most behind them.
WEIGHT = {"navigate": 2.0, "flight": 2.0}
#: An input is a list of draws: longer ones only draw more of the same.
LONGEST = 1024
#: Seconds after which an input counts as one that never ends.
PATIENCE_S = 20
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def run_turn(
    program: Path, seconds: int, work: Path = WORK, patience_s: int = PATIENCE_S
) -> dict[str, object]:
    """Let one harness run for some seconds; return what it counted."""
    name = program.name
    corpus, found = work / "corpus" / name, work / "found" / name
    for folder in (corpus, found, KEPT / name):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    start, spent = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [
            program, f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={patience_s}",
            f"-artifact_prefix={found}/", "-print_final_stats=1", "-len_control=20", corpus,
            KEPT / name,
        ],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace",
        env=os.environ | OPTIONS,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    counted = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    # one that only takes long on a busy machine stops nothing
    new = sorted(p.name for p in set(found.iterdir()) - before if not p.name.startswith("slow"))
    if new:
        (found / f"{new[0]}.txt").write_text(done.stderr[-20_000:])
    return {
        "harness": name,
        "executions": int(counted[1]) if counted else 0,
        "seconds": round(time.monotonic() - start, 1),
        "cpu_s": round(after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime, 1),
        "found": len(new),
    }


def take_turns(said: argparse.Namespace, folder: Path) -> int:
    """Run the harnesses in turn until the time is over; return how many inputs stopped one."""
    end, found = time.monotonic() + 60.0 * said.minutes, 0
    shares = dict.fromkeys(said.names or ALL, 0.0)
    while (left := end - time.monotonic()) > 1.0:
        name = min(shares, key=lambda each: shares[each])
        turn = run_turn(folder / name, int(min(said.turn, left)) or 1, said.work, said.patience)
        cpu_s = float(str(turn["cpu_s"]))
        shares[name] += max(cpu_s, 0.01) / WEIGHT.get(name, 1.0)
        found += int(str(turn["found"]))
        with said.runs.open("a") as file:
            file.write(json.dumps({"flavour": said.flavour} | turn) + "\n")
        print(
            f"{name}: {turn['executions']} executions in {cpu_s:.1f} s of the processor, "
            f"{turn['found']} found",
            flush=True,
        )
    return found


def keep(folder: Path, names: list[str], work: Path) -> None:
    """Minimise each corpus, by the edges it reaches, into tests/fuzz/corpus."""
    for name in names:
        least, whole = work / "least" / name, work / "corpus" / name
        shutil.rmtree(least, ignore_errors=True)
        least.mkdir(parents=True)
        (KEPT / name).mkdir(parents=True, exist_ok=True)
        whole.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                folder / name, "-set_cover_merge=1", "-use_counters=0", f"-max_len={LONGEST}",
                least, KEPT / name, whole,
            ],
            check=True, stderr=subprocess.DEVNULL, env=os.environ | OPTIONS,
        )  # fmt: skip
        shutil.rmtree(KEPT / name)
        shutil.copytree(least, KEPT / name)
        print(f"{name}: {len(list(least.iterdir()))} inputs kept")


def main() -> int:
    """Build what is missing, run, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="HARNESS", help="all of them if none is named")
    parser.add_argument("--flavour", choices=("find", "fast"), default="find")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--turn", type=int, default=TURN_S, help="seconds of one harness")
    parser.add_argument("--runs", type=Path, default=RUNS, help="the file that turns are added to")
    parser.add_argument("--work", type=Path, default=WORK, help="inputs, and those that stop one")
    parser.add_argument(
        "--patience", type=int, default=PATIENCE_S, help="seconds after which an input never ends"
    )
    parser.add_argument("--built", type=Path, help="a folder of harnesses that are built already")
    parser.add_argument("--keep", action="store_true", help="minimise the corpora and keep them")
    said = parser.parse_args()
    folder = said.built or WORK / said.flavour
    if said.built is None:
        build(said.flavour, folder)
    if wrong := set(said.names) - set(ALL):
        parser.error(f"no harness {', '.join(sorted(wrong))}: {', '.join(ALL)}")
    found = take_turns(said, folder)
    if said.keep:
        keep(folder, said.names or list(ALL), said.work)
    if found:
        print(f"{found} inputs stop a harness: build/fuzz/found", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
