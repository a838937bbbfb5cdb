"""Missions of landings that failed: they read, are listed apart, and land without their fault."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from test_sources import IDS, named

from farside.flight import land
from farside.flight.checks import check_mission
from farside.flight.failures import compare_failure
from farside.mission import (
    MissionError,
    failure_names,
    load_mission,
    mission_names,
    mission_path,
    mission_text,
    parse_mission,
)
from farside.mission.moon import GM, MEAN_RADIUS_M
from farside.mission.reader import LINES if False else MissionError as _  # noqa
