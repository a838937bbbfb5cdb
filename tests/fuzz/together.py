"""Run harnesses at the same time, for hours: `python tests/fuzz/together.py --minutes 600`.

Each is a process of its own, so that the scheduler gives all of them the same share of what the
machine has left; a harness that an input stops begins again. Executions are counted in a file that
the process maps (counted.c), and what was added is written every half a minute: a run that is
killed loses no more. Lines are those of run.py, with seconds of the processor (`cpu_s`).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harnesses import CHEAP, HARNESSES, build  # noqa: E402
from run import KEPT, LONGEST, OPTIONS, RUNS, WORK  # noqa: E402

EACH_S = 30.0
#: Seconds of the clock, on a machine that has others to serve, before an input never ends.
PATIENCE_S = 300
TICK_HZ = os.sysconf("SC_CLK_TCK")


def choice_of(name: str) -> list[str]:
    """Return how libFuzzer chooses the input that it changes next.

    Its statistics of rare edges cost more than an execution of a cheap harness; one that is dear
    chooses by them, and inputs that take long less often.
    """
    return ["-entropic=0"] if name in CHEAP else ["-entropic_scale_per_exec_time=1"]


def cpu_of(pid: int) -> float:
    """Return the processor's seconds of a process; 0 of one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK_HZ


@dataclasses.dataclass
class Runner:
    """One harness and its process."""

    program: Path
    work: Path
    end: float
    process: subprocess.Popen[bytes] | None = None
    executions: int = 0
    cpu_s: float = 0.0
    stops: int = 0

    def path(self, what: str) -> Path:
        """Return a folder of this harness, made where it is not there."""
        made = self.work / what / self.program.name
        made.mkdir(parents=True, exist_ok=True)
        return made

    def begin(self) -> None:
        """Start the process, with a count of its own."""
        name, left = self.program.name, max(int(self.end - time.monotonic()), 1)
        count = self.path("count") / "executions"
        count.write_bytes(bytes(8))
        self.executions, self.cpu_s = 0, 0.0
        kept = [KEPT / name] if (KEPT / name).is_dir() else []
        with (self.path("found") / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    self.program, *choice_of(name), f"-max_total_time={left}",
                    f"-max_len={LONGEST}", f"-timeout={PATIENCE_S}",
                    f"-artifact_prefix={self.path('found')}/", self.path("corpus"), *kept,
                ],
                stdout=subprocess.DEVNULL, stderr=log,
                env=os.environ | OPTIONS | {"FUZZ_COUNT": str(count)},
            )  # fmt: skip

    def turn(self) -> dict[str, object]:
        """Return what came since it was asked last; start anew what an input has stopped."""
        assert self.process is not None
        status = self.process.poll()
        count = int.from_bytes((self.path("count") / "executions").read_bytes(), sys.byteorder)
        cpu_s = max(cpu_of(self.process.pid), self.cpu_s)
        said = {
            "harness": self.program.name,
            "executions": count - self.executions,
            "cpu_s": round(cpu_s - self.cpu_s, 2),
            "found": int(status is not None and status > 0),
        }
        self.executions, self.cpu_s = count, cpu_s
        if status is not None and time.monotonic() < self.end:
            self.stops += 1
            self.begin()
        return said


def watch(runners: list[Runner], said: argparse.Namespace, end: float) -> int:
    """Write what the harnesses did, until the time is over; return how often one was stopped."""
    found = 0
    try:
        while time.monotonic() < end:
            time.sleep(max(min(EACH_S, end - time.monotonic()), 0.0))
            turns = [runner.turn() for runner in runners]
            found += sum(int(str(turn["found"])) for turn in turns)
            with said.runs.open("a") as file:
                for turn in turns:
                    file.write(json.dumps({"flavour": said.flavour} | turn) + "\n")
    finally:
        for runner in runners:
            if runner.process is not None:
                runner.process.terminate()
    return found


def main() -> int:
    """Build what is missing, run, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="HARNESS", help="all of them if none is named")
    parser.add_argument("--flavour", choices=("find", "fast"), default="fast")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--runs", type=Path, default=RUNS, help="the file that turns are added to")
    parser.add_argument("--built", type=Path, help="a folder of harnesses that are built already")
    parser.add_argument("--work", type=Path, default=WORK, help="inputs, and those that stop one")
    said = parser.parse_args()
    folder = said.built or WORK / said.flavour
    if said.built is None:
        build(said.flavour, folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    end = time.monotonic() + 60.0 * said.minutes
    runners = [Runner(folder / name, said.work, end) for name in said.names or HARNESSES]
    for runner in runners:
        runner.begin()
    found = watch(runners, said, end)
    if found:
        print(f"an input stopped a harness {found} times: {said.work}/found", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
