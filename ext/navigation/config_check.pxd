"""Whether a navigator's configuration from outside is of this version, whole, and possible."""

from libc.math cimport isfinite
from libc.stdint cimport uint32_t

from farside.ext.common.checksum cimport fnv1a, fnv1a_begin
from farside.ext.common.gravity_table cimport gravity_table_floats, gravity_table_valid
from farside.ext.common.types cimport Moon
from farside.ext.navigation.camera_setup cimport CAMERAS
from farside.ext.navigation.records cimport (
    NAVIGATION_SIDE, NAVIGATION_VERSION, NavigationConfig,
)
from farside.ext.navigation.state cimport camera_of


cdef enum:
    SIDE_MOST = 65536           # columns or rows of an image


cdef inline size_t map_floats(const NavigationConfig* c) noexcept nogil:
    return <size_t> c.onboard.rows * <size_t> c.onboard.cols


cdef inline uint32_t navigation_checksum(const NavigationConfig* c) noexcept nogil:
    """Of every number, and of the tables; addresses are left out."""
    cdef const char* first = <const char*> &c.moon
    cdef const char* rows = <const char*> &c.onboard.rows
    cdef uint32_t h = fnv1a(fnv1a_begin(), first, <size_t> (<const char*> &c.onboard - first))
    h = fnv1a(h, rows, <size_t> (<const char*> &c.field - rows))
    first = <const char*> &c.field
    h = fnv1a(h, first, <size_t> (<const char*> &c.field.values - first))
    h = fnv1a(h, c.onboard.height_m, sizeof(float) * map_floats(c))
    h = fnv1a(h, c.onboard.sigma_m, sizeof(float) * map_floats(c))
    return fnv1a(h, c.field.values, sizeof(float) * gravity_table_floats(&c.field))


cdef inline bint doubles_finite(const double* first, const double* end) noexcept nogil:
    while first < end:
        if not isfinite(first[0]):
            return False
        first += 1
    return True


cdef inline bint floats_within(const float* x, size_t n, float low, float high) noexcept nogil:
    """Whether so many values lie in a range; a NaN does not."""
    cdef size_t k
    for k in range(n):
        if not low <= x[k] <= high:
            return False
    return True


cdef inline bint moon_sound(const Moon* m) noexcept nogil:
    return (
        doubles_finite(&m.gm, <const double*> (m + 1))
        and m.gm > 0.0 and 1e5 <= m.radius_m <= 1e8 and 1e5 <= m.reference_radius_m <= 1e8)


cdef inline bint tables_whole(const NavigationConfig* c) noexcept nogil:
    """Whether the three tables are as large as is said, before any of them is read."""
    return (
        1 <= c.onboard.rows <= NAVIGATION_SIDE and 1 <= c.onboard.cols <= NAVIGATION_SIDE
        and c.onboard.height_m != NULL and c.onboard.sigma_m != NULL
        and gravity_table_valid(&c.field)
        and (c.field.count[0] == 0 or c.field.values != NULL))


cdef inline bint images_sound(const NavigationConfig* c) noexcept nogil:
    """Cameras and the images' gates; a camera without columns is none."""
    cdef int i
    if not (
            doubles_finite(&c.setup.image.map_sigma_m[0], <const double*> &c.setup.image.least)
            and c.setup.image.gate > 0.0 and 0.0 < c.setup.image.share <= 1.0
            and c.setup.image.least >= 3 and c.setup.image.vote >= 1):
        return False
    for i in range(CAMERAS):
        if camera_of(&c.setup, i).lens.columns == 0:
            continue
        if not (
                0 < camera_of(&c.setup, i).lens.columns <= SIDE_MOST
                and 0 < camera_of(&c.setup, i).lens.rows <= SIDE_MOST
                and doubles_finite(
                    &camera_of(&c.setup, i).axes_body[0],
                    <const double*> &camera_of(&c.setup, i).lens)
                and doubles_finite(
                    &camera_of(&c.setup, i).lens.focal_px[0],
                    <const double*> &camera_of(&c.setup, i).placed)
                and camera_of(&c.setup, i).lens.focal_px[0] > 0.0
                and camera_of(&c.setup, i).lens.focal_px[1] > 0.0
                and camera_of(&c.setup, i).turn_rad >= 0.0):
            return False
    return True


cdef inline bint setup_sound(const NavigationConfig* c) noexcept nogil:
    """What the filter divides by, or that bounds it."""
    return (
        doubles_finite(&c.setup.flow_spm, <const double*> &c.setup.rest_ticks)
        and doubles_finite(
            &c.setup.health.gate_1, <const double*> &c.setup.health.reject_after)
        and doubles_finite(&c.setup.place_m[0][0], <const double*> &c.setup.placed[0])
        and doubles_finite(&c.setup.com_offset_m[0], &c.setup.retro.drop_tick + 1)
        and c.setup.mass_min_kg > 0.0 and c.setup.relief_length_m > 0.0
        and c.setup.gravity_fall_m > 0.0 and c.setup.relief_smooth_m > 0.0
        and c.setup.range_max_m > 0.0 and c.setup.beam_max_m > 0.0
        and c.setup.health.gate_1 > 0.0 and c.setup.health.gate_3 > 0.0
        and c.setup.health.ramp >= 1.0 and c.setup.health.ramp_most >= 1.0
        and c.setup.rest_ticks > 0 and images_sound(c))


cdef inline bint navigation_sound(const NavigationConfig* c) noexcept nogil:
    """Whether a configuration may be flown."""
    if c == NULL or c.size != sizeof(NavigationConfig) or c.version != NAVIGATION_VERSION:
        return False
    if not tables_whole(c) or navigation_checksum(c) != c.checksum:
        return False
    if not (moon_sound(&c.moon) and setup_sound(c)):
        return False
    if not doubles_finite(&c.onboard.u0_m, <const double*> (&c.onboard + 1)):
        return False
    if not (
            c.onboard.cell_m > 0.0 and c.onboard.radius_m > 0.0
            and floats_within(c.onboard.height_m, map_floats(c), -1e5, 1e5)
            and floats_within(c.onboard.sigma_m, map_floats(c), 0.0, 1e5)):
        return False
    if c.field.count[0] == 0:
        return True
    return (
        doubles_finite(&c.field.radius_m, <const double*> &c.field.count[0])
        and doubles_finite(&c.field.first[0], <const double*> &c.field.values)
        and floats_within(c.field.values, gravity_table_floats(&c.field), -1.0, 1.0))
