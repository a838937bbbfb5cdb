"""The replay as one HTML file: template, style, program and scene put together."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from markupsafe import Markup

from farside.flight.landing import Landing
from farside.mission.json_values import plain_values
from farside.report.replay.coding import packed_text
from farside.report.replay.scene import scene
from farside.report.template import own, render
from farside.report.verdict import ending

PROGRAM, LOADER, STYLE = "replay.min.js", "loader.js", "page.css"
TEMPLATE, LICENCE = "page.html", "three.LICENSE"


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
        HTML. Its policy lets nothing be loaded and no script run but the two it carries, which are
        named by their hashes; text from files is data to it, and never becomes markup.
    """
    program, loader, style = _own(PROGRAM), _own(LOADER), _own(STYLE)
    return render(
        f"report/replay/{TEMPLATE}",
        title=f"{landing.plan.title} - {ending(landing)}",
        version=landing.farside,
        script_hash=_hash(program),
        loader_hash=_hash(loader),
        style_hash=_hash(style),
        report=report or "",
        style=style,
        # a third of its size; the loader unpacks it
        program=packed_text(program),
        loader=loader,
        licence=Markup(_own(LICENCE).replace("--", "- -")),
        scene=Markup(as_data(scene(landing))),
    )


def as_data(facts: Any) -> str:
    """Write JSON that can stand in a script element: nothing in it can end the element."""
    text = json.dumps(plain_values(facts), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _own(name: str) -> Markup:
    return own(f"report/replay/{name}")


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy names an inline element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
