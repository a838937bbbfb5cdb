"""What a camera sees of the true ground: geometry and shadows, beside embreex and closed forms."""

import math

import cv2
import numpy as np
import pytest
from sample_views import camera_of, ground_of, mesh_of, pose_at, sun_at

from farside.ext.common._isa import supported_isas
from farside.ext.sensors import view as kernels
from farside.ground import Ground
from farside.mission import load_mission
from farside.sensors import scene as scenes
from farside.sensors import sunlight
from farside.sensors.photometry import law
from farside.sensors.scene import look
from farside.sensors.viewpoint import ViewError


def whole(scene):
    return 0, 0, scene.pinhole.rows, scene.pinhole.columns


def rays_of(scene):
    rows, cols = scene.pinhole.rows, scene.pinhole.columns
    y, x = np.mgrid[:rows, :cols]
    px = np.stack([x.ravel(), y.ravel()], axis=1).astype(float)
    return scene.view.directions(scene.pinhole.rays(px)), px


def on_sphere(ground, r_site, rays):
    """Return the distance at which rays enter the sphere of the site; NaN for a miss."""
    o = np.asarray(r_site) + np.array([0.0, 0.0, ground.radius_m])
    b = rays @ o
    square = b * b - (o @ o - ground.radius_m**2)
    with np.errstate(invalid="ignore"):
        t = -b - np.sqrt(square)
    return np.where((square >= 0.0) & (t > 0.0), t, np.nan)


@pytest.mark.parametrize(
    ("r_site", "tilt"),
    [((0, 0, 300), 0), ((3e3, 500, 15e3), 20), ((2.5e5, 2e4, -3e3), 5), ((0, 0, 15e3), 75)],
)
def test_depth_on_a_sphere_is_that_of_the_closed_form(r_site, tilt):
    ground = ground_of(flat=True)
    scene = look(ground, camera_of(96), pose_at(r_site, tilt), sun_at(80, 30))
    rays, px = rays_of(scene)
    exact = on_sphere(ground, scene.view.r_site, rays).reshape(96, 96)
    truth = scene.truth(whole(scene))
    sky = np.isnan(exact)
    assert (np.isnan(truth.range_m) == sky).mean() > 0.999
    both = ~sky & ~np.isnan(truth.range_m)
    # a grazing ray's range is as ill determined as its height is well
    steep = both & (-(rays @ [0, 0, 1]).reshape(96, 96) > 0.15)
    assert np.abs(truth.range_m / exact - 1.0)[steep].max() < 2e-6
    radius = np.linalg.norm(truth.points_site + np.array([0.0, 0.0, ground.radius_m]), axis=-1)
    assert np.abs(radius - ground.radius_m)[both].max() < 2e-6 * exact[both].max()
    # and the points are where the arcs say, and fall on their pixels
    again = ground.arcs.site(truth.u_m[both], truth.v_m[both], 0.0, ground.radius_m)
    assert np.abs(again - truth.points_site[both]).max() < 1e-6 * exact[both].max() + 0.05
    camera = (truth.points_site[both] - scene.view.r_site) @ scene.view.axes_site.T
    assert np.abs(scene.pinhole.project(camera) - px.reshape(96, 96, 2)[both]).max() < 1e-3
    assert np.allclose(camera[:, 2], truth.depth_m[both], rtol=1e-9)


def test_pixels_are_where_opencv_has_them():
    camera = camera_of(128, field_of_view_deg=90.0, distortion=(-0.2, 0.035, 0.001, -0.002, 0.0))
    scene = look(ground_of(), camera, pose_at((100, -200, 2400), 10), sun_at(80, 30))
    truth = scene.truth(whole(scene))
    points = (truth.points_site.reshape(-1, 3) - scene.view.r_site) @ scene.view.axes_site.T
    f, (cx, cy) = camera.focal_px, scene.pinhole.centre_px
    matrix = np.array([[f, 0, cx], [0, f, cy], [0, 0, 1]])
    px, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array(camera.distortion))
    assert np.abs(px[:, 0] - rays_of(scene)[1]).max() < 2e-3


