"""Print what pyproject.toml asks for, a line each, so that pip need not install farside for it.

    python .ci/requires.py build|run|EXTRA

`run` names the run-time dependencies. An extra that names other extras of farside is opened.
"""

import re
import sys
import tomllib
from pathlib import Path


def requirements(name: str) -> list[str]:
    """Return the requirements of the build, of the run time or of one extra, without repeats."""
    pyproject = Path(__file__).resolve().parent.parent / "pyproject.toml"
    tables = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = {
        "build": tables["build-system"]["requires"],
        "run": tables["project"]["dependencies"],
        **tables["project"]["optional-dependencies"],
    }

    def opened(group: str) -> list[str]:
        found: list[str] = []
        for line in groups[group]:
            own = re.fullmatch(r"farside\[(.+)\]", line)
            found += [q for e in own[1].split(",") for q in opened(e)] if own else [line]
        return found

    if name not in groups:
        raise SystemExit(f"no extra {name}: there are {', '.join(groups)}")
    return list(dict.fromkeys(opened(name)))


if __name__ == "__main__":
    print(*requirements(sys.argv[1]), sep="\n")
