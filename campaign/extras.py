"""What a campaign needs beside farside itself: named in one line where it is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from farside.ext.common.errors import FarsideError


class CampaignError(FarsideError):
    """A campaign cannot be flown, gone on with or read as asked; one line that says why."""


def extra(module: str, name: str) -> Any:
    """Import a module that an extra of farside brings.

    Parameters
    ----------
    module : str
        What to import.
    name : str
        The extra that brings it.

    Raises
    ------
    CampaignError
        It is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as why:
        if why.name is None or why.name.split(".")[0] != module.split(".")[0]:
            raise
        package = module.split(".")[0]
        raise CampaignError(f"this needs {package}: pip install 'farside[{name}]'") from None
