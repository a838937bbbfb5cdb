"""The TOML of a mission file, and refusals that quote the line the parser stopped at."""

import re
import tomllib

from farside.mission.place import FieldPath
from farside.mission.words import shown

LONGEST_LINE = 1000


def parse_toml(text: str, place: FieldPath) -> dict[str, object]:
    """Parse the text of a mission file.

    Parameters
    ----------
    text : str
    place : FieldPath
        What refusals call the file.

    Returns
    -------
    dict

    Raises
    ------
    MissionError
        No TOML, lines too long or nested too deeply: one line.
    """
    if "\r" in text.replace("\r\n", ""):
        raise place.fault("lines end in a carriage return alone; save it with line feeds")
    longest, number = max((len(line), i) for i, line in enumerate(text.split("\n"), start=1))
    if longest > LONGEST_LINE:
        raise place.fault(f"line {number} has {longest} characters; break it below {LONGEST_LINE}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise place.fault("nested too deeply for a mission file") from None
    except ValueError as why:
        if "\0" in text[:64]:
            raise place.fault("not TOML, perhaps UTF-16: save it as UTF-8 text") from None
        raise place.fault(f"not TOML: {why}{_reads(text, str(why))}") from None


def _reads(text: str, why: str) -> str:
    """Quote the line that the parser stopped at, and say what mends a key given twice."""
    found = re.search(r"at line (\d+)", why)
    if found is None:
        return ""
    line = text.split("\n")[int(found[1]) - 1].strip()
    if "overwrite" not in why and "twice" not in why:
        cure = ""
    elif line.startswith("[["):
        cure = " is there as something else already; begin each row so, and nothing else"
    else:
        cure = " is given twice; keep one"
    return f": {shown(line)}{cure}"
