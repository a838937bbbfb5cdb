"""What another simulator holds cannot be copied: said in one line, by copy and pickle alike."""

from __future__ import annotations

from typing import Any, NoReturn, SupportsIndex


class Uncopied:
    """Refuse `copy.copy`, `copy.deepcopy` and pickle; `_instead` says why and what to do."""

    _instead: str

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Raise a TypeError: copy and pickle both ask here."""
        raise TypeError(f"{type(self).__name__} cannot be copied or pickled: {self._instead}")

    def __getstate__(self) -> Any:
        """Raise it for those who ask for the state itself, too."""
        self.__reduce_ex__(2)
