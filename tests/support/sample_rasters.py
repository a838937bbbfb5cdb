"""A plane of 16.7 deg as rasters of several kinds; beyond every lander's slope limit."""

import math

import numpy as np
import pytest

from farside.mission import load_mission
from farside.survey import Query

QUERY = Query.of(load_mission("chang-e-6"))
STEEP = 0.3  # 16.7 deg
PDS_LABEL = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = {record}
FILE_RECORDS = {rows}
^IMAGE = "ldem.img"
TARGET_NAME = MOON
OBJECT = IMAGE
  LINES = {rows}
  LINE_SAMPLES = {cols}
  SAMPLE_TYPE = LSB_INTEGER
  SAMPLE_BITS = 16
  SCALING_FACTOR = 0.01
  OFFSET = 1737400.0
  UNIT = METER
END_OBJECT = IMAGE
OBJECT = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE = "SIMPLE CYLINDRICAL"
  A_AXIS_RADIUS = 1737.4 <KM>
  B_AXIS_RADIUS = 1737.4 <KM>
  C_AXIS_RADIUS = 1737.4 <KM>
  CENTER_LATITUDE = 0.0 <DEG>
  CENTER_LONGITUDE = 0.0 <DEG>
  LINE_PROJECTION_OFFSET = {rows}
  SAMPLE_PROJECTION_OFFSET = 0.0
  MAP_SCALE = 1.0 <M/PIXEL>
  MAXIMUM_LATITUDE = 0.01 <DEG>
  MINIMUM_LATITUDE = 0.0 <DEG>
  WESTERNMOST_LONGITUDE = 0.0 <DEG>
  EASTERNMOST_LONGITUDE = 0.01 <DEG>
  MAP_RESOLUTION = 30323.35 <PIX/DEG>
  COORDINATE_SYSTEM_TYPE = "BODY-FIXED ROTATING"
  COORDINATE_SYSTEM_NAME = "PLANETOCENTRIC"
END_OBJECT = IMAGE_MAP_PROJECTION
END
"""


def plane(gradient=STEEP, rows=70, cols=90, cell_m=1.0, level=-5256.0):
    """Heights [m] that rise along the columns."""
    return level + gradient * cell_m * np.arange(rows)[:, None] + np.zeros(cols)


def steep_and_unsafe(result):
    # coefficients in single precision of heights near 5 km: 0.5 mm over a footprint of 5 m
    slope = result.view.slope_deg
    assert np.nanmedian(slope) == pytest.approx(math.degrees(math.atan(STEEP)), abs=0.05)
    assert result.safe_share == 0.0 and not result.sites


def pds3(folder, stored, unit, scale, offset, kind="PC_REAL", bits=32):
    rows, cols = stored.shape
    (folder / "ldem.img").write_bytes(stored.tobytes())
    label = PDS_LABEL.format(rows=rows, cols=cols, record=cols * bits // 8)
    for old, new in (
        ("LSB_INTEGER", kind),
        ("SAMPLE_BITS = 16", f"SAMPLE_BITS = {bits}"),
        ("SCALING_FACTOR = 0.01", f"SCALING_FACTOR = {scale}"),
        ("OFFSET = 1737400.0", f"OFFSET = {offset}"),
        ("UNIT = METER", f"UNIT = {unit}"),
    ):
        label = label.replace(old, new)
    (folder / "ldem.lbl").write_text(label)
    return folder / "ldem.lbl"
