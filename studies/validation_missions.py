"""The rows of docs/validation.md for the landings that have no module of their own, as data.

Our values are found by the same keys: studies/flown_missions.py.
"""

from __future__ import annotations

from studies.published import Kind, Record
from studies.validation_rows import GATE, MASS, NEVER, SUN

PREDICTED, REPRODUCED, FITTED, INPUT = Kind
HALF = "5 %: as the other landings"
LEGS = "only held to the limit of the legs"
#: Elevation of the Sun at the landings [deg], by another program.
SUNS = {
    "chang-e-3": 24.39,
    "chang-e-5": 37.49,
    "chandrayaan-3": 8.61,
    "slim": 37.21,
    "blue-ghost-m1": 3.43,
    "im-1": 10.47,
    "im-2": 2.47,
    "luna-25": 3.95,
    "beresheet": 9.34,
    "hakuto-r": 11.36,
}

SUN_ROWS = tuple(
    Record(f"{name}.sun", "Sun elevation at the landing", "deg", published, REPRODUCED,
           "CALC_SUN, derived", SUN, within=0.1, digits=2)
    for name, published in SUNS.items()
)  # fmt: skip

CHANG_E_3 = (
    Record("chang-e-3.duration", "Duration", "s", (688.0, 720.0), PREDICTED,
           "from memory: 12:59:50 to 13:11:18; CCTV3: 720 s planned, 12 min reported",
           "5 %: phases below 2.4 km are from memory", percent=5.0),
    Record("chang-e-3.to-gate", "Time to 3 km", "s", 507.0, REPRODUCED, "CALC_MASS, derived",
           "5 %; 487 s from memory", percent=5.0, digits=0),
    Record("chang-e-3.range", "Range at the start of descent", "km", 460.0, REPRODUCED,
           "CALC_MASS, derived", "5 %: no margin of thrust there, level ground", percent=5.0,
           digits=0),
    Record("chang-e-3.propellant", "Propellant", "kg", 1420.0, REPRODUCED, "CALC_MASS, derived",
           "5 %: another program, with our mass and thrust", percent=5.0, digits=0),
    Record("chang-e-3.level", "Level speed at 2.4 km", "m/s", 0.0, PREDICTED, "CUMCM14",
           "nearly none: what the turn leaves", within=3.0, digits=1),
    Record("chang-e-3.contact", "Downward speed at first contact", "m/s", 3.6, PREDICTED,
           "CALC_KIN: a fall of 4 m from rest; limit from memory", "the limit of the legs is 3.8",
           within=0.2, digits=2),
    Record("chang-e-3.gate", "Altitude where braking ends", "m", 3000.0, INPUT, "CUMCM14", GATE,
           "braking.altitude_m", within=100.0, digits=0),
    Record("chang-e-3.speed", "Speed there", "m/s", 57.0, INPUT, "CUMCM14", GATE,
           "braking.vertical_speed_mps and horizontal_speed_mps", within=3.0),
    Record("chang-e-3.upright", "Altitude where it is upright", "m", 2400.0, INPUT, "CUMCM14",
           "a guidance cycle", "adjust.exit_m", within=30.0, digits=0),
    Record("chang-e-3.hover", "Altitude of the hover", "m", 100.0, INPUT, "CUMCM14, NSSDC13",
           "the approach ends a second early", "hover.altitude_m", within=3.0),
    Record("chang-e-3.slow", "Height where the slow descent begins", "m", 30.0, INPUT, "CUMCM14",
           "altitude counts from the site, height from the ground below", "avoid.altitude_m",
           within=3.0),
    Record("chang-e-3.off", "Height at the cut-off", "m", 4.0, INPUT, "NSSDC13",
           "noise of the height, and a tick", "slow.exit_m", within=0.3, digits=2),
)  # fmt: skip

