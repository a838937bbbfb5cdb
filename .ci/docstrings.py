"""Check the docstrings of the public interface: every name in a package's `__all__`.

    python .ci/docstrings.py

numpydoc's own validation looks at each function, class and public method; what must hold is in
CHECKS. The first word must be an ordinary verb in the imperative for functions. Each has an
Examples section, but for what docs/_ext/public_names.py says; tests/unit/test_docstring_examples.py
runs them. Each record has a table of its fields with units, shapes and frames, as
docs/_ext/record_tables.py says.

Prints a line for each fault; the exit status is 1 where there is one.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpydoc.validate import validate

sys.path.append(str(Path(__file__).resolve().parents[1] / "docs/_ext"))
import public_names
import record_tables

CHECKS = {
    "GL08": "has no docstring",
    "SS01": "has no summary",
    "SS05": "begins with a verb that is not an imperative",
    "PR01": "leaves a parameter out",
    "PR02": "documents a parameter that it does not have",
    "RT01": "does not say what it returns",
}
#: First words that say nothing of what a function does.
WEAK = ("Give", "Tell", "Say", "Lay", "Hand", "Ask")


def public() -> Iterator[tuple[str, Any]]:
    """Yield the dotted name of every public function, class and method, and the object."""
    seen = set()
    for each in public_names.public():
        thing = each.held
        if each.constant or id(thing) in seen:
            continue
        seen.add(id(thing))
        home = f"{thing.__module__}.{thing.__qualname__}"
        if not home.startswith("farside."):
            continue
        yield home, thing
        if inspect.isclass(thing):
            for method, held in vars(thing).items():
                if inspect.isfunction(held) and not method.startswith("_"):
                    yield f"{home}.{method}", held


def faults(home: str, thing: Any) -> Iterator[str]:
    """Yield what is wrong with one docstring."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = validate(home)["errors"]
    text = inspect.getdoc(thing) or ""
    for code, said in found:
        # a dataclass or an enum lists its fields as it likes; an exception takes a message
        bare = inspect.isclass(thing) and not (text.find("Parameters\n") >= 0)
        # a kernel's class shows no signature, nor does one that stands on another's C++
        bare = bare or (home.startswith("farside.ext.") and inspect.isclass(thing))
        bare = bare or (inspect.isclass(thing) and "*args, **kwargs" in str(_signature(thing)))
        if code in CHECKS and not (bare and code in ("PR01", "PR02")):
            yield f"{home}: {code} {said}"
    if inspect.isfunction(thing) and text.startswith(WEAK):
        yield f"{home}: begins with {text.split()[0]!r}"


def _signature(thing: Any) -> inspect.Signature | None:
    """Return how a class is called, if it shows that."""
    try:
        return inspect.signature(thing)
    except ValueError:
        return None


def main() -> int:
    """Print every fault; 1 if there is one."""
    lines = [line for home, thing in public() for line in faults(home, thing)]
    lines += [f"{name}: has no Examples" for name in public_names.without_example()]
    lines += record_tables.faults()
    for line in lines:
        print(line, file=sys.stderr)
    print(f"{len(list(public()))} public docstrings, {len(lines)} faults")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
