"""Which exit makes sense for which law of the phase table, and why another does not.

A row that cannot end, or that is over as soon as it begins, is refused when the file is read.
"""

from typing import Final

from farside.mission.reader import FieldSpec

EXITS: Final = {
    "time_to_go": FieldSpec(("exit_s",)),
    "attitude": FieldSpec(("exit_deg", "limit_s")),
    "site": FieldSpec(("limit_s",)),
    "height": FieldSpec(("exit_m",), ("limit_s",)),
    "altitude": FieldSpec(("exit_m",), ("limit_s",)),
    "elapsed": FieldSpec(("exit_s",)),
    "contact": FieldSpec(),
    "rest": FieldSpec(),
}
"""The exits, with the number that opens each."""

MEANING: Final = {
    "time_to_go": "the law's time-to-go is down to exit_s",
    "attitude": "the attitude error is below exit_deg, at the earliest after 0.05 s",
    "site": "a landing site has been chosen from the scan",
    "height": "the base is below exit_m above the ground beneath, by the touchdown sensor (above "
    "the level of the touchdown target while that gives none), or a footpad touches",
    "altitude": "the base is below exit_m above the site's radius",
    "elapsed": "the row has lasted exit_s",
    "contact": "the first footpad touches",
    "rest": "the lander has come to rest",
}
"""When a row with each exit ends. One with limit_s ends after that long all the same."""

_FLIES_TO = ("time_to_go", "height", "altitude", "elapsed", "contact")

LAW_EXITS: Final = {
    "braking": ("time_to_go", "height", "altitude", "elapsed"),
    "adjust": ("attitude", "height", "altitude", "elapsed"),
    "polynomial": _FLIES_TO,
    "optimal": ("time_to_go", "height", "altitude", "elapsed"),
    "e_guidance": _FLIES_TO,
    "hover": ("site", "elapsed"),
    "descend": _FLIES_TO,
    "hold": ("attitude", "height", "altitude", "elapsed", "contact"),
    "off": ("attitude", "height", "altitude", "elapsed", "contact", "rest"),
    "trim": ("time_to_go", "elapsed"),
    "quadratic": ("time_to_go", "height", "altitude", "elapsed"),
    "null_velocity": ("height", "altitude", "elapsed", "contact"),
}
"""The exits that end a row of each law, neither at once nor never."""

_WHY: Final = {
    "time_to_go": "has no time-to-go",
    "attitude": "has its attitude from the start",
    "site": "never chooses a site",
    "height": "comes down no further than its altitude_m",
    "altitude": "comes down no further than its altitude_m",
    "contact": "never touches down",
    "rest": "never comes to rest",
}


def exit_fault(law: str, leaves: str) -> str:
    """Describe why a law cannot have an exit; nothing where it can.

    Parameters
    ----------
    law, leaves : str
        Of the row.

    Examples
    --------
    >>> exit_fault("hover", "time_to_go")
    'law = "hover" has no time-to-go; give one of site, elapsed'
    >>> exit_fault("hover", "site")
    ''
    """
    if leaves in LAW_EXITS[law]:
        return ""
    why = _WHY[leaves]
    if law == "trim" and leaves in ("height", "altitude"):
        why = "lasts its duration_s"
    if law == "optimal" and leaves == "contact":
        why = "keeps room to stop above the ground"
    return f'law = "{law}" {why}; give one of {", ".join(LAW_EXITS[law])}'
