"""farside.h from the kernels' .pxd files, and the C assertions that hold the two together.

A struct or enum keeps its fields, their order and their comments; names get the prefix farside_ and
constants FARSIDE_. What is needed is found from the four structs that a host holds.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXT = ROOT / "ext"
TEMPLATE = Path(__file__).with_name("farside.h.in")

#: What a host holds: the kernel that declares it, its name there.
HOST = (
    ("guidance.autopilot.records", "AutopilotTable"),
    ("guidance.records.command", "Estimate"),
    ("guidance.records.command", "GuidanceCommand"),
    ("guidance.autopilot.records", "AutopilotState"),
    ("avoidance.records", "AvoidConfig"),
    ("avoidance.records", "AvoidScan"),
    ("avoidance.records", "AvoidMap"),
    ("avoidance.records", "AvoidMemory"),
    ("avoidance.records", "AvoidNow"),
    ("avoidance.records", "AvoidDecision"),
    ("navigation.records", "NavigationConfig"),
    ("navigation.state", "InitialEstimate"),
    ("common.measurements", "Measurements"),
    ("navigation.records", "NavigationEstimate"),
    ("navigation.records", "MapFix"),
    ("navigation.image_records", "Landmark"),
    ("navigation.image_records", "MotionPair"),
    ("navigation.image_records", "PlaceFix"),
)
#: Structs with another name in C than their own: what a host writes often is short, and
#: farside_plan is a function.
RENAMED = {
    "AutopilotTable": "farside_table",
    "GuidanceCommand": "farside_command",
    "AutopilotState": "farside_state",
    "CollocationPlan": "farside_knots",
    "PlannedDescent": "farside_planned",
}
#: Enums that a host reads or writes: kernel, and a member that tells which.
ENUMS = (
    ("common.types", "TICK_HZ"),
    ("guidance.records.command", "MAX_PHASES"),
    ("guidance.autopilot.records", "TABLE_VERSION"),
    ("guidance.autopilot.table_check", "TABLE_OK"),
    ("guidance.autopilot._codes", "LAW_BRAKING"),
    ("guidance.autopilot._codes", "EXIT_SITE"),
    ("guidance.autopilot._codes", "STATUS_OK"),
    ("guidance.autopilot._codes", "MODE_NONE"),
    ("guidance.autopilot._codes", "REASON_NONE"),
    ("guidance.autopilot._codes", "WAY_NONE"),
    ("guidance.autopilot._codes", "CAUSE_NONE"),
    ("guidance.autopilot._codes", "STEP_NONE"),
    ("avoidance.records", "AVOID_VERSION"),
    ("avoidance.records", "AVOID_OK"),
    ("avoidance.records", "HAZARD_SLOPE"),
    ("avoidance.records", "AVOID_LAND"),
    ("avoidance.records", "AVOID_ACCEPTED"),
    ("avoidance.records", "RULE_LEGS"),
    ("navigation.records", "NAVIGATION_VERSION"),
    ("navigation._codes", "NAVIGATION_OK"),
    ("navigation._codes", "LEFT_IMU"),
    ("navigation._codes", "TRUST_BELIEVED"),
    ("navigation._codes", "FIX_TAKEN"),
    ("navigation.health_records", "CHANNEL_STAR"),
    ("navigation.state", "POSITION"),
    ("navigation.camera_setup", "CAMERAS"),
    ("common.measurements", "VELOCITY_BEAMS"),
)
#: Of these enums only that member is a host's, with its comment.
ALONE = {"TABLE_VERSION": "of these structs: a table says which one it was made for"}
TYPES = {"bint": "int"}
#: What the planning call works in: only its size crosses the border.
ROOM = "struct __pyx_t_7farside_3ext_8guidance_11constrained_6solver_SolverWorkspace"
NUMBERS = {
    "double",
    "float",
    "int",
    "bint",
    "int32_t",
    "int64_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
}

BLOCK = re.compile(r"^cp?def (struct|enum)(?: (\w+))?:[ ]*(#.*)?\n((?:(?:    .*)?\n)+)", re.M)
FIELD = re.compile(r"^(const )?(\w+)(\*?) (\w+)((?:\[[\w +*-]+\])*)$")
CIMPORT = re.compile(r"^from farside\.ext\.([\w.]+) cimport (\([^)]*\)|.*)$", re.M)


@dataclass(frozen=True)
class Field:
    """One number, array or struct of a struct; its size is a number already."""

    kind: str
    name: str
    size: str
    comment: str


class Kernel:
    """The structs, enums and cimports of one .pxd."""

    def __init__(self, name: str, folder: Path = EXT) -> None:
        text = folder.joinpath(*name.split(".")).with_suffix(".pxd").read_text()
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
        if code.strip().startswith('"""'):  # what a Python enum says of itself
            code, comment = "", code.strip(' "')
        if code.strip() or comment.strip():
            lines.append((code.strip(), comment.strip()))
    return lines


