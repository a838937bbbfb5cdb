"""The base of every error that farside raises on purpose."""


class FarsideError(ValueError):
    """Something that cannot be done as asked, in one line that names the cause and a way out.

    Every error class of farside derives from it, and it from ValueError, so that either can be
    caught.
    """
