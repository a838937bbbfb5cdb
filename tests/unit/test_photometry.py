"""Laws of the ground's light, beside huira's and their own formulas."""

import math

import numpy as np
import pytest

from farside.sensors.photometry import LAWS, PhotometryError, Regolith, law

MU0, MU = np.array([0.2, 0.5, 0.9, 0.05]), np.array([0.9, 0.6, 0.3, 0.8])
PHASE = np.radians([5.0, 40.0, 90.0, 130.0])


def by_hand(name, w=0.25, b=0.24, c=0.30, surge=1.95, h=0.07):
    """Return I/F by the textbook's formulas, with the C library's functions."""
    g, cosine = PHASE, np.cos(PHASE)
    lobe = [(1 - b * b) / (1 + b * b - 2 * s * b * cosine) ** 1.5 for s in (1, -1)]
    phase = (0.5 * (1 + c) * lobe[0] + 0.5 * (1 - c) * lobe[1]) * (
        1 + surge / (1 + np.tan(g / 2) / h)
    )
    root = math.sqrt(1 - w)
    h0, h1 = ((1 + 2 * x) / (1 + 2 * x * root) for x in (MU0, MU))
    seeliger = MU0 / (MU0 + MU)
    normal = Regolith().normal_albedo
    at_0 = (1 + surge) * (
        0.5 * (1 + c) * (1 - b * b) / (1 - b) ** 3 + 0.5 * (1 - c) * (1 - b * b) / (1 + b) ** 3
    )
    a = np.minimum(np.degrees(g), 110.0)
    share = 1 - 0.019 * a + 2.42e-4 * a**2 - 1.46e-6 * a**3
    return {
        "hapke": w / 4 * seeliger * (phase + h0 * h1 - 1),
        "lommel-seeliger": w / 4 * seeliger * phase,
        "lunar-lambert": normal * phase / at_0 * (2 * share * seeliger + (1 - share) * MU0),
        "lambert": normal * MU0,
    }[name]


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_its_formula(name):
    assert law(name).radiance_factor(MU0, MU, PHASE) == pytest.approx(by_hand(name), rel=2e-4)


@pytest.mark.parametrize("name", LAWS)
def test_normal_albedo_is_the_light_of_level_ground_under_the_sun(name):
    one = np.ones(1)
    seen = float(law(name).radiance_factor(one, one, np.zeros(1))[0])
    assert seen == pytest.approx(law(name).normal_albedo, rel=1e-4)
    assert 0.05 < seen < 0.2


def test_the_phase_function_has_a_mean_of_one_without_surge():
    cosine = (np.arange(4000) + 0.5) / 2000 - 1.0
    flat = Regolith(surge=0.0).phase_function(cosine)
    assert flat.mean() == pytest.approx(1.0, abs=1e-6)


def seen_by_huira(law_of, sun, albedo, n=48):
    """Return power per pixel of level ground, and cosines of emission and phase."""
    huira = pytest.importorskip("huira")
    kit = huira.visible8
    scene = kit.Scene()
    corners = [(x, y, 0.0) for x, y in ((-500, -500), (500, -500), (500, 500), (-500, 500))]
    mesh = scene.add_mesh([0, 1, 2, 0, 2, 3], [kit.Vertex(p, (0.0, 0.0, 1.0)) for p in corners])
    material = scene.new_material(law_of(scene))
    material.set_albedo_factor(kit.SpectralBins(albedo))
    scene.root.new_instance(scene.add_primitive(mesh, material))
    camera = scene.new_camera_model()
    middle = 0.5 * (n - 1)
    camera.set_intrinsics(float(n), float(n), middle, middle, (n, n), huira.Millimeter(10.0))
    camera.enable_psf_convolution(False)
    camera.enable_diffraction(False)
    camera.enable_depth_of_field(False)
    place = np.array([-8.0, 0.0, 10.0])
    z = -place / np.linalg.norm(place)
    x = np.array([0.0, -1.0, 0.0])
    axes = np.stack([x, np.cross(z, x), z], axis=1)
    eye = scene.root.new_instance(camera)
    eye.set_position(*[huira.Meter(part) for part in place])
    eye.set_rotation_local_to_parent(huira.Mat3(np.ascontiguousarray(axes)))
    light = scene.root.new_instance(scene.new_sun_light())
    light.set_position(*[huira.Meter(float(part)) for part in 1.495978707e11 * sun])
    begin, end = (huira.Time(f"2024-06-01T00:00:0{k}") for k in (0, 1))
    view = kit.SceneView(scene, huira.Interval(begin, end), eye, huira.ObservationMode.TRUE_STATE)
    buffer = camera.make_frame_buffer()
    buffer.enable_received_power(True)
    renderer = kit.Renderer()
    renderer.set_samples_per_pixel(64)
    renderer.set_max_bounces(1)
    renderer.set_dynamic_sampling(False)
    renderer.render(view, buffer)
    y, x = np.mgrid[:n, :n]
    rays = np.stack([(x - middle) / n, (y - middle) / n, np.ones((n, n))], axis=-1)
    rays = rays / np.linalg.norm(rays, axis=-1, keepdims=True) @ axes.T
    return np.asarray(buffer.received_power.to_numpy(), float)[..., 3], -rays[..., 2], -(rays @ sun)


@pytest.mark.parametrize("name", ["hapke", "lommel-seeliger"])
@pytest.mark.parametrize("sun", [(0.5, 0.3, 0.6), (-0.62, 0.1, 0.75)])
def test_light_is_that_of_huira_within_two_per_cent(name, sun):
    """As ratios to its Lambert ground; its Hapke takes c as the share of the lobe behind."""
    ground = Regolith()
    if name == "lommel-seeliger":
        # huira's scatters alike all ways
        ground = Regolith(lobe_width=0.0, lobe_share=0.0, surge=0.0)
    sun = np.array(sun) / np.linalg.norm(sun)
    w, c = ground.albedo, 0.5 * (1.0 + ground.lobe_share)
    huiras = {
        "hapke": lambda s: s.new_bsdf_hapke(ground.surge_width, ground.surge, ground.lobe_width, c),
        "lommel-seeliger": lambda s: s.new_bsdf_lommel_seeliger(),
    }
    power, mu, cosine = seen_by_huira(huiras[name], sun, w)
    white, _, _ = seen_by_huira(lambda s: s.new_bsdf_lambertian(), sun, w)
    theirs = power / white * w * sun[2]
    ours = law(name, ground).radiance_factor(
        np.full(mu.shape, sun[2]), mu, np.arccos(np.clip(cosine, -1.0, 1.0))
    )
    # its pixels are means, ours their middles: not within one of them of the peak of the surge
    far = cosine < math.cos(math.radians(1.5))
    assert far.sum() > 2000 and np.abs(ours / theirs - 1.0)[far].max() < 0.02


def test_what_is_no_law_is_refused_in_one_line():
    with pytest.raises(PhotometryError, match="choose one of hapke, lommel-seeliger"):
        law("phong")
    for name, value in (("albedo", 1.5), ("albedo", math.nan), ("surge_width", 0.0)):
        with pytest.raises(PhotometryError, match=name):
            Regolith(**{name: value})