@pytest.mark.parametrize(
    ("r_site", "tilt", "sun"),
    [((0, 0, 2400), 0, (75, 12)), ((40, 30, 300), 0, (200, 12)), ((0, 0, 700), 40, (330, 10))],
)
def test_ground_and_shadows_are_those_of_embree(r_site, tilt, sun):
    rtcore = pytest.importorskip("embreex.rtcore_scene")
    from embreex.mesh_construction import TriangleMesh

    ground, to_sun, n = ground_of(), sun_at(*sun), 256
    scene = look(ground, camera_of(n), pose_at(r_site, tilt), to_sun)
    points, faces = mesh_of(ground, scene)
    mesh = rtcore.EmbreeScene()
    TriangleMesh(mesh, points[faces].astype(np.float32))
    rays, _ = rays_of(scene)
    start = np.tile(scene.view.r_site, (len(rays), 1)).astype(np.float32)
    far = mesh.run(start, rays.astype(np.float32), query="DISTANCE").reshape(n, n)
    truth = scene.truth(whole(scene))
    off = np.abs(truth.range_m - far)
    sample = scene.pinhole.focal_px[0] ** -1 * np.median(far)
    # half a pixel across the ray, but for the pixels at an edge that hides what is behind
    assert np.median(off) < 0.05 * sample
    assert (off < 0.5 * sample).mean() > (0.999 if tilt == 0 else 0.99)
    met = scene.view.r_site + far.reshape(-1, 1) * rays + [0.0, 0.0, 0.02 * sample]
    hit = mesh.run(
        met.astype(np.float32), np.tile(to_sun, (n * n, 1)).astype(np.float32), query="OCCLUDED"
    )
    lit = (hit < 0).reshape(n, n)
    ours = truth.lit > 0.5
    edges = np.count_nonzero(lit[1:] != lit[:-1]) + np.count_nonzero(lit[:, 1:] != lit[:, :-1])
    # pixels of another verdict per pixel of edge: how far edges are apart on the mean
    apart = np.count_nonzero(ours != lit) / (0.25 * math.pi * edges)
    assert edges > 300 and apart < 0.5


def wall(azimuth_deg, level, height=40.0):
    """Return a source of ground: a wall across the Sun's azimuth, 300 m up-sun, on a plain."""
    azimuth = math.radians(azimuth_deg)

    def source(at, block):
        u, v = block.arcs(at)
        d = u * math.cos(azimuth) + v * math.sin(azimuth)
        return np.ascontiguousarray(
            np.where(np.abs(d - 300.0) <= 4.0, height, 0.0), dtype=np.float32
        )

    return source


@pytest.mark.parametrize("azimuth", [0, 37, 90, 133, 201, 270, 318])
@pytest.mark.parametrize("elevation", [3.0, 8.0, 20.0])
def test_the_shadow_of_a_wall_has_the_edges_of_both_limbs(azimuth, elevation):
    arcs = ground_of(flat=True).arcs
    along, cross, up = arcs.axes
    a, e = math.radians(azimuth), math.radians(elevation)
    sun = math.cos(e) * (math.cos(a) * along + math.sin(a) * cross) + math.sin(e) * up
    block = scenes.Block(-500, 501, -500, 501)
    source = wall(azimuth, 4)
    shade = sunlight.shade(source, arcs, sun, 4, block, source(4, block), (0.0, 40.0))
    u, v = (x.ravel() for x in np.meshgrid(*(part.ravel() for part in block.arcs(4))))
    d = (u * math.cos(a) + v * math.sin(a)).reshape(block.shape)
    near = (np.abs(-u * math.sin(a) + v * math.cos(a)) < 150.0).reshape(block.shape) & (d < 280.0)
    for clear, limb in ((shade.upper, 1.0), (shade.lower, -1.0)):
        rim = 296.0 - 40.0 / math.tan(e + limb * sunlight.SUN_RADIUS_RAD)
        dark = near & (clear < 0.0)
        edge = d[dark].min() if dark.any() else math.inf
        if rim > -650.0:
            assert abs(edge - rim) < 2 * 1.6 / min(math.tan(e) / 0.14, 1.0)


def test_relief_far_outside_a_window_casts_its_shadow():
    arcs = ground_of(flat=True).arcs
    along, _, up = arcs.axes
    e = math.radians(3.0)
    sun = math.cos(e) * along + math.sin(e) * up

    def source(level, block):
        u, v = block.arcs(level)
        peak = 900.0 * np.clip(1.0 - np.hypot(u - 12e3, v) / 3e3, 0.0, None)
        return np.ascontiguousarray(peak, dtype=np.float32)

    block = scenes.Block(-300, 301, -300, 301)
    small = source(4, block)
    shade = sunlight.shade(source, arcs, sun, 4, block, small, (0.0, 900.0))
    # the peak hides the Sun up to its height less what the ray has risen and the ground fallen
    h = 900.0 - 12e3 * math.tan(e) - 12e3**2 / (2 * arcs.arc_m)
    middle = -float(0.5 * (shade.upper + shade.lower)[300, 300])
    assert h > 200.0 and middle == pytest.approx(h, abs=16.0)  # half a cell of 102 m of its tip
    alone = sunlight.shade(source, arcs, sun, 4, block, small, (0.0, 0.0))
    assert float(alone.lower[300, 300]) > 0.0


