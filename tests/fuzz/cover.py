"""Say how much of the C entries the kept corpora reach: `python tests/fuzz/cover.py [FOLDER]`.

The library is compiled by gcc with --coverage from C that names the lines of the .pyx and .pxd it
was made from. What counts are the lines of the functions that the entries can reach: gcc writes no
others, for they are static and nobody calls them. What a flag of the package's own rules out is
told apart (`BEYOND`). Writes tests/fuzz/coverage.json.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harnesses import HARNESSES, ROOT, build  # noqa: E402

KEPT = HERE / "corpus"
RESULT = HERE / "coverage.json"
#: What belongs to the library, of all that Cython writes: its own functions and the entries.
OURS = ("__pyx_f_", "farside_", "lanes_")
#: Sources with functions that no entry can come to, and why. Only those of their functions count
#: as such that no input has entered.
BETWEEN = "limits between knots: a flight's planner asks for none (planner.pxd: bounds.between)"
BEYOND = {
    "ext/guidance/constrained/between_nodes.pxi": BETWEEN,
    "ext/guidance/constrained/plan.pxi": BETWEEN,
    "ext/navigation/bridge.pxd": "farside_navigate makes up missed ticks one by one",
}
Lines = dict[tuple[str, int], int]
Functions = dict[tuple[str, int], str]


def counted(work: Path) -> tuple[Lines, Functions]:
    """Return how often each line of a source was run, over all objects, and whose line it is."""
    lines: Lines = defaultdict(int)
    functions: Functions = {}
    for data in sorted(work.glob("*.gcda")):
        subprocess.run(["gcov", "--json-format", data.name], cwd=work, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    for path in work.glob("*.gcov.json.gz"):
        for file in json.loads(gzip.decompress(path.read_bytes()))["files"]:
            name = file["file"]
            if not name.endswith((".pyx", ".pxd", ".pxi")):
                continue
            name, function = name.removeprefix("build/tree/").removeprefix("farside/"), ""
            name = name if "/" in name else f"adapters/c/lib/{name}"
            for line in file["lines"]:
                # gcov names the function at its first line
                function = line.get("function_name", function)
                if function.startswith(OURS):
                    lines[name, line["line_number"]] += line["count"]
                    functions[name, line["line_number"]] = function
    return lines, functions


def beyond(lines: Lines, functions: Functions) -> Lines:
    """Return the lines that no entry can come to."""
    entered = {functions[key] for key, count in lines.items() if count}
    return {key: 0 for key in lines if key[0] in BEYOND and functions[key] not in entered}


def share(lines: Lines, chosen: str = "") -> tuple[int, int]:
    """Return how many lines were run, and how many there are, of the sources of a folder."""
    mine = {key: count for key, count in lines.items() if chosen in key[0]}
    return sum(count > 0 for count in mine.values()), len(mine)


def entered(lines: Lines, functions: Functions, out: Lines) -> tuple[int, int, int]:
    """Return how many functions some input enters, of how many; how many no entry can come to.

    Those that none enters are told on standard error, with the number of their lines.
    """
    some: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for key, name in functions.items():
        some[name] += lines[key] > 0
        size[name] += 1
    left = {functions[key] for key in out}
    for name in sorted(size):
        if not some[name]:
            why = ": beyond the entries" if name in left else ""
            print(f"  no input enters {name}, {size[name]} lines{why}", file=sys.stderr)
    return sum(some[name] > 0 for name in size), len(size), len(left)


def main() -> int:
    """Build, replay, count, and write what was counted."""
    folder = Path(sys.argv[1] if sys.argv[1:] else ROOT / "build/fuzz/cover").resolve()
    if not (folder / HARNESSES[-1]).exists():
        build("cover", folder)
    for old in (folder / "work").glob("*.gcda"):
        old.unlink()
    for name in HARNESSES:
        subprocess.run([folder / name, KEPT / name], check=True)
    lines, functions = counted(folder / "work")
    out = beyond(lines, functions)
    parts = {"all": (*share(lines), len(out))}
    for part in ("ext/guidance", "ext/navigation", "ext/avoidance", "ext/terrain", "ext/common",
                 "adapters/c"):  # fmt: skip
        parts[part] = (*share(lines, part), share(out, part)[1])
    parts["functions"] = entered(lines, functions, out)
    for part, (run, there, left) in parts.items():
        print(
            f"{part}: {run} of {there}, {100.0 * run / max(there, 1):.1f} %; {left} of the "
            f"rest are beyond the entries: {100.0 * run / max(there - left, 1):.1f} %"
        )
    RESULT.write_text(json.dumps(parts, indent=1) + "\n")
    for name, line in sorted(key for key in lines if not lines[key] and key not in out):
        print(f"  {name}:{line}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
