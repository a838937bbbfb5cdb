"""The prose of the page of reference, between the tables that the schema makes."""

from typing import Final

INTRO: Final = """\
# The mission file

A mission is one TOML file in UTF-8: where to land, from which orbit, with which lander, by which
rows of guidance, and how far all that strays. This page is made from the schema by
`farside mission reference`; it is all that is needed to write one.

    farside mission check mine.toml     # every fault with its line, and what is odd
    farside land ./mine.toml --nominal  # fly it without dispersions
    farside land ./mine.toml --seed 1   # and with them
    farside missions --show chang-e-6   # a shipped mission, with its sources

Steps that work: copy the example below; put in site, orbit, vehicle and limits; write the rows;
`farside mission check` until it is quiet; fly nominal; then fly seeds, or a campaign.
"""

EXAMPLE: Final = '''\
name = "example"                        # small letters, digits, - and _
title = "A lander of four tonnes, flown to a basin floor"

[epoch]
pdi_utc = "2024-06-01T22:09:00Z"
landing_utc = "2024-06-01T22:23:00Z"

[site]
latitude_deg = -41.6385
longitude_deg = 206.0148
elevation_m = -5256.0

[orbit]                                 # the state at initiation; its range is solved
arrival_azimuth_deg = 270.0             # flying west
pdi_altitude_m = 15000.0
pdi_speed_mps = 1714.1
pdi_flight_path_deg = 0.0

[vehicle]
descent_mass_kg = 3730.0
usable_propellant_kg = 2060.0
stack_kg = { lander = 3730.0 }

[vehicle.engine]
thrust_max_n = 7500.0
thrust_min_n = 1500.0
isp_s = 310.0
lag_s = 0.15
ignition_delay_s = 0.30

[vehicle.body]
inertia_full_kgm2 = [5200.0, 5200.0, 4200.0]
inertia_dry_kgm2 = [2700.0, 2700.0, 2300.0]
com_height_full_m = 1.90
com_height_dry_m = 1.75
com_offset_m = [0.0, 0.0]

[vehicle.thrusters]
isp_s = 285.0
large_n = 150.0
small_n = 10.0
large_arm_m = 1.40
small_arm_m = 1.40
large_min_pulse_s = 0.02
small_min_pulse_s = 0.01

[vehicle.legs]
count = 4
span_m = 4.8
pad_m = 0.4
belly_clearance_m = 0.45
stroke_m = 0.35
crush_force_n = 11000.0
stiffness_npm = 250000.0
damping_nspm = 9000.0
friction = 0.6

[hazards]
slope_deg = 8.0
obstacle_m = 0.2
obstacle_margin_m = 0.03
footprint_m = 5.0
cell_m = 0.1
map_cells = 512
navigation_error_m = 0.9
sidestep_m = 25.0
hover_limit_s = 150.0

[touchdown]
vertical_speed_mps = 3.8
horizontal_speed_mps = 1.0
tilt_deg = 6.0
rate_dps = 3.0
rest_tilt_deg = 12.0

[guidance]
thrust_margin = 0.025
tilt_limit_deg = 45.0
rate_limit_dps = 6.0
heading_deg = 90.0                      # against the arrival

[[phases]]                              # 15 km to 2.5 km
name = "braking"
law = "braking"
altitude_m = 2500.0
vertical_speed_mps = -30.0
horizontal_speed_mps = 35.0
range_m = 1900.0
exit = "time_to_go"
exit_s = 0.3

[[phases]]                              # turn to where the approach begins
name = "adjust"
law = "adjust"
exit = "attitude"
exit_deg = 3.0
limit_s = 12.0

[[phases]]                              # to rest 100 m above the site
name = "approach"
law = "optimal"
altitude_m = 100.0
vertical_speed_mps = 0.0
horizontal_speed_mps = 0.0
range_m = 0.0
kr = 8.0
duration_s = 110.0
exit = "time_to_go"
exit_s = 1.0

[[phases]]                              # scan, and choose a site
name = "hover"
law = "hover"
altitude_m = 100.0
scan = true
exit = "site"
limit_s = 150.0

[[phases]]                              # over to it, and down to 30 m
name = "avoid"
law = "polynomial"
altitude_m = 30.0
vertical_speed_mps = -1.5
horizontal_speed_mps = 0.0
range_m = 0.0
kr = 8.0
duration_s = 22.0
tilt_limit_deg = 20.0
exit = "time_to_go"
exit_s = 1.0

[[phases]]                              # straight down; the engine is cut at 2 m
name = "descend"
law = "descend"
vertical_speed_mps = -1.5
exit = "height"
exit_m = 2.0

[[phases]]
name = "fall"
law = "off"
exit = "contact"

[[phases]]
name = "settle"
law = "off"
exit = "rest"

[sensors.lidar]                         # its defaults; the other sensors', too, and [ground], [dispersions]
'''

FRAMES: Final = """\
## Frames, signs and what is derived

- Sites are planetocentric in the mean-Earth frame (that of LROC and LOLA), longitudes 0 to 360 east.
- **Altitudes** (`altitude_m`, `pdi_altitude_m`, `exit = "altitude"`) count from the site's radius,
  1737.4 km + `site.elevation_m`, to the base of the lander, the plane of its footpads; heights
  (`exit = "height"`) from the ground beneath. Targets of rows count from the touchdown target, which
  is the site until one is chosen from the scan.
- The **site frame** is East, North, Up, fixed to the Moon. Azimuths are degrees east of north.
- **Speeds** are relative to the turning Moon's surface, but for `pdi_speed_mps`, which is inertial:
  the surface moves at 4.6 m/s cos(latitude) eastwards. Vertical speeds are up, so a descent is negative.
- **Body axes**: z along the thrust, origin at the centre of mass. While braking x points to the
  ground; upright, x points along `guidance.heading_deg`. Boresights are unit vectors in these axes:
  `[0, 0, -1]` looks straight down when upright.
- Derived, so in no file: the range at initiation (solved for the least propellant with the
  first row's braking, unless `orbit.pdi_range_m` is given), the initial attitude (engine against the
  motion), gravity, the dry mass (`descent_mass_kg` less `usable_propellant_kg`), mass properties in
  between (linear in mass), the torque of the thrusters, and the ground: LOLA's DEM (or `--dem`)
  with synthetic detail by `[ground]` below it.
"""

