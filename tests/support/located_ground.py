"""A picture of the true ground with the rasters a user would have of it, as files."""

import cv2
import numpy as np
import rasterio
from rasterio.transform import from_origin

from farside.ground import Ground
from farside.ground.lattice import Block, cell_of
from farside.mission import load_mission
from farside.mission.attitude import quaternion_of_axes
from farside.mission.camera import Camera, camera_axes
from farside.mission.ephemeris import Direction
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose

LEVEL, HALF_M, ABOVE_M, SUN = 7, 7000.0, 4000.0, (250.0, 25.0)
CAMERA = Camera(name="eye", pixels=(512, 512), pixel_um=13.4, misalignment_deg=0.0)


def write(path, values, crs, cell, half, dtype):
    """Write values whose rows run north to south."""
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype=dtype, crs=crs, transform=from_origin(-half - cell / 2, half + cell / 2, cell, cell),
    ) as file:  # fmt: skip
        file.write(values.astype(dtype), 1)


def lay_out(folder):
    """Write DEM, albedo, camera and picture; return the camera's place: latitude, longitude."""
    mission = load_mission("chang-e-6")
    ground = Ground(mission)
    cell, count = cell_of(LEVEL), int(HALF_M / cell_of(LEVEL))
    block = Block(-count, count + 1, -count, count + 1)
    site = mission.site
    crs = f"+proj=stere +lat_0={site.latitude_deg} +lon_0={site.longitude_deg} +R=1737400 +units=m"
    cell *= 1737400.0 / ground.arcs.arc_m
    # the flight comes due west: u grows to the west, v to the south
    heights = ground.window(LEVEL, block).heights[:, ::-1] + (ground.arcs.arc_m - 1737400.0)
    half = count * cell
    write(folder / "dem.tif", heights, crs, cell, half, "float32")
    albedo = ground.albedo(LEVEL, block)[:, ::-1]
    write(folder / "ortho.tif", np.clip(albedo * 1000.0, 1, 255), crs, cell, half, "uint8")
    (folder / "camera.toml").write_text("pixels = [512, 512]\nfield_of_view_deg = 45.0\n")
    low = float(ground.measured_heights(np.zeros(1), np.zeros(1))[0])
    r_site = np.array([400.0, -300.0, low + ABOVE_M])
    axes = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    body = axes.T @ camera_axes(CAMERA)
    q = quaternion_of_axes(body[:, 0], body[:, 1], body[:, 2])
    sun = Direction(*SUN).unit_site
    image = take_picture(ground, CAMERA, Pose(tuple(r_site), tuple(q)), sun, key=4).image
    write_image(folder / "image.png", image)
    u, v = ground.arcs_of(r_site[:1], r_site[1:2])
    latitude, longitude = ground.arcs.latlon(u, v)
    height = ground.radius_m + r_site[2] - 1737400.0
    return float(latitude[0]), float(longitude[0]) % 360.0, float(height)


def write_image(path, image):
    """Write an image of 8 bits."""
    cv2.imwrite(str(path), image.astype(np.uint8))
