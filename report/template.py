"""Pages by Jinja2: templates beside the code that fills them, every text escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup


def render(name: str, **values: object) -> str:
    """Fill a template.

    Parameters
    ----------
    name : str
        Its package below `farside` and its file, as `report/page.html`.
    **values
        What its names stand for. Text is escaped; only `Markup` goes in as it is.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    jinja2.UndefinedError
        The template uses a name that no value stands for.
    """
    return _environment().get_template(name).render(values)


def own(name: str) -> Markup:
    """Return a file of ours that goes into a page as it is: a style or a program."""
    return Markup(_read(name))


@cache
def _environment() -> Environment:
    """Return the environment of all pages."""
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _read(name: str) -> str:
    """Read a file of a package by its name in the source tree."""
    package, _, file = name.rpartition("/")
    folder = files(f"farside.{package.replace('/', '.')}")
    return folder.joinpath(file).read_text("utf-8")
