"""Count the instructions of a descent, and hold them to the budgets in counted.json.

make instructions           # or: PYTHONPATH=.:tests/support python -m benchmarks.instructions
... --write                 # store what is counted as the new budgets, and in docs/realtime.md
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.instructions.count import CountError, compiled, counted, flown, run
from benchmarks.instructions.figures import figures, judged, made_with, table
from benchmarks.instructions.page import write_page
from benchmarks.instructions.record import recorded
from benchmarks.instructions.stack import imported, stack_bounds, within

MISSION, SEED = "chang-e-6", 3
STORED = Path(__file__).resolve().parent / "counted.json"
WORK = Path(__file__).resolve().parents[2] / "build" / "instructions"
#: What libfarside may take from libc: nothing of it allocates.
LEAVES = {"floor", "fmod", "memcpy", "memmove", "memset", "sqrt", "sqrtf"}


def measured(library: Path) -> dict[str, float]:
    """Fly the descent, count its calls and look at its stack; every figure by name."""
    WORK.mkdir(parents=True, exist_ok=True)
    other = set(imported(library / "libfarside.so")) - LEAVES
    if other:
        raise CountError(
            f"libfarside calls {', '.join(sorted(other))}: it may call no more of libc"
        )
    recorded(MISSION, SEED, WORK)
    program = compiled(WORK, library)
    counts, said = counted(program, WORK)
    if counts.heap:
        raise CountError(f"the descent calls {', '.join(counts.heap)}: it may take no memory")
    painted, _ = flown(run(program, WORK, "stack"))
    most = stack_bounds(library / "libfarside.so")
    within(painted, most)
    return figures(counts, flown(said)[1], painted, most)


def main() -> int:
    """Count, print, and compare or store; 1 where a budget is missed, 2 where none is counted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="store the figures as budgets")
    asked = parser.parse_args()
    began = time.monotonic()
    from c_library import built_library

    try:
        found = measured(built_library())
        tools = made_with()
    except CountError as why:
        print(f"instructions: {why}", file=sys.stderr)
        return 2
    stored = json.loads(STORED.read_text()) if STORED.exists() else None
    print(table(found, stored["figures"] if stored else {}))
    print(f"{MISSION}, seed {SEED}; heap: none; {time.monotonic() - began:.0f} s")
    if asked.write or stored is None:
        page = {"mission": MISSION, "seed": SEED, "made_with": tools, "figures": found}
        STORED.write_text(json.dumps(page, indent=2) + "\n")
        write_page(found)
        print(f"stored in {STORED.name} and docs/realtime.md")
        return 0
    missed, notes = judged(found, stored["figures"], tools, stored["made_with"])
    for line in notes:
        print(line)
    for line in missed:
        print(line, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
