"""A look of a camera, made by hand."""

import numpy as np

from farside.flight.looks import Look, Use


def look(number, use=Use.LANDMARKS, **keys):
    """Return a look at a time of its own: a bright square in the upper left corner of the image."""
    image = np.zeros((128, 256), np.uint8)
    image[:32, :32] = 200
    places = np.array([[8.0, 8.0], [1020.0, 500.0]])
    facts = {
        "verdict": "taken, 1 of 2",
        "taken": True,
        "height_m": 15000.0,
        "off_m": (120.0, -40.0),
        "sigma_m": 12.0,
        "error_m": 3.0,
    }
    return Look(
        time_s=float(number), camera="side", use=use, image=image, scale=4.0, found_px=places,
        used=np.array([True, False]), **(facts | keys),
    )  # fmt: skip
