"""From measurements to an estimate of the state; the filter itself is ext/navigation/filter.pxd."""

from farside.navigation.estimate import first_estimate, navigator_setup

__all__ = ["first_estimate", "navigator_setup"]
