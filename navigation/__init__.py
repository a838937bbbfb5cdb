"""From measurements to an estimate of the state; the filter itself is ext/navigation/filter.pxd."""

from farside.navigation.estimate import initial_estimate, navigator_setup

__all__ = ["initial_estimate", "navigator_setup"]
