"""A window that plays pictures at the speed of the flight: `render_mode="human"`, by pygame-ce."""

from __future__ import annotations

import os
from typing import Any

from farside.adapters.gym.picture import HEIGHT, WIDTH, Picture

#: What SDL draws to where it finds no display; only who names it in SDL_VIDEODRIVER means it.
UNSEEN = ("dummy", "offscreen")


class Window:
    """A window of 640 x 480 that opens with its first picture.

    Whoever closes it goes on flying unseen until the next reset, which opens it again. A copy of it
    is a window that is not open yet.

    Parameters
    ----------
    fps : float
        Pictures a second: `show` waits for its turn.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self.shut = False
        self._screen: Any = None
        self._clock: Any = None

    def __reduce__(self) -> tuple[type[Window], tuple[float]]:
        """Return what makes a window like this one."""
        return Window, (self.fps,)

    @property
    def open(self) -> bool:
        """Whether it is on the screen."""
        return self._screen is not None

    def show(self, picture: Picture) -> None:
        """Show a picture, 1 / fps after the one before at the earliest.

        Parameters
        ----------
        picture : ndarray, (480, 640, 3), uint8

        Raises
        ------
        ImportError
            Without pygame-ce.
        RuntimeError
            Where no window can be opened.
        """
        if self.shut:
            return
        pygame = _pygame()
        if self._screen is None:
            try:
                pygame.display.init()
                driver = pygame.display.get_driver()
                if driver in UNSEEN and not os.environ.get("SDL_VIDEODRIVER"):
                    pygame.display.quit()
                    raise pygame.error(f"SDL finds no display but {driver!r}")
                self._screen = pygame.display.set_mode((WIDTH, HEIGHT))
            except pygame.error as wrong:
                raise RuntimeError(
                    f"no window can be opened ({wrong}): render_mode='rgb_array' needs no display"
                ) from wrong
            pygame.display.set_caption("farside")
            self._clock = pygame.time.Clock()
        if any(event.type == pygame.QUIT for event in pygame.event.get()):
            self.close()
            self.shut = True
            return
        # pygame counts columns first
        pygame.surfarray.blit_array(self._screen, picture.swapaxes(0, 1))
        pygame.display.flip()
        self._clock.tick(self.fps)

    def close(self) -> None:
        """Close it, if it is open."""
        if self._screen is not None:
            _pygame().display.quit()
        self._screen = self._clock = None
        self.shut = False


def _pygame() -> Any:
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError as missing:
        raise ImportError(
            "render_mode='human' needs pygame-ce: pip install 'farside[gym]'"
        ) from missing
    return pygame
