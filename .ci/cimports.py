"""Find cimports that nothing uses: cython-lint looks at .pyx files alone.

    python .ci/cimports.py [FOLDER]...

A name counts as used where it stands in the file itself, or in a file that it includes. Prints a
line for each name that is not; the exit status is 1 where there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FROM = re.compile(
    r"^[ \t]*from[ \t]+[\w.]+[ \t]+c?import[ \t]+(?:\(([^)]*)\)|([^\n#]*))", re.MULTILINE
)
INCLUDE = re.compile(r'^[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


def included(path: Path, text: str) -> Iterator[str]:
    """Yield the texts of the files that a file includes, at any depth."""
    for name in INCLUDE.findall(text):
        near = path.parent / name
        found = near if near.exists() else ROOT / name.removeprefix("farside/")
        inner = found.read_text()
        yield inner
        yield from included(found, inner)


def imported(text: str) -> Iterator[str]:
    """Yield every name that a file takes in by `from ... cimport` or `from ... import`."""
    for match in FROM.finditer(text):
        names = re.sub(r"#[^\n]*", "", match[1] or match[2] or "")
        for name in names.split(","):
            word = name.split(" as ")[-1].strip()
            if re.fullmatch(r"\w+", word):
                yield word


def unused(path: Path) -> Iterator[str]:
    """Yield the names that a file takes in and does not use."""
    text = path.read_text()
    rest = FROM.sub("", text)
    code = "\n".join([rest, *included(path, text)])
    code = re.sub(r'""".*?"""', "", code, flags=re.DOTALL)
    code = re.sub(r"#[^\n]*", "", code)
    for word in imported(text):
        if not re.search(rf"\b{word}\b", code):
            yield word


def main(folders: list[str]) -> int:
    """Print every unused name; 1 if there is one."""
    places = [ROOT / folder for folder in folders or ("ext", "adapters")]
    files = [p for place in places for p in sorted(place.rglob("*.p[xy][dxi]"))]
    lines = [f"{p.relative_to(ROOT)}: {word} is not used" for p in files for word in unused(p)]
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