@pytest.mark.parametrize("name", ["hapke", "lommel-seeliger", "lunar-lambert", "lambert"])
def test_light_of_a_sphere_is_that_of_its_law(name):
    ground, sun = ground_of(flat=True), sun_at(110, 35)
    scene = look(ground, camera_of(96), pose_at((3e3, 500, 15e3), 25), sun, photometry=name)
    truth = scene.truth(whole(scene))
    normal = truth.points_site + np.array([0.0, 0.0, ground.radius_m])
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    ray = rays_of(scene)[0].reshape(96, 96, 3)
    wanted = scene.albedo * law(name).radiance_factor(
        normal @ sun, -(normal * ray).sum(axis=-1), np.arccos(-(ray @ sun))
    )
    assert np.abs(truth.radiance_factor / wanted - 1.0).max() < 2e-3
    image = scene.radiance_factor(whole(scene))
    assert np.abs(image / wanted - 1.0).max() < 5e-3


def test_every_build_gives_the_same_bits(monkeypatch):
    made = []
    for isa in supported_isas():
        built = kernels.load_view(isa)
        monkeypatch.setattr(scenes, "View", built.View)
        monkeypatch.setattr(sunlight, "sweep", built.sweep)
        scene = look(ground_of(), camera_of(101), pose_at((0, 0, 500), 35), sun_at(60, 10))
        truth = scene.truth(whole(scene))
        made.append((scene.radiance_factor(whole(scene)), truth.range_m, truth.u_m, truth.lit))
    for other in made[1:]:
        for a, b in zip(made[0], other, strict=True):
            assert np.array_equal(a, b, equal_nan=True)


def test_sky_has_no_depth_and_no_light():
    scene = look(ground_of(), camera_of(64), pose_at((0, 0, 15e3), 150), sun_at(80, 30))
    assert scene.plan is None
    assert np.isnan(scene.truth(whole(scene)).depth_m).all()
    assert not scene.radiance_factor(whole(scene)).any()
    half = look(ground_of(), camera_of(64), pose_at((0, 0, 15e3), 80), sun_at(80, 30))
    truth, image = half.truth(whole(half)), half.radiance_factor(whole(half))
    sky = np.isnan(truth.depth_m)
    assert 0.1 < sky.mean() < 0.9 and np.isnan(truth.points_site[sky]).all()
    # the top of the image is the sky, without an island
    assert (np.diff(sky.astype(int), axis=0) <= 0).all()
    assert not image[1:][sky[1:] & sky[:-1]].any() or image[sky].mean() < image[~sky].mean()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"r_site": (0.0, 0.0, -5.0)}, "under the ground"),
        ({"r_site": (0.0, 0.0, -1.7e6)}, "inside the Moon"),
        ({"r_site": (0.0, 0.0, 3e5)}, "300 km up"),
        ({"r_site": (0.0, math.nan, 5.0)}, "r_site"),
        ({"r_site": (0.0, 5.0)}, "r_site"),
        ({"q_site_body": (0.0, 0.0, 0.0, 0.0)}, "four numbers"),
        ({"q_site_body": (1.0, 0.0, 0.0)}, "four numbers"),
    ],
)
def test_a_pose_that_is_none_is_refused_in_one_line(change, line):
    given = {"r_site": (0.0, 0.0, 500.0), "q_site_body": (1.0, 0.0, 0.0, 0.0)} | change
    with pytest.raises(ViewError, match=line) as why:
        look(ground_of(), camera_of(64), scenes.Pose(**given), sun_at(80, 30))
    assert "\n" not in str(why.value)


@pytest.mark.parametrize("sun", [(0.0, 0.0, 0.0), (1.0, 0.0), (math.nan, 0.0, 1.0)])
def test_a_sun_that_is_none_is_refused(sun):
    with pytest.raises(ViewError, match="sun"):
        look(ground_of(), camera_of(64), pose_at((0, 0, 500)), sun)


def test_what_was_rasterised_before_changes_no_picture():
    ground, camera = Ground(load_mission("chang-e-6"), seed=3), camera_of()

    def picture():
        scene = look(ground, camera, pose_at((5.0, 0.0, 80.0), 10.0), sun_at(75, 12))
        return scene.distance_m, scene.radiance_factor(whole(scene))

    distance_m, light = picture()
    ground.rasterise(0.0, 0.0, 60.0)  # as a scan does, and the last metres of a flight
    distance_after_m, light_after = picture()
    assert np.array_equal(distance_m, distance_after_m)
    assert np.array_equal(light, light_after)
