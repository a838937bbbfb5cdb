"""Made-up point clouds, and the files that hold them."""

import numpy as np
import pytest

SLOPE = (0.05, -0.02)  # of the plane, east and north
LEVEL_M = -5256.0
TILT_DEG = float(np.degrees(np.arctan(np.hypot(*SLOPE))))


def plane(side_m=8.0, spacing_m=0.1, seed=3, noise_m=0.002):
    """Measure a plane by returns on a jittered raster: (N, 3) east, north, up [m]."""
    rng = np.random.default_rng(seed)
    along = (np.arange(round(side_m / spacing_m)) + 0.5) * spacing_m
    place = np.dstack(np.meshgrid(along, along)).reshape(-1, 2)
    place += rng.uniform(-0.3 * spacing_m, 0.3 * spacing_m, place.shape)
    up = LEVEL_M + place @ SLOPE + rng.normal(0.0, noise_m, len(place))
    return np.column_stack([place, up])


def degrees_of(cloud, longitude=117.0, latitude=-45.0):
    """Take local metres to longitude, latitude [deg] and height [m]."""
    metre = np.degrees(1.0 / 1737400.0)
    east = cloud[:, 0] * metre / np.cos(np.radians(latitude))
    return np.column_stack([longitude + east, latitude + cloud[:, 1] * metre, cloud[:, 2]])


def geocentric_of(cloud, longitude=117.0, latitude=-45.0):
    """Take local metres to x, y, z from the Moon's centre [m]."""
    lon, lat, up = degrees_of(cloud, longitude, latitude).T
    lon, lat, radius = np.radians(lon), np.radians(lat), 1737400.0 + up
    return np.column_stack(
        [
            radius * np.cos(lat) * np.cos(lon),
            radius * np.cos(lat) * np.sin(lon),
            radius * np.sin(lat),
        ]
    )


def write_las(path, cloud, crs=None, scales=1e-4, fill=None, point_format=6, version="1.4"):
    """Write a LAS file; `fill` sets flags and classes of its points."""
    laspy = pytest.importorskip("laspy")
    header = laspy.LasHeader(point_format=point_format, version=version)
    header.scales = (scales,) * 3 if np.isscalar(scales) else scales
    header.offsets = cloud.min(axis=0)
    if crs is not None:
        import pyproj

        header.add_crs(pyproj.CRS(crs))
    held = laspy.LasData(header)
    held.x, held.y, held.z = cloud.T
    if fill is not None:
        fill(held)
    held.write(path)
    return path


def write_ply(path, cloud, kind, types=("double", "double", "double"), faces=0):
    """Write a PLY file of a kind: ascii, binary_little_endian or binary_big_endian."""
    rows = [f"element vertex {len(cloud)}", "property uchar red"]
    rows += [f"property {t} {axis}" for t, axis in zip(types, "xyz", strict=True)]
    rows += [f"element face {faces}", "property list uchar int vertex_indices"]
    head = "\n".join(["ply", f"format {kind} 1.0", "comment made up", *rows, "end_header\n"])
    if kind == "ascii":
        body = "".join(f"7 {x:.5f} {y:.5f} {z:.5f}\n" for x, y, z in cloud).encode()
        path.write_bytes(head.encode() + body)
        return path
    order = "<" if kind == "binary_little_endian" else ">"
    stored = {"double": "f8", "float": "f4", "int": "i4"}
    fields = [("red", "u1")] + [
        (axis, order + stored[t]) for t, axis in zip(types, "xyz", strict=True)
    ]
    held = np.zeros(len(cloud), fields)
    for axis, values in zip("xyz", cloud.T, strict=True):
        held[axis] = values
    path.write_bytes(head.encode() + held.tobytes())
    return path


def write_text(path, cloud, header="", delimiter=" ", end="\n", digits=5):
    """Write points as text, one a line."""
    rows = [delimiter.join(f"{v:.{digits}f}" for v in row) for row in cloud]
    path.write_bytes((header + end.join(rows) + end).encode())
    return path
