"""A place in a mission file, and the refusal that names it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from farside.ext.common.errors import FarsideError


class MissionError(FarsideError):
    """A mission that cannot be flown as written: one line with the file, the key and the cure.

    Attributes
    ----------
    faults : tuple of str
        A line for each fault of the mission, the first of them the error's own.
    """

    def __init__(self, line: str, faults: Sequence[str] = ()) -> None:
        super().__init__(line)
        self.faults = tuple(faults) or (line,)


@dataclass(frozen=True)
class FieldPath:
    """A key of a file; where they are known its keys' lines, and the tables they belong in."""

    file: str
    key: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    homes: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def within(self, key: str) -> "FieldPath":
        """Return the place of a key of this table."""
        return replace(self, key=f"{self.key}.{key}" if self.key else key)

    def row(self, name: str) -> "FieldPath":
        """Return the place of an element of this array."""
        return replace(self, key=f"{self.key}[{name}]")

    def fault(self, text: str) -> MissionError:
        """Describe what is wrong here, on one line whatever the file put into it."""
        file = f"{self.file}:{self.line}" if self.line else self.file
        line = ": ".join(part for part in (file, self.key, text) if part)
        return MissionError("".join(c if c.isprintable() else "?" for c in line))

    @property
    def line(self) -> int | None:
        """The line of the key, or of the innermost table about it that the file has."""
        key = self.key
        while key and key not in self.lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.lines.get(key)
