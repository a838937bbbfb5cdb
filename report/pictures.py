"""Figures turned into image files: PNG to keep, and what is smallest to carry in the page."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import (
    Image,
    WebPImagePlugin,  # noqa: F401  else all formats are imported to find it
)

# Above this a picture holds ground, not lines: WebP carries it in a quarter of the bytes.
LARGE_BYTES = 400_000
WEBP_QUALITY = 88


@dataclass(frozen=True)
class Picture:
    """A rendered figure: its PNG, and the bytes with media type to embed; size in pixels."""

    png: bytes
    inline: bytes
    inline_type: str
    width: int
    height: int


def render(figure: Figure) -> Picture:
    """Draw a figure of `figures` once and encode it."""
    # matplotlib leaves the methods of its canvases untyped
    canvas: Any = figure.canvas
    canvas.draw()
    # paper is opaque: without the fourth channel files are smaller and faster to write
    image = Image.fromarray(np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3]))
    # the fastest compression is within a tenth of the tightest on these pictures
    png = _encoded(image, "png", compress_level=1)
    if len(png) <= LARGE_BYTES:
        return Picture(png, png, "image/png", *image.size)
    webp = _encoded(image, "webp", quality=WEBP_QUALITY, method=1)
    return Picture(png, webp, "image/webp", *image.size)


def _encoded(image: Image.Image, form: str, **how: int) -> bytes:
    """Return an image's file."""
    buffer = BytesIO()
    image.save(buffer, form, **how)
    return buffer.getvalue()
