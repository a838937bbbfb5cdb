"""The replay as one HTML file: template, style, program and scene put together."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from farside.flight.landing import Landing
from farside.mission.json_values import plain_values
from farside.report.replay.scene import scene
from farside.report.verdict import ending

PROGRAM, STYLE, TEMPLATE, LICENCE = "replay.min.js", "page.css", "page.html", "three.LICENSE"


def render_replay(landing: Landing, *, report: str | None = None) -> str:
    """Fill the template.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    report : str, optional
        Address of the static report, for a link.

    Returns
    -------
    str
        HTML. Its policy lets nothing be loaded and no script run but the one it carries, which is
        named by its hash; text from files is data to it, and never becomes markup.
    """
    program, style = _own(PROGRAM), _own(STYLE)
    if "</script" in program.lower():
        raise AssertionError(f"{PROGRAM} closes its own element: build it again")
    words = {
        "title": f"{landing.plan.title} - {ending(landing)}",
        "version": landing.farside,
        "script_hash": _hash(program),
        "style_hash": _hash(style),
        "report": report or "",
    }
    blocks = {
        "style": style,
        "program": program,
        "licence": _own(LICENCE).replace("--", "- -"),
        "scene": as_data(scene(landing)),
        "hidden": "" if report else " hidden",
    }
    template = Template(_own(TEMPLATE))
    return template.substitute({key: escape(text) for key, text in words.items()} | blocks)


def as_data(facts: Any) -> str:
    """Write JSON that can stand in a script element: nothing in it can end the element."""
    text = json.dumps(plain_values(facts), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _own(name: str) -> str:
    return files("farside.report.replay").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy names an inline element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
