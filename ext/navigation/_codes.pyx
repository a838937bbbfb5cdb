"""The codes of what is believed of a sensor, for Python: the enum of _codes.pxd."""
