"""Write the tables of docs/fuzzing.md: `python tests/fuzz/page.py [RUNS ...]`.

From the turns that were run (tests/fuzz/runs.jsonl, by harness; files of turns that are named are
added to it first) and from tests/fuzz/coverage.json.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harnesses import ALL, ROOT  # noqa: E402

RUNS, COVERAGE, PAGE = HERE / "runs.jsonl", HERE / "coverage.json", ROOT / "docs/fuzzing.md"


def add(paths: list[Path]) -> None:
    """Add the turns of other files to the kept ones, summed for each harness and flavour."""
    total: dict[tuple[str, str], Counter[str]] = {}
    lines = [line for path in (RUNS, *paths) if path.exists() for line in path.open()]
    for turn in map(json.loads, lines):
        counts = total.setdefault((turn["flavour"], turn["harness"]), Counter())
        for key in ("executions", "seconds", "cpu_s", "found"):
            counts[key] += turn.get(key, 0)
    with RUNS.open("w") as file:
        for (flavour, harness), counts in sorted(total.items()):
            said = {"flavour": flavour, "harness": harness, "executions": counts["executions"]}
            said |= {key: round(counts[key], 1) for key in ("seconds", "cpu_s") if counts[key]}
            said |= {"found": counts["found"]}
            file.write(json.dumps(said) + "\n")


def executions() -> str:
    """Return the table of executions."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for turn in map(json.loads, RUNS.read_text().splitlines()):
        for key in ("executions", "cpu_s"):
            counts[turn["flavour"], turn["harness"], key] += turn.get(key, 0)
    rows = [
        "| harness | with sanitizers | processor, s | without | kept inputs |",
        "|---|---:|---:|---:|---:|",
    ]
    total = [0, 0, 0, 0]
    for name in ALL:
        each = [
            counts["find", name, "executions"],
            round(counts["find", name, "cpu_s"]),
            counts["fast", name, "executions"],
            len(list((HERE / "corpus" / name).glob("*"))),
        ]
        total = [a + b for a, b in zip(total, each, strict=True)]
        rows.append(f"| `{name}` | " + " | ".join(f"{n:,}" for n in each) + " |")
    return "\n".join([*rows, "| all | " + " | ".join(f"{n:,}" for n in total) + " |"])


def coverage() -> str:
    """Return the table of lines."""
    rows = [
        "| sources | lines run | of | share | beyond the entries | share of the others |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for part, (run, there, left) in json.loads(COVERAGE.read_text()).items():
        shares = [f"{100.0 * run / max(of, 1):.1f} %" for of in (there, there - left)]
        rows.append(f"| {part} | {run:,} | {there:,} | {shares[0]} | {left:,} | {shares[1]} |")
    return "\n".join(rows)


def main() -> None:
    """Put both tables into the page, between their marks."""
    add([Path(name) for name in sys.argv[1:]])
    text = PAGE.read_text()
    for mark, table in (("executions", executions()), ("coverage", coverage())):
        text = re.sub(
            rf"(<!-- {mark} -->\n).*?(\n<!-- end -->)",
            lambda found, table=table: found[1] + table + found[2],
            text,
            flags=re.DOTALL,
        )
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
