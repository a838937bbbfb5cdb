"""From measurements to an estimate of the state; the filter's kernels are in ext/navigation."""

from farside.ext.common._records import MEASUREMENTS
from farside.ext.navigation._codes import FixStatus, LeftOut, NavigationStatus, Trust
from farside.ext.navigation._filter import CHANNELS, PLACES
from farside.ext.navigation._guarded import (
    LANDMARK,
    MAP_FIX,
    MOTION_PAIR,
    NAVIGATION_ESTIMATE,
    PLACE_FIX,
    NavigationTable,
)
from farside.navigation.estimate import initial_estimate, navigator_setup
from farside.navigation.images import landmarks, motion_pairs
from farside.navigation.map_fix import map_fix, place_fix, principal_axes
from farside.navigation.navigator import Navigator, navigation_table
from farside.navigation.profile_fix import profile_fix
from farside.navigation.scan_track import steady_track
from farside.navigation.terrain_profile import (
    HeightMap,
    ProfileError,
    ProfileFix,
    ProfileLimits,
    ProfileVerdict,
)

__all__ = [
    "CHANNELS",
    "LANDMARK",
    "MAP_FIX",
    "MEASUREMENTS",
    "MOTION_PAIR",
    "NAVIGATION_ESTIMATE",
    "PLACES",
    "PLACE_FIX",
    "FixStatus",
    "HeightMap",
    "LeftOut",
    "NavigationStatus",
    "NavigationTable",
    "Navigator",
    "ProfileError",
    "ProfileFix",
    "ProfileLimits",
    "ProfileVerdict",
    "Trust",
    "initial_estimate",
    "landmarks",
    "map_fix",
    "motion_pairs",
    "navigation_table",
    "navigator_setup",
    "place_fix",
    "principal_axes",
    "profile_fix",
    "steady_track",
]
