"""A mission whose sensors stand at the centre of mass, report at once, and never lose anything."""

from dataclasses import replace

#: What the sensors had before places, drifts, steps, latencies and losses; the rest is absent.
KEPT = {
    "imu": (
        *("gyro_bias_dph", "gyro_noise_deg_per_sqrt_h", "gyro_scale_ppm"),
        *("accel_bias_ug", "accel_noise_ug_per_sqrt_hz", "accel_scale_ppm"),
    ),
    "star_tracker": ("cross_arcsec", "roll_arcsec", "rate_hz", "slew_limit_dps"),
    "altimeter": (
        *("noise_m", "bias_m", "range_min_m", "range_max_m", "rate_hz"),
        *("braking_boresight_body", "landing_boresight_body"),
    ),
    "velocimeter": (
        *("noise_mps", "scale", "range_max_m", "rate_hz", "cant_deg"),
        *("braking_boresight_body", "landing_boresight_body"),
    ),
    "touchdown": ("noise_m", "range_max_m", "rate_hz"),
    "contact": (),
}


def plain(mission):
    """Return the mission with every other key of its sensors left out."""
    tables = {}
    for name, keys in KEPT.items():
        table = getattr(mission.sensors, name)
        tables[name] = type(table)(**{key: getattr(table, key) for key in keys})
    return replace(mission, sensors=replace(mission.sensors, **tables))