CHANG_E_5 = (
    Record("chang-e-5.duration", "Duration", "s", (840.0, 900.0), FITTED,
           "CNSA5 (minutes of clock time)",
           "5 % beyond the published minutes: the phases below 2.5 km are from memory", MASS,
           band=(798.0, 944.0)),
    Record("chang-e-5.propellant", "Propellant", "kg", 1898.0, FITTED, "GNC5",
           "5 %: the mass is worked out from this very number (CALC_MASS)", MASS, percent=5.0),
    Record("chang-e-5.down", "Downward speed at first contact", "m/s", 1.99, FITTED, "GNC5",
           "0.2 m/s: the ground under a pad and under the middle differ", "slow.exit_m",
           within=0.2, digits=2),
    Record("chang-e-5.aside", "Horizontal speed at first contact", "m/s", 0.0085, PREDICTED, "GNC5",
           "0.05 m/s; this flight has perfect sensors, theirs had not", within=0.05, digits=4),
    Record("chang-e-5.tilt", "Tilt at first contact", "deg", 0.2, PREDICTED, "GNC5",
           "0.5 deg; this flight has perfect sensors", within=0.5, digits=2),
    Record("chang-e-5.rate", "Turning at first contact", "deg/s", 0.03, PREDICTED, "GNC5",
           "0.3 deg/s", within=0.3, digits=2),
    Record("chang-e-5.gate", "Altitude where braking ends", "m", 2500.0, INPUT, "CNSA5", GATE,
           "braking.altitude_m", within=100.0, digits=0),
    Record("chang-e-5.hover", "Altitude of the hover", "m", 100.0, INPUT, "CNSA5",
           "the approach ends a second early", "hover.altitude_m", within=3.0),
)  # fmt: skip

CHANDRAYAAN_3 = (
    Record("chandrayaan-3.range", "Rough braking: range", "km", 713.5, PREDICTED, "BS3",
           "1 %: found with the least propellant", percent=1.0),
    Record("chandrayaan-3.rough", "Rough braking: time", "s", 690.0, FITTED, "BS3",
           "1 %: 90 % of full thrust was chosen for it (CALC_MASS)", "guidance.thrust_margin",
           percent=1.0),
    Record("chandrayaan-3.held", "Altitude after the attitude hold", "m", 6800.0, PREDICTED, "NH3",
           "100 m: rounded", within=100.0, digits=0),
    Record("chandrayaan-3.held-across", "Level speed after it", "m/s", 336.0, PREDICTED,
           "from memory", "1 %", percent=1.0),
    Record("chandrayaan-3.held-down", "Vertical speed after it", "m/s", -59.0, PREDICTED,
           "from memory", "2 m/s", within=2.0),
    Record("chandrayaan-3.landed", "Mass landed", "kg", (0.0, 800.0), PREDICTED, "HT23",
           "the most that the legs are for", band=(-NEVER, 800.0), digits=0),
    Record("chandrayaan-3.propellant", "Propellant", "kg", 980.0, REPRODUCED, "CALC_MASS, derived",
           "5 %: another program, with our mass and thrust", percent=5.0, digits=0),
    Record("chandrayaan-3.duration", "Duration", "s", 1139.0, INPUT, "ADDA3",
           "1 %: the phase list behind it is from memory, and adds up to it",
           "touch.vertical_speed_mps, and times and rates of the other rows", percent=1.0),
    Record("chandrayaan-3.gate", "Altitude where rough braking ends", "m", 7420.0, INPUT, "BS3",
           GATE, "rough.altitude_m", within=100.0, digits=0),
    Record("chandrayaan-3.gate-across", "Level speed there", "m/s", 358.0, INPUT, "BS3", GATE,
           "rough.horizontal_speed_mps", within=5.0),
    Record("chandrayaan-3.gate-down", "Vertical speed there", "m/s", -61.0, INPUT, "BS3", GATE,
           "rough.vertical_speed_mps", within=5.0),
    Record("chandrayaan-3.look", "Height of the second hover", "m", 150.0, INPUT, "ARC3",
           "what the loop leaves", "look.altitude_m", within=3.0),
    Record("chandrayaan-3.contact", "Downward speed at first contact", "m/s", (0.0, 2.0), INPUT,
           "HT23", "the limit of the design", "touch.vertical_speed_mps, downwards",
           band=(-NEVER, 2.0),
           digits=2),
)  # fmt: skip