SPREADS: Final = """\
How a dispersion is given: a bare number is three standard deviations of a normal distribution about
nominal, in the unit of the key, each axis for itself; or a table names a distribution:

```toml
thrust_percent = 1.0                                                     # normal, 3 sigma
com_offset_m = { distribution = "truncated", three_sigma = 0.01, limit = 0.01 }
ignition_delay_s = { distribution = "uniform", half_width = 0.10 }
isp_percent = { distribution = "triangular", half_width = 0.5, offset = -0.1 }
position_m = { three_sigma = 1500.0, offset = 200.0 }
```

`normal` needs `three_sigma`; `truncated` needs `three_sigma` and `limit`; `uniform` and `triangular`
need `half_width`. Percentages reach 45 at the most. The sensors' constant errors (biases, scale
factors) are dispersed too, by the 1-sigma figures of their own tables.
"""

AUTHOR: Final = """\
## How to choose the numbers of the rows

With g = 1.62 m/s^2, m the mass there and T the thrust there:

- **braking** ends `range_m` short of the site at `altitude_m` with the two speeds. What follows has to
  take those off: a lander that stops from v_h within a range s in a time t has about s = v_h t / 2, and
  from v_v within a height h about h = -v_v t / 2; so choose `range_m` near v_h t / 2 and
  `altitude_m` near the next row's plus -v_v t / 2, with one t, its `duration_s`.
  The thrust for it, m sqrt((g - v_v / t)^2 + (v_h / t)^2) with v_v negative, must lie between the
  engine's limits, near full early and above least late, with 10 % to spare; and the tilt,
  atan(v_h / t / (g - v_v / t)), well inside `guidance.tilt_limit_deg`, since the first command leans
  about twice as far.
- Where braking alone cannot reach the gate, the mission is refused as it is flown ("no braking flight
  reaches"): raise `altitude_m`'s speeds, the thrust, or the orbit's altitude. It takes about
  m0 (1 - exp(-v / (9.80665 isp))) kg and m0 9.80665 isp / T (1 - exp(...)) s.
- **thrust_margin** keeps something back for an engine that gives less: 2.5 times `thrust_percent`.
- **polynomial, optimal**: `kr = 8` ends upright; `exit_s` of 1 s leaves before the last command grows.
  Fast and far (above 100 m/s) give `duration_s` as above and a `tilt_limit_deg` of 60 and more.
- **hold** waits at the attitude of braking, as for a fix by camera; meanwhile it goes on at its speed:
  the next row starts where that leads. Give `pitch_deg` where the thrust shall point elsewhere.
- **hover** with `exit = "elapsed"` waits; with `scan` and `exit = "site"` it looks. A lander with
  another hover height h than 100 m wants `cell_m` and `map_cells` in proportion: the map is
  2 h tan(field of view / 2) wide, a cell about the spacing of returns.
- **descend**: the touchdown is sqrt(rate^2 + 2 g exit_m) m/s where the engine is cut at `exit_m`; for
  a landing on the engine, `exit = "contact"`. Come down a long way in several rows, each slower.
- **tilt and slew**: `rate_limit_dps` 3 to 10; `limit_s` of a turn is the angle over that, plus 3 s.
"""

CHECKS: Final = """\
## What is refused, and what is only odd

`farside mission check FILE` prints every fault with its line, and exits with 2; what is odd is
printed as a warning, and `farside land` repeats it. Refused are: unknown, misplaced, missing
and misspelled keys (the nearest is named), keys that law or exit do not take, a unit other than the key's,
values that are no number or not finite or outside their range, dates, truth values where
numbers belong, whole numbers written as 512.0, a text that is not UTF-8 (a byte order mark
is fine), parts that do not add up, exits that cannot end the row or are met as it begins, rows
behind the landing. Odd are: sensors that never see where they are needed, keys that nothing reads, an
engine that cannot lift the lander or cannot come down, too little propellant for the orbit, a touchdown
that is too fast by design, rows that climb.
"""

PYTHON: Final = '''\
## From Python: change, sweep, write

```python
from farside.mission import load_mission, parse_mission, sweep

mission = load_mission("chang-e-6")                     # or a path, or a mission of your own
weaker = mission.replace("vehicle.engine.thrust_max_n", 7000)
higher = mission.replace({"phases[hover].altitude_m": 120, "phases[approach].altitude_m": 120})
assert parse_mission(weaker.to_toml()) == weaker        # TOML, and back

for each in sweep(mission, "vehicle.engine.thrust_max_n", (7000, 7250, 7500)):
    print(each.vehicle.engine.thrust_max_n)             # fly it: farside.flight.land(each)
```

`Mission.replace` checks the changed mission as a file is checked. A campaign over changed missions:

```python
from farside.campaign import fly_campaign, plan_campaign

for each in sweep(mission, "vehicle.engine.thrust_max_n", (7000, 7500)):
    plan = plan_campaign(each, 2, imaging=False)
    fly_campaign(plan, f"campaigns/{each.vehicle.engine.thrust_max_n:g}-n")
```
'''
