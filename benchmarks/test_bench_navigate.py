"""libfarside's navigator, timed from C over a recorded descent (bench_navigate.c)."""

import subprocess
import tomllib
from pathlib import Path

from c_library import NEEDS_GCC, STRICT, built_library, run
from recorded_descent import recorded

from farside.adapters.c.navigate import table_c

HERE = Path(__file__).resolve().parent
BUDGET = tomllib.loads((HERE / "budgets.toml").read_text())["lib_navigate"]
ROUNDS = 10

pytestmark = NEEDS_GCC


def test_navigate_from_c(tmp_path, benchmark):
    flight, built = recorded(), built_library()
    flight.measured.tofile(tmp_path / "measured")
    flight.commands.tofile(tmp_path / "commands")
    text = table_c(flight.table, flight.first, header=True, name="mission")
    (tmp_path / "mission.h").write_text(f"#include <math.h>\n{text}")
    run(
        "gcc", "-std=c99", "-O2", *STRICT, f"-I{tmp_path}", f"-I{built}",
        HERE / "bench_navigate.c", f"-L{built}", "-lfarside", f"-Wl,-rpath,{built}",
        "-o", tmp_path / "bench_navigate",
    )  # fmt: skip
    said = {}

    def measure():
        said["line"] = subprocess.run(
            [
                tmp_path / "bench_navigate", tmp_path / "measured", tmp_path / "commands",
                str(ROUNDS),
            ],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    benchmark.pedantic(measure, rounds=1)
    mean_ns, worst_ns, worst, clock_ns = map(float, said["line"].split())
    print(
        f"\nfarside_navigate: {mean_ns:.0f} ns mean of {len(flight.measured)} ticks, worst "
        f"{worst_ns:.0f} at tick {worst:.0f}, the clock's {clock_ns:.0f} included"
    )
    benchmark.extra_info.update(mean_ns=mean_ns, worst_ns=worst_ns)
    assert 0.001 * mean_ns <= BUDGET["mean_us"]
    assert 0.001 * worst_ns <= BUDGET["worst_us"]
