"""From measurements to an estimate of the state; the filter's kernels are in ext/navigation."""

from farside.ext.common._records import MEASUREMENTS
from farside.ext.navigation._codes import LeftOut, NavigationStatus, Trust
from farside.ext.navigation._filter import CHANNELS, PLACES
from farside.ext.navigation._guarded import NAVIGATION_ESTIMATE, NavigationTable
from farside.navigation.estimate import initial_estimate, navigator_setup
from farside.navigation.navigator import Navigator, navigation_table
from farside.navigation.scan_track import steady_track

__all__ = [
    "CHANNELS",
    "MEASUREMENTS",
    "NAVIGATION_ESTIMATE",
    "PLACES",
    "LeftOut",
    "NavigationStatus",
    "NavigationTable",
    "Navigator",
    "Trust",
    "initial_estimate",
    "navigation_table",
    "navigator_setup",
    "steady_track",
]
