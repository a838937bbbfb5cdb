"""From measurements to an estimate of the state; the filter's kernels are in ext/navigation."""

from farside.ext.navigation._codes import Trust
from farside.ext.navigation._filter import CHANNELS, PLACES
from farside.navigation.estimate import initial_estimate, navigator_setup
from farside.navigation.scan_track import steady_track

__all__ = ["CHANNELS", "PLACES", "Trust", "initial_estimate", "navigator_setup", "steady_track"]
