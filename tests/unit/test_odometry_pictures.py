"""Visual odometry on pictures of the true ground."""

import numpy as np

from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import Camera
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose
from farside.vision import (
    TrackVerdict,
    estimate_displacement,
    predicted_motion,
    track_features,
)

UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])


def test_pictures_of_the_true_ground():
    camera = Camera(name="quarter", pixels=(256, 256))
    true_ground = Ground(load_mission("chang-e-6"))
    places = np.array([[0.0, 0.0, 200.0], [3.0, -1.0, 197.0]])
    first, second = (
        take_picture(
            true_ground,
            camera,
            Pose(tuple(place), UPRIGHT),
            (0.57, 0.56, 0.6),
            key=4,
            number=number,
        ).image
        for number, place in enumerate(places)
    )
    motion = predicted_motion(
        camera,
        (UPRIGHT, UPRIGHT),
        (2.0, -0.5, -3.2),
        200.0,
        displacement_sigma_m=1.0,
        height_sigma_m=2.0,
        relief_m=2.0,
    )
    tracks = track_features(first, second, camera, motion)
    assert tracks.verdict is TrackVerdict.TRACKED and len(tracks) > 60
    found = estimate_displacement(tracks.pairs, camera.pinhole, motion, height_sigma_m=2.0)
    off = found.metres - (places[1] - places[0])
    assert np.abs(off).max() < 0.1
    assert (np.abs(off) < 4.0 * np.sqrt(np.diag(found.covariance_m2))).all()