COMMERCIAL = (
    Record("blue-ghost-m1.braking", "Time of braking", "s", 540.0, FITTED,
           "BGNASA25: about 9 min", "5 %: the mass is worked out from this very number", MASS,
           percent=5.0, digits=0),
    Record("blue-ghost-m1.duration", "Duration", "s", 660.0, PREDICTED, "BGINKL25: 11 min of burn",
           "5 %: rounded to a minute", percent=5.0, digits=0),
    Record("blue-ghost-m1.last", "Time from 40 m/s to touchdown", "s", 100.0, PREDICTED,
           "BGINKL25", "25 s: the altitude of the gate and the last rate's height are ours",
           within=25.0, digits=0),
    Record("blue-ghost-m1.gate", "Speed where braking ends", "m/s", 40.0, INPUT,
           "BGINKL25; BGNASA25: 130 ft/s", GATE,
           "braking.vertical_speed_mps and horizontal_speed_mps", within=3.0),
    Record("blue-ghost-m1.contact", "Downward speed at first contact", "m/s", 1.0, INPUT,
           "BGNASA25: about 3 ft/s", "what the loop leaves",
           "descend.vertical_speed_mps, downwards", within=0.1, digits=2),
    Record("im-1.duration", "Duration", "s", 720.0, PREDICTED,
           "ARS25: from 15 km more than 12 min before touchdown", "5 %: a lower bound of minutes",
           percent=5.0, digits=0),
    Record("im-1.contact", "Downward speed at first contact", "m/s", 1.0, INPUT, "SNIM24: planned",
           "what the loop leaves", "descend.vertical_speed_mps, downwards", within=0.1, digits=2),
    Record("slim.duration", "Duration", "s", 1200.0, PREDICTED, "JATAN161: 15:00 to 15:20",
           "only held below it: it coasted between burns to take images (from memory), how often "
           "and how long is unpublished: ours three times for 60 s",
           band=(-NEVER, 1230.0), digits=0),
    Record("slim.hover", "Altitude of the hover", "m", 50.0, INPUT, "JATAN161",
           "altitude counts from the site, the hover's from the ground as it is seen",
           "hover.altitude_m", within=6.0),
    Record("beresheet.off", "Height at the cut-off", "m", 5.0, INPUT, "TOI19",
           "noise of the height, and a tick", "descend.exit_m", within=0.3, digits=2),
)  # fmt: skip

APOLLO = (
    Record("apollo-12.high", "High gate: time", "s", 516.0, PREDICTED,
           "from memory: 110:20:38 to 110:29:14", "6 passes of 2 s; thrust as Apollo 11's",
           within=12.0, digits=0),
    Record("apollo-12.duration", "Duration (flown by hand from 120 m)", "s", 718.0, PREDICTED,
           "from memory: to 110:32:36", "60 s: the crew looked for a place", within=60.0, digits=0),
    Record("apollo-15.high", "High gate: time", "s", 563.0, PREDICTED,
           "from memory: 104:30:09 to 104:39:32", "6 passes of 2 s; thrust as Apollo 11's",
           within=12.0, digits=0),
    Record("apollo-15.glide", "High gate: angle of the site below the level", "deg", 25.0,
           PREDICTED, "from memory: 25 deg, where Apollo 11 and 12 came in at 14", "3 deg",
           within=3.0),
    Record("apollo-15.duration", "Duration (flown by hand from 120 m)", "s", 740.0, PREDICTED,
           "from memory: to 104:42:29", "30 s", within=30.0, digits=0),
    Record("apollo-15.contact", "Downward speed at first contact (flown by hand)", "m/s", 2.1,
           PREDICTED, "from memory: 6.8 ft/s", LEGS, band=(-NEVER, 3.05), digits=2),
)  # fmt: skip

SURVEYOR = (
    Record("surveyor-1.burnt", "Downward speed at burn-out of the motor", "m/s", 137.0, FITTED,
           "from memory: 450 ft/s of Surveyor 3", "5 m/s: the motor gives 3 m/s for a kilogram",
           "vehicle.retro.propellant_kg", within=5.0, digits=0),
    Record("surveyor-1.height", "Altitude at its burn-out", "m", 10700.0, PREDICTED,
           "from memory: 35 000 ft of Surveyor 3",
           "1500 m: half a second of its clock", within=1500.0, digits=0),
    Record("surveyor-1.landed", "Mass landed", "kg", 294.0, PREDICTED, "from memory",
           "5 %: the verniers' share while the motor burns is ours", percent=5.0, digits=0),
    Record("surveyor-1.contact", "Downward speed at first contact", "m/s", 3.6, PREDICTED,
           "from memory: 11 to 12 ft/s", "0.4 m/s: rounded", within=0.4, digits=2),
    Record("surveyor-1.off", "Height at the cut-off", "m", 4.0, INPUT, "from memory: 13 ft",
           "noise of the height, and a tick", "last.exit_m", within=0.3, digits=2),
)  # fmt: skip

MISSIONS = (*SUN_ROWS, *CHANG_E_3, *CHANG_E_5, *CHANDRAYAAN_3, *COMMERCIAL, *APOLLO, *SURVEYOR)
