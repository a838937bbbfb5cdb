"""What the eyes refuse."""

from farside.ext.common.errors import FarsideError


class VisionError(FarsideError):
    """An image in which nothing can be found; one line that says why, and the way out."""
