"""Write farside as plain C: `python adapters/c/lib/amalgamate.py FOLDER`.

It writes farside.c and farside.h, the library in one file that any C11 compiler takes, and fmi/,
what the FMUs are made of. None includes Python.h.

Cython writes a module's C in named sections: what the .pxd files include, types, prototypes and
functions, and beside these all that Python needs. Here each of those sections is cut into its
top-level definitions; functions that no entry point reaches are dropped, and with them Python.
Names carry the .pxd that they come from, so that parts join where equal definitions are left out.
The bits are those of the package with `FLAGS` (decision 082). The map kernels are built for the
baseline of the target only, where build.py has them for AVX2 and AVX-512 too.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from build import LANES, UNITS, setting, translate
from header import ROOT, assertions, header

#: What every compiler must be told, for the bits of the package.
FLAGS = ("-std=c11", "-O3", "-ffp-contract=off", "-fwrapv", "-fno-strict-aliasing")
FMI_SOURCES = ROOT / "adapters/fmi/c"
#: One of these, whole: a comment, a string, a character, a name, anything else.
TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\w+|\n|.""", re.DOTALL
)
WORD = re.compile(r"\b[A-Za-z_]\w*\b")
#: A function's definition: what stands before its brace ends with the arguments.
FUNCTION = re.compile(r"^[^={;]*?\b(\w+)\s*\((?:[^(){};]|\([^(){};]*\))*\)\s*\{")
#: What Cython's C expects of its own preamble.
PREAMBLE = """
/* {title}, in one file of C11: made from the kernels, not to be edited.
   Compile with -ffp-contract=off -fwrapv -fno-strict-aliasing, and without -ffast-math. */
#if defined(__FAST_MATH__)
#error "the bits of farside are not to be had with -ffast-math"
#endif
/* Of C that Cython wrote: parts of const records go through pointers that are not const, and are
   read; counters of loops are set and not used; enums are compared with int. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wincompatible-pointer-types-discards-qualifiers"
#pragma clang diagnostic ignored "-Wunused-but-set-variable"
#pragma clang diagnostic ignored "-Wunused-function"
#pragma clang diagnostic ignored "-Wsign-compare"
#elif defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#if __GNUC__ >= 11 /* farside.h says how long an array is, where Cython has a pointer */
#pragma GCC diagnostic ignored "-Warray-parameter"
#endif
#endif
#include <stddef.h>
#define FARSIDE_BASELINE
#define CYTHON_INLINE inline
#define CYTHON_UNUSED
#define CYTHON_FALLTHROUGH
#define __PYX_EXTERN_C extern
#define likely(x) (x)
#define unlikely(x) (x)
""".lstrip()


def section(text: str, name: str) -> str:
    """Return one of Cython's sections.

    Raises
    ------
    SystemExit
        Where there is none: another version of Cython lays its C out otherwise.
    """
    head = f"/* #### Code section: {name} ### */\n"
    begin = text.find(head)
    if begin < 0:
        raise SystemExit(f"the C of this Cython has no section {name}: farside.c cannot be made")
    begin += len(head)
    return text[begin : text.index("/* #### Code section:", begin)]


def definitions(text: str) -> list[str]:
    """Cut C into what stands at the top level: definitions, prototypes, and regions of #if.

    A region of #if goes in one piece, with all that is in it.
    """
    parts: list[str] = []
    held, depth, nested, line_start = "", 0, 0, True
    tokens = iter(TOKEN.finditer(text))
    for found in tokens:
        token = found[0]
        if token == "#" and line_start and depth == 0:
            token = directive(text, found.start())
            for _ in range(len(TOKEN.findall(token)) - 1):
                next(tokens)
            nested += opened(token)
            held += token
            if nested == 0:
                parts, held = [*parts, held], ""
            line_start = True
            continue
        if not token.startswith(("/*", "//")):
            held += token
            depth += (token == "{") - (token == "}")
        line_start = token == "\n" or (line_start and token.isspace())
        if depth == 0 and nested == 0 and (token == ";" or is_body(held, token)):
            parts, held = [*parts, held], ""
    return [part.strip() for part in [*parts, held] if part.strip()]


def directive(text: str, begin: int) -> str:
    """Return a line of the preprocessor, with those it goes on in."""
    found = re.compile(r"(?:[^\n\\]|\\.)*\n?", re.DOTALL).match(text, begin)
    assert found is not None
    return re.sub(r"/\*[^\n]*?\*/", "", found[0])


def opened(line: str) -> int:
    """Return by how much a line of the preprocessor changes the nesting."""
    word = line.lstrip("# \t")
    return word.startswith("if") - word.startswith("endif")


def is_body(held: str, token: str) -> bool:
    """Return whether a brace closes a function, not a type or an initializer."""
    return token == "}" and FUNCTION.match(held.strip()) is not None


def function_name(part: str) -> str | None:
    """Return the name of the function that a definition is, or None."""
    found = FUNCTION.match(part)
    return found[1] if found else None


def reached(functions: dict[str, str], entries: Iterable[str]) -> set[str]:
    """Return the functions that entry points call, and those that these call."""
    found: set[str] = set()
    waiting = [name for name in entries if name in functions]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += {w for w in WORD.findall(functions[name]) if w in functions} - found
    return found


