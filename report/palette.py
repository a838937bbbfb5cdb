"""The colours of the phases: twenty that do not repeat, the same in every figure and the replay.

Chosen by farthest-point search over sRGB. Any two differ by 0.052 or more in OKLab, where an eye
just tells 0.02 apart; neighbours in the table by 0.137. That holds for full sight and for protans
and deutans, as simulated by Machado, Oliveira & Fernandes (2009); for tritans it is 1.3 times less.
Each has a contrast of 3 to 1 or more with white paper and with the replay's dark panels, which is
what WCAG 2.1 (1.4.11) asks of lines and areas. Words need more: they are never written in these.
"""

PHASE_COLOURS = (
    "#4b8796", "#9600ff", "#e10f5a", "#f04be1", "#789600", "#964bb4", "#007800", "#3ca587",
    "#c33c0f", "#a51ed2", "#ff4bb4", "#87694b", "#7896b4", "#ff5a4b", "#3c87ff", "#964b87",
    "#e12dff", "#96965a", "#6987d2", "#b45a78",
)  # fmt: skip


def phase_colour(row: int) -> str:
    """Return the colour of a row of the phase table, as #rrggbb; the 21st has the first again."""
    return PHASE_COLOURS[row % len(PHASE_COLOURS)]
