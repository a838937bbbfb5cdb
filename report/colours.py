"""Colours of figures and pages that everyone can tell apart; what writes pages needs no more."""

# Okabe & Ito (2008); yellow is for areas, since paper swallows its lines.
BLACK, GREY = "#1a1a1a", "#8c8c8c"
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
VERMILION, SKY, YELLOW = "#d55e00", "#56b4e9", "#f0e442"
OLIVE = "#b8a000"  # a darker yellow, for areas, too
LIMIT = "#b3261e"
UNKNOWN = "#f2f2f2"  # behind the hatch where nothing is known
