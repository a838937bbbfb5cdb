r"""What the site needs beyond Sphinx: numbered equations, and links that leave the pages.

- A display equation with `\tag{3.4}` can be pointed at: `(3.4)` in the text of a theory page links
  to it. The tag is written by hand, so that a kernel's comment may cite it and GitHub shows it.
- A theory page ends with the files that compute its equations (`equations.py`).
- Links to README.md lead to the landing page.
"""

from __future__ import annotations

import enum
import importlib.util
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import equations
import public_names
import record_tables
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
TAG = re.compile(r"\\tag\{(\d+\.\d+)\}")
HOME = re.compile(r"\]\((?:\.\./)+README\.md(?:#[\w-]+)?\)")


def number(app: Sphinx, tree: nodes.document) -> None:
    """Give every tagged equation a target, and remember the page of its number."""
    home: dict[str, str] = app.env.__dict__.setdefault("farside_equations", {})
    for block in tree.findall(nodes.math_block):
        tag = TAG.search(block.astext())
        block["nowrap"] = block["no-wrap"] = True
        text = block.astext()
        block.clear()
        block += nodes.Text(f"\\begin{{equation}}\n{text}\n\\end{{equation}}")
        if tag:
            block["ids"].append("eq-" + tag[1].replace(".", "-"))
            home[tag[1]] = app.env.docname


class Citations(SphinxPostTransform):
    """Make a link of every `(3.4)` in a theory page."""

    default_priority = 9

    def run(self, **_: Any) -> None:
        """Replace the texts of this page."""
        home = getattr(self.env, "farside_equations", {})
        if not self.env.docname.startswith("theory/"):
            return
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, nodes.math | nodes.math_block | nodes.literal):
                continue
            parts = equations.NUMBER.split(text.astext())
            if len(parts) == 1:
                continue
            made: list[nodes.Node] = []
            for k, part in enumerate(parts):
                if k % 2 and part in home:
                    made.append(self.link(part, home[part]))
                else:
                    made.append(nodes.Text(f"({part})" if k % 2 else part))
            text.parent.replace(text, made)

    def link(self, tag: str, page: str) -> nodes.reference:
        """Return a reference to the equation of a tag."""
        assert self.app.builder is not None
        here = self.app.builder.get_relative_uri(self.env.docname, page)
        uri = f"{here}#eq-{tag.replace('.', '-')}"
        return nodes.reference("", f"({tag})", internal=True, refuri=uri)


def lead_home(app: Sphinx, docname: str, source: list[str]) -> None:
    """Have links to README.md lead to the landing page."""
    source[0] = HOME.sub("](" + "../" * docname.count("/") + "index.md)", source[0])


def add_files(app: Sphinx, docname: str, source: list[str]) -> None:
    """Have a theory page end with the files that compute its equations."""
    if docname.startswith("theory/"):
        source[0] += "\n\n" + equations.table(Path(str(app.env.doc2path(docname))))


def merge(app: Sphinx, env: Any, docnames: set[str], other: Any) -> None:
    """Take over what another process read."""
    mine: dict[str, str] = env.__dict__.setdefault("farside_equations", {})
    mine.update(getattr(other, "farside_equations", {}))


def skip(app: Sphinx, what: str, name: str, held: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out members of a class without a text of their own: fields stand in its table.

    A name of a module is asked for with its own kind, a member of a class with "class".
    """
    if name.startswith("_"):
        return name != "__version__"
    if what != "class" or inspect.isclass(held):
        return None
    if isinstance(held, enum.Enum):
        return False
    return not (inspect.isroutine(held) or isinstance(held, property)) or not held.__doc__


def constants(app: Sphinx, what: str, name: str, held: Any, options: Any, lines: list[str]) -> None:
    """Give a constant the comment above it as its text."""
    if what == "data":
        module, _, short = name.rpartition(".")
        lines[:] = [*public_names.constant_text(module, short).splitlines(), ""]


def schema_fields(
    app: Sphinx, what: str, name: str, held: Any, options: Any, lines: list[str]
) -> None:
    """Put the fields of a mission file's table before the examples, from its schema."""
    if what == "class" and inspect.isclass(held) and record_tables.in_schema(held):
        at = lines.index("Examples") if "Examples" in lines else len(lines)
        lines[at:at] = [*record_tables.of_schema(held), ""]


def look_for_pages(app: Sphinx, env: Any) -> list[str]:
    """Warn of a public name that has no page."""
    for each in public_names.public():
        if f"api/generated/{each.full}" not in env.found_docs:
            LOGGER.warning("%s has no page in the API reference", each.full)
    return []


def copy_mathjax(app: Sphinx, failure: Exception | None) -> None:
    """Copy the program that sets the equations: the site loads nothing from elsewhere."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if failure is None and spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "static" / "mathjax" / "tex-svg.js"
        shutil.copy(program, Path(app.outdir) / "_static" / "tex-svg.js")


def fly_replay(app: Sphinx, failure: Exception | None) -> None:
    """Fly a landing and write its replay where the landing page shows it."""
    if failure is None:
        from farside.flight import land
        from farside.report.replay import write_replay

        write_replay(land("chang-e-6", cameras=False), str(Path(app.outdir) / "landing.html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect all that to Sphinx."""
    app.connect("source-read", lead_home)
    app.connect("source-read", add_files)
    app.connect("doctree-read", number)
    app.connect("env-merge-info", merge)
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", constants, priority=100)
    app.connect("autodoc-process-docstring", schema_fields, priority=100)
    app.connect("env-updated", look_for_pages)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", fly_replay)
    app.add_post_transform(Citations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