class Declarations:
    """Everything that the host's structs are made of, each struct after those it holds."""

    def __init__(self, folder: Path = EXT) -> None:
        self.folder = folder
        self.kernels: dict[str, Kernel] = {}
        self.structs: dict[tuple[str, str], list[Field]] = {}
        for kernel, name in HOST:
            self.add(kernel, name)

    def kernel(self, name: str) -> Kernel:
        """Read a .pxd once."""
        if name not in self.kernels:
            self.kernels[name] = Kernel(name, self.folder)
        return self.kernels[name]

    def home(self, kernel: str, name: str) -> str:
        """Return which .pxd declares a name that a .pxd uses."""
        return self.kernel(kernel).origin.get(name, kernel)

    def constant(self, kernel: str, name: str) -> str:
        """Return the value of an enum's member."""
        for enum in self.kernel(self.home(kernel, name)).enums:
            for code, _ in enum:
                member, _, value = (part.strip() for part in code.partition("="))
                if member == name:
                    return self.spelt(kernel, value)
        raise SystemExit(f"{kernel}.pxd: no constant {name}")

    def spelt(self, kernel: str, text: str) -> str:
        """Put numbers for the constants in an array's size."""
        return re.sub(r"[A-Za-z_]\w*", lambda word: self.constant(kernel, word[0]), text)

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
            const, kind, star, field, size = found.groups()
            if kind not in NUMBERS:
                home = self.home(kernel, kind)
                self.add(home, kind)
                kind = c_name(kind)
            kind = f"{const or ''}{TYPES.get(kind, kind)}{star and ' *'}"
            fields.append(Field(kind, field, self.spelt(kernel, size), comment))
        if any(other == name for _, other in self.structs):
            raise SystemExit(f"two structs are named {name}")
        self.structs[kernel, name] = fields


def c_name(name: str) -> str:
    """Return a struct's name in C: farside_phase_row of PhaseRow."""
    plain = "farside_" + re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return RENAMED.get(name, plain)


def header(folder: Path = EXT) -> str:
    """Return the text of farside.h."""
    found = Declarations(folder)
    parts = []
    for kernel, member in ENUMS:
        enum = next(
            e for e in found.kernel(kernel).enums if any(c.split(" ")[0] == member for c, _ in e)
        )
        if member in ALONE:
            enum = [(code, ALONE[member]) for code, _ in enum if code.split(" ")[0] == member]
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
            lines.append(f"    {f.kind} {f.name}{f.size};{said}" if f.name else f"   {said[1:]}")
        title, body = c_name(name), "\n".join(lines)
        parts.append(f"typedef struct {title} {{\n{body}\n}} {title};\n")
    return TEMPLATE.read_text().replace("@TYPES@", "\n".join(parts))


#: Which of the library's .pyx uses the structs of a wing; farside.pyx uses all others.
UNITS = {"avoidance": "avoid", "navigation": "navigate", "common": "navigate"}


def assertions(unit: str = "farside", folder: Path = EXT) -> str:
    """Return C that compiles only where header and kernels agree on every size and offset.

    It stands behind the C that Cython makes of UNIT.pyx, in the same translation unit.
    """
    lines = []
    for (kernel, name), fields in Declarations(folder).structs.items():
        if UNITS.get(kernel.split(".")[0], "farside") != unit:
            continue
        module = "_".join(f"{len(part)}{part}" for part in ("farside", "ext", *kernel.split(".")))
        ours, theirs = c_name(name), f"struct __pyx_t_{module}_{name}"
        lines.append(f'_Static_assert(sizeof({ours}) == sizeof({theirs}), "{name}");')
        for f in fields:
            if f.name:
                lines.append(
                    f"_Static_assert(offsetof({ours}, {f.name}) == offsetof({theirs}, {f.name}) && "
                    f"sizeof((({ours} *)0)->{f.name}) == sizeof((({theirs} *)0)->{f.name}), "
                    f'"{name}.{f.name}");'
                )
    if unit == "farside":
        lines.append(f'_Static_assert(sizeof({ROOM}) <= sizeof(farside_room), "farside_room");')
    if unit == "navigate":
        # farside_navigation_read copies the first members: they are those of farside_estimate
        for f in Declarations(folder).structs["guidance.records.command", "Estimate"]:
            lines.append(
                f"_Static_assert(offsetof(farside_estimate, {f.name}) == "
                f'offsetof(farside_navigation_estimate, {f.name}), "{f.name}");'
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(header())
