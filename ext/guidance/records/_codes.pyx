"""The codes of the solvers of descents, for Python: the enums of _codes.pxd."""