def prototype(part: str) -> str | None:
    """Return the function that a prototype names, or None."""
    found = re.match(r"^[^={]*?\b(\w+)\s*\([^{]*\)\s*;$", part, re.DOTALL)
    return found[1] if found and not part.startswith("typedef") else None


def tidy(part: str) -> str:
    """Return a definition without Cython's blank lines, and with names of C."""
    for python, plain in (("PY_LONG_LONG", "long long"), ("Py_ssize_t", "ptrdiff_t")):
        part = re.sub(rf"\b{python}\b", plain, part)
    return re.sub(r"\n\s*\n+", "\n", part)


class Part:
    """The C of one .pyx, without Python."""

    def __init__(self, text: str) -> None:
        early = text[text.index("/* Early includes */") :]
        end = re.search(r"^#if(def|ndef)? .*(PYREX|OPENMP|CYTHON|PyObject|WIN32)", early, re.M)
        assert end is not None, "Cython's includes do not end where they did"
        self.includes = definitions(early[: end.start()])
        self.types = [
            part
            for part in definitions(section(text, "type_declarations"))
            if "PyObject" not in part
        ]
        code = definitions(section(text, "module_code"))
        functions = {name: part for part in code if (name := function_name(part))}
        #: All that is not Cython's own is an entry point.
        self.entries = [n for n in functions if not n.startswith(("__pyx", "__Pyx", "PyInit"))]
        kept = reached(functions, self.entries)
        declared = section(text, "module_declarations")
        declared = declared[declared.index("/* Module declarations from") :]
        self.prototypes = [p for p in definitions(declared) if prototype(p) in kept]
        self.functions = [functions[name] for name in functions if name in kept]
        words = {w for f in self.functions for w in re.findall(r"\b__pyx_k_\w+", f)}
        strings = definitions(section(text, "string_decls"))
        self.types += [s for s in strings if words & set(WORD.findall(s))]
        python = sorted({w for f in self.functions for w in re.findall(r"\bPy\w+\(", f)})
        if python:
            raise SystemExit(f"entry points reach Python: {', '.join(python)}")


def amalgamated(title: str, texts: Sequence[str], tail: str = "") -> str:
    """Return modules that Cython wrote as one file of C.

    Parameters
    ----------
    title : str
        What the file is, for its first line.
    texts : sequence of str
        The C of each module.
    tail : str
        C that is to stand behind it, such as assertions.

    Raises
    ------
    SystemExit
        Where an entry point reaches Python.
    """
    parts = [Part(text) for text in texts]
    kinds = ("includes", "types", "prototypes", "functions")
    whole = [tidy(each) for kind in kinds for part in parts for each in getattr(part, kind)]
    text = "\n".join(dict.fromkeys(whole)) + "\n" + tail
    own = (ROOT / "adapters/c/lib/lanes.h").read_text()
    return PREAMBLE.format(title=title) + text.replace('#include "lanes.h"', own) + "\n"


def lanes_named(text: str) -> str:
    """Return a map kernel's C with the names that lanes.h gives the baseline."""
    return re.sub(r"\b(lanes_(?:load|map)_\w+|lanes_assess_cells)\b(?=\()", r"\1_x86_64", text)


def translated(folder: Path, name: str, source: Path) -> str:
    """Return the C that Cython makes of one .pyx."""
    translate(name, folder, source)
    return (folder / f"{name}_kernels.c").read_text()


def write(folder: Path) -> None:
    """Write farside.c, farside.h and the sources of the FMUs into a folder."""
    work, fmi = folder / "work", folder / "fmi"
    for each in (work, fmi):
        each.mkdir(parents=True, exist_ok=True)
    library = ROOT / "adapters/c/lib"
    kinds = list(setting("FMU_KINDS"))
    names = [*UNITS, *(f"{kind}_lanes" for kind in LANES)]
    jobs = [(name, library / f"{name}.pyx") for name in names]
    jobs += [(f"fmu_{kind}", FMI_SOURCES / f"{kind}.pyx") for kind in kinds]
    with ThreadPoolExecutor() as pool:
        texts = dict(zip([n for n, _ in jobs], pool.map(partial(of_job, work), jobs), strict=True))
    lanes = [lanes_named(texts[f"{kind}_lanes"]) for kind in LANES]
    checks = "".join(assertions(unit) for unit in UNITS)
    units = [texts[unit] for unit in UNITS]
    (folder / "farside.h").write_text(header())
    (folder / "farside.c").write_text(amalgamated("libfarside", [*units, *lanes], checks))
    for kind in kinds:
        modules = [texts[f"fmu_{kind}"], *(lanes if kind == "avoidance" else [])]
        (fmi / f"{kind}.c").write_text(amalgamated(f"the FMU of kind {kind}", modules))
    for path in FMI_SOURCES.glob("*.[ch]"):
        shutil.copy(path, fmi)


def of_job(work: Path, job: tuple[str, Path]) -> str:
    """Return the C of one name and source."""
    return translated(work, *job)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python adapters/c/lib/amalgamate.py FOLDER")
    write(Path(sys.argv[1]).resolve())
