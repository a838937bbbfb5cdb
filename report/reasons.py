"""What may speak against a cell, with the words and the colour that pictures give it."""

from farside.report.style import BLACK, BLUE, GREY, OLIVE, ORANGE, PURPLE, VERMILION, YELLOW
from farside.terrain import Reason

#: The gravest last: it is painted over the others. NEAR and UNSURE never meet: each belongs to one
#: of the two rules of choice.
REASONS: tuple[tuple[Reason, str, str], ...] = (
    (Reason.NEAR, "too near", YELLOW),
    (Reason.UNSURE, "unsure", YELLOW),
    (Reason.OUT_OF_REACH, "out of reach", "#c7b8ea"),
    (Reason.STAND_SLOPE, "legs too steep", OLIVE),
    (Reason.BELLY, "belly touches", BLUE),
    (Reason.SLOPE, "too steep", ORANGE),
    (Reason.ROUGH, "too rough", VERMILION),
    (Reason.EDGE, "at the edge", GREY),
    (Reason.UNSEEN, "not seen", BLACK),
    (Reason.SHADOW, "hidden", PURPLE),
)
