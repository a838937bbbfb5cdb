"""Campaigns for tests: rows drawn from distributions that are known, and rows that were flown."""

from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from farside.campaign.sampling import sampler as sampler_of
from farside.mission import load_mission

INPUTS = (
    ("mass_percent", "%"), ("thrust_percent", "%"), ("isp_percent", "%"), ("position_east_m", "m"),
    ("gyro_bias_x_dph", "deg/h"), ("com_x_m", "m"),
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """A campaign that was never flown."""

    table: Any
    mission: Any
    manifest: Any


def manifest(runs, seed=0, sampling="sobol", imaging=True, sampler=None):
    return SimpleNamespace(
        runs=runs,
        seed=seed,
        sampling=sampling,
        sampler=sampler_of(sampling) if sampler is None else sampler,
        imaging=imaging,
        cameras=False,
    )


def table_of(columns):
    """Make a table with units."""
    units = dict(INPUTS)
    fields = []
    arrays = []
    for name, values in columns.items():
        array = pa.array(values)
        unit = units.get(name.removeprefix("input_"), "")
        fields.append(pa.field(name, array.type, metadata={"unit": unit}))
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def sample_columns(runs, seed=0, first=0):
    """Draw rows: propellant is driven by mass, thrust and Isp, the miss by nothing."""
    rng = np.random.default_rng(seed)
    inputs = {f"input_{name}": rng.normal(size=runs) for name, _ in INPUTS}
    mass, thrust, isp = (inputs[f"input_{n}_percent"] for n in ("mass", "thrust", "isp"))
    propellant = 1830.0 + 9.0 * mass - 3.0 * thrust - 6.0 * isp + rng.normal(0.0, 2.0, runs)
    east, north = rng.normal(0.0, 0.20, runs), rng.normal(0.02, 0.12, runs)
    columns = {
        "run": np.arange(first, first + runs),
        "outcome": ["landed"] * runs,
        "safe": np.ones(runs, bool),
        "error": [""] * runs,
        "duration_s": rng.normal(806.0, 3.0, runs),
        "propellant_kg": propellant,
        "propellant_left_kg": 2060.0 - propellant,
        "touchdown_vertical_speed_mps": -np.abs(rng.normal(2.75, 0.1, runs)),
        "touchdown_horizontal_speed_mps": np.abs(rng.normal(0.0, 0.05, runs)),
        "touchdown_tilt_deg": np.abs(rng.normal(0.0, 0.3, runs)),
        "touchdown_rate_dps": np.abs(rng.normal(0.0, 0.2, runs)),
        "touchdown_rest_tilt_deg": rng.gamma(4.0, 0.6, runs),
        "touchdown_ground_slope_deg": np.minimum(rng.gamma(4.0, 0.6, runs), 7.9),
        "touchdown_ground_roughness_m": rng.uniform(0.02, 0.19, runs),
        "touchdown_miss_m": np.hypot(east, north),
        "touchdown_miss_east_m": east,
        "touchdown_miss_north_m": north,
        "touchdown_east_m": 14.0 * rng.normal(size=runs) + east,
        "touchdown_north_m": 10.0 * rng.normal(size=runs) + north,
        "site_divert_m": np.abs(rng.normal(0.0, 9.0, runs)),
        "site_scans": np.ones(runs, np.int64),
        "site_least_bad": np.zeros(runs, bool),
        "site_truth_has_safe_point": np.ones(runs, bool),
        **inputs,
    }
    far = (columns["touchdown_east_m"], columns["touchdown_north_m"])
    return columns | {"touchdown_absolute_miss_m": np.hypot(*far)}


def fail(columns, index, outcome="landed", **changes):
    """Make one row a failure."""
    columns["outcome"][index] = outcome
    columns["safe"][index] = False
    for name, value in changes.items():
        columns[name][index] = value


def sample_campaign(runs, seed=0, **about):
    return Rows(
        table_of(sample_columns(runs, seed)), load_mission("chang-e-6"), manifest(runs, **about)
    )


def campaign_of(columns, **about):
    runs = len(columns["run"])
    return Rows(table_of(columns), load_mission("chang-e-6"), manifest(runs, **about))


def row_of(landing, run):
    """Return the row of a flight, as far as statistics read it."""
    plan = landing.plan
    row = {
        "run": run,
        "outcome": landing.outcome,
        "safe": landing.safe,
        "error": "",
        "duration_s": landing.duration_s,
        "propellant_kg": landing.propellant_kg,
        "propellant_left_kg": plan.vehicle.usable_propellant_kg - landing.propellant_kg,
        "touchdown_east_m": float(landing.telemetry[-1]["r_site"][0]),
        "touchdown_north_m": float(landing.telemetry[-1]["r_site"][1]),
    }
    row |= {f"touchdown_{name}": value for name, value in asdict(landing.touchdown).items()}
    return row | {f"site_{name}": value for name, value in asdict(landing.site).items()}
