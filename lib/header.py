"""farside.h from the kernels' .pxd files, and the C assertions that hold the two together.

A struct or enum keeps its fields, their order and their comments; names get the prefix farside_ and
constants FARSIDE_. What is needed is found from the four structs that a host holds.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXT = ROOT / "ext"
TEMPLATE = Path(__file__).with_name("farside.h.in")

#: What a host holds, by the names of C.
HOST = {
    "AutopilotTable": "farside_table",
    "Estimate": "farside_estimate",
    "GuidanceCommand": "farside_command",
    "AutopilotState": "farside_state",
}
#: Structs inside those whose plain name is taken, by a function.
RENAMED = {"Plan": "farside_planned"}
#: Enums that a host reads or writes: kernel, and a member that tells which.
ENUMS = (
    ("types", "TICK_HZ"),
    ("autopilot_records", "MAX_PHASES"),
    ("table_check", "TABLE_OK"),
    ("autopilot_records", "LAW_BRAKING"),
    ("autopilot_records", "EXIT_SITE"),
    ("autopilot_records", "STATUS_OK"),
    ("chain", "LINK_NONE"),
    ("chain", "REASON_NONE"),
)
TYPES = {"bint": "int"}
NUMBERS = {"double", "float", "int", "bint", "int32_t", "int64_t", "uint32_t"}

BLOCK = re.compile(r"^cdef (struct|enum)(?: (\w+))?:[ ]*(#.*)?\n((?:(?:    .*)?\n)+)", re.M)
FIELD = re.compile(r"^(\w+) (\w+)(?:\[(\w+)\])?$")
CIMPORT = re.compile(r"^from farside\.ext\.(\w+) cimport (\([^)]*\)|.*)$", re.M)


@dataclass(frozen=True)
class Field:
    """One number, array or struct of a struct; its size is a number already."""

    kind: str
    name: str
    length: str
    comment: str


class Kernel:
    """The structs, enums and cimports of one .pxd."""

    def __init__(self, name: str, folder: Path = EXT) -> None:
        text = (folder / f"{name}.pxd").read_text()
        self.name = name
        self.structs: dict[str, list[tuple[str, str]]] = {}
        self.enums: list[list[tuple[str, str]]] = []
        for what, title, _, body in BLOCK.findall(text):
            lines = split(body)
            if what == "struct":
                self.structs[title] = lines
            else:
                self.enums.append(lines)
        self.origin = {
            word.strip(): source
            for source, words in CIMPORT.findall(text)
            for word in words.strip("()").split(",")
        }


def split(body: str) -> list[tuple[str, str]]:
    """Split a block's lines into what is declared and what is said of it."""
    lines = []
    for line in body.splitlines():
        code, _, comment = line.partition("#")
        if code.strip() or comment.strip():
            lines.append((code.strip(), comment.strip()))
    return lines


class Declarations:
    """Everything that the host's structs are made of, each struct after those it holds."""

    def __init__(self, folder: Path = EXT) -> None:
        self.folder = folder
        self.kernels: dict[str, Kernel] = {}
        self.structs: dict[tuple[str, str], list[Field]] = {}
        for name in HOST:
            self.add("autopilot_records", name)

    def kernel(self, name: str) -> Kernel:
        """Read a .pxd once."""
        if name not in self.kernels:
            self.kernels[name] = Kernel(name, self.folder)
        return self.kernels[name]

    def home(self, kernel: str, name: str) -> str:
        """Tell which .pxd declares a name that a .pxd uses."""
        return self.kernel(kernel).origin.get(name, kernel)

    def constant(self, kernel: str, name: str) -> str:
        """Give the value of an enum's member."""
        for enum in self.kernel(self.home(kernel, name)).enums:
            for code, _ in enum:
                member, _, value = (part.strip() for part in code.partition("="))
                if member == name:
                    return value
        raise SystemExit(f"{kernel}.pxd: no constant {name}")

    def add(self, kernel: str, name: str) -> None:
        """Take a struct in, after all that it holds."""
        if (kernel, name) in self.structs:
            return
        if name not in self.kernel(kernel).structs:
            raise SystemExit(f"{kernel}.pxd: no struct {name}")
        fields = []
        for code, comment in self.kernel(kernel).structs[name]:
            if not code:
                fields.append(Field("", "", "", comment))
                continue
            found = FIELD.match(code)
            if found is None:
                raise SystemExit(f"{kernel}.pxd: struct {name}: cannot read {code!r}")
            kind, field, length = found.groups()
            if length and not length.isdigit():
                length = self.constant(kernel, length)
            if kind not in NUMBERS:
                home = self.home(kernel, kind)
                self.add(home, kind)
                kind = c_name(kind)
            fields.append(Field(TYPES.get(kind, kind), field, length or "", comment))
        if any(other == name for _, other in self.structs):
            raise SystemExit(f"two structs are named {name}")
        self.structs[kernel, name] = fields


def c_name(name: str) -> str:
    """Give a struct's name in C: farside_phase_row of PhaseRow."""
    plain = "farside_" + re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return (HOST | RENAMED).get(name, plain)


def header(folder: Path = EXT) -> str:
    """Give the text of farside.h."""
    found = Declarations(folder)
    parts = []
    for kernel, member in ENUMS:
        enum = next(
            e for e in found.kernel(kernel).enums if any(c.split(" ")[0] == member for c, _ in e)
        )
        lines = []
        for n, (code, comment) in enumerate(enum):
            comma = "," if n < len(enum) - 1 else ""
            said = f"  /* {comment} */" if comment else ""
            lines.append(f"    FARSIDE_{code}{comma}{said}" if code else f"    /* {comment} */")
        parts.append("enum {\n" + "\n".join(lines) + "\n};\n")
    for (_, name), fields in found.structs.items():
        lines = []
        for f in fields:
            said = f"  /* {f.comment} */" if f.comment else ""
            size = f"[{f.length}]" if f.length else ""
            lines.append(f"    {f.kind} {f.name}{size};{said}" if f.name else f"   {said[1:]}")
        title, body = c_name(name), "\n".join(lines)
        parts.append(f"typedef struct {title} {{\n{body}\n}} {title};\n")
    return TEMPLATE.read_text().replace("@TYPES@", "\n".join(parts))


def assertions(folder: Path = EXT) -> str:
    """Give C that compiles only where header and kernels agree on every size and offset.

    It stands behind the C that Cython makes of lib/farside.pyx, in the same translation unit.
    """
    lines = []
    for (kernel, name), fields in Declarations(folder).structs.items():
        module = "_".join(f"{len(part)}{part}" for part in ("farside", "ext", kernel))
        ours, theirs = c_name(name), f"struct __pyx_t_{module}_{name}"
        lines.append(f'_Static_assert(sizeof({ours}) == sizeof({theirs}), "{name}");')
        for f in fields:
            if f.name:
                lines.append(
                    f"_Static_assert(offsetof({ours}, {f.name}) == offsetof({theirs}, {f.name}) && "
                    f"sizeof((({ours} *)0)->{f.name}) == sizeof((({theirs} *)0)->{f.name}), "
                    f'"{name}.{f.name}");'
                )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(header())
