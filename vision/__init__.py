"""The flight side's eyes: images -> craters, and what moved between two of them."""

from farside.vision.azimuth import SunAzimuth
from farside.vision.camera_levels import CameraLevels, ImageVerdict, camera_levels
from farside.vision.craters import Craters, find_craters
from farside.vision.displacement import Displacement, estimate_displacement
from farside.vision.errors import VisionError
from farside.vision.feature_tracker import CameraState, FeatureTracker, TrackedPair, TrackerLimits
from farside.vision.predicted_motion import PredictedMotion, predicted_motion
from farside.vision.tracks import TRACK_PAIRS, Tracks, TrackVerdict, track_features

__all__ = [
    "TRACK_PAIRS",
    "CameraLevels",
    "CameraState",
    "Craters",
    "Displacement",
    "FeatureTracker",
    "ImageVerdict",
    "PredictedMotion",
    "SunAzimuth",
    "TrackVerdict",
    "TrackedPair",
    "TrackerLimits",
    "Tracks",
    "VisionError",
    "camera_levels",
    "estimate_displacement",
    "find_craters",
    "predicted_motion",
    "track_features",
]
