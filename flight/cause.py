"""One thing that a flight failed by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One thing that a flight failed by.

    kind is a name to count by; text the sentence; phase the row of the table that it happened in;
    time_s [s since initiation] when, or when it began; value, limit and unit the number behind it.
    What does not apply is None.
    """

    kind: str
    text: str
    phase: str | None = None
    time_s: float | None = None
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
