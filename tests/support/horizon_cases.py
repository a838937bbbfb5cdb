"""Ground for horizons, and what others say of it: embreex, and a ray march in double precision."""

import numpy as np
import rasterio

R = 1_737_400.0
SOUTH = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m"
DEGREES = "+proj=longlat +R=1737400"


def rough(size, relief_m=500.0, seed=1, power=1.9):
    """Self-affine ground, (size, size) [m]."""
    rng = np.random.default_rng(seed)
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    f[0, 0] = 1.0
    waves = np.fft.rfft2(rng.normal(size=(size, size))) * f**-power
    waves[0, 0] = 0.0
    z = np.fft.irfft2(waves, s=(size, size))
    return relief_m * z / z.std()


def ridge():
    """Return a ridge within a rim, 36 x 36 cells of 150 m, in whole metres."""
    y, x = np.mgrid[-1:1:36j, -1:1:36j]
    rho = np.hypot(x, y)
    crest = -700.0 * np.minimum(np.hypot(x, 2.0 * y), 0.9)
    z = rough(36, 120.0, seed=4) + crest + 900.0 * np.maximum(rho - 0.9, 0.0)
    return np.round(z).astype(np.float32).astype(float)


def raster(path, heights, crs, west, north, cell, nodata=None):
    """Write heights as a GeoTIFF, rows southwards; return its path."""
    transform = rasterio.Affine(cell, 0.0, west, 0.0, -cell, north)
    with rasterio.open(
        path, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1,
        dtype="float32", crs=crs, transform=transform, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(heights.astype("f4"), 1)
    return path


def elevation_of(height_m, eye_m, distance_m, radius=R):
    """Elevation [deg] of a point of height_m at an arc from an eye at eye_m: by its coordinates."""
    t = distance_m / radius
    across = (radius + height_m) * np.sin(t)
    up = (radius + height_m) * np.cos(t) - (radius + eye_m)
    return np.degrees(np.arctan2(up, across))


def embree_scene(places):
    """Return a scene of the mesh of places (rows, cols, 3) about its middle."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    rows, cols = places.shape[:2]
    middle = places[rows // 2, cols // 2]
    local = (places - middle).reshape(-1, 3).astype(np.float32)
    i = np.arange(rows * cols).reshape(rows, cols)
    a, b, c, d = (x.ravel() for x in (i[:-1, :-1], i[:-1, 1:], i[1:, :-1], i[1:, 1:]))
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)]).astype(np.int32)
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, local, faces)
    scene.run(local[:1], np.array([[0.0, 0.0, 1.0]], np.float32), query="OCCLUDED")  # builds it
    return scene


def embree_horizon(scene, places, axes, at, bearing_deg, eye_m=2.0):
    """Horizon [deg] over a scene of places by bisection: 22 rays each.

    `at` are rows and columns (N,); axes are right, up and zenith (N, 3) there. Rays that meet
    nothing even at -88 deg give NaN.
    """
    right, up, zenith = axes
    middle = places[places.shape[0] // 2, places.shape[1] // 2]
    origins = (places[at] - middle + eye_m * zenith).astype(np.float32)
    angle = np.radians(bearing_deg)[:, None]
    level = right * np.sin(angle) + up * np.cos(angle)
    low, high = np.full(len(bearing_deg), -89.0), np.full(len(bearing_deg), 89.0)
    for _ in range(22):
        middle_deg = 0.5 * (low + high)
        e = np.radians(middle_deg)[:, None]
        ways = (np.cos(e) * level + np.sin(e) * zenith).astype(np.float32)
        hit = scene.run(origins, ways, query="OCCLUDED") != -1
        low, high = np.where(hit, middle_deg, low), np.where(hit, high, middle_deg)
    return np.where(low > -88.0, high, np.nan)


def marched_light(heights, place, sun_m, eye_m, step_m, which):
    """Share of instants at which the Sun's centre is seen, by marching rays in double precision.

    A south polar stereographic raster at (west, north, cell), rows southwards: every ray is
    followed in three dimensions and the ground under it looked up on the two triangles of its
    cell. For the cells `which` of the flattened raster. Nothing of `farside`.
    """
    west, north, cell = place
    rows, cols = heights.shape
    x = west + (np.arange(cols) + 0.5) * cell
    y = north - (np.arange(rows) + 0.5) * cell
    x, y = (v.ravel()[which] for v in np.meshgrid(x, y))
    rho = np.hypot(x, y)
    colatitude = 2.0 * np.arctan(rho / (2.0 * R))
    unit = np.stack(
        [np.sin(colatitude) * x / rho, np.sin(colatitude) * y / rho, -np.cos(colatitude)], 1
    )
    # PROJ's south polar stereographic: x = rho sin(lon), y = rho cos(lon)
    unit = unit[:, [1, 0, 2]]
    eyes = unit * (R + heights.ravel()[which] + eye_m)[:, None]
    lit = np.zeros(len(eyes))
    for sun in sun_m:
        way = sun - eyes
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        open_ = (way * unit).sum(1) > -0.2
        for k in range(1, int(1.5 * cell * max(rows, cols) / step_m)):
            go = np.flatnonzero(open_)
            if not go.size:
                break
            p = eyes[go] + k * step_m * way[go]
            radius = np.linalg.norm(p, axis=1)
            scale = 2.0 * R / (radius - p[:, 2])
            col = (p[:, 1] * scale - west) / cell - 0.5
            row = (north - p[:, 0] * scale) / cell - 0.5
            inside = (row >= 0) & (row <= rows - 1) & (col >= 0) & (col <= cols - 1)
            i = np.clip(row.astype(int), 0, rows - 2)
            j = np.clip(col.astype(int), 0, cols - 2)
            v, u = row - i, col - j
            a, b = heights[i, j], heights[i, j + 1]
            c, d = heights[i + 1, j], heights[i + 1, j + 1]
            ground = np.where(u > v, a + u * (b - a) + v * (d - b), a + v * (c - a) + u * (d - c))
            hidden = inside & (radius - R < ground)
            open_[go[hidden]] = False
        # nothing stands beyond the raster, but the sphere does
        lit += open_ & ((way * unit).sum(1) > -np.sqrt(2.0 * 3000.0 / R))
    return lit / len(sun_m)
