"""The codes of the phase table and of a command, for Python: the enums of _codes.pxd."""
