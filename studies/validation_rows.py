"""The rows of docs/validation.md as data: what was published, by whom, and what we may differ by.

Our values are found by the same keys: studies/flown_values.py, studies/validation.py.
"""

from __future__ import annotations

from studies.published import Kind, Record

PREDICTED, REPRODUCED, FITTED, INPUT = Kind
NEVER = float("inf")

#: How the gates of Apollo 11's plan were taken.
PLAN = "from memory: Bennett, TN D-6846"
THRUST = "vehicle.engine.thrust_max_n"
MASS = "vehicle.descent_mass_kg"
FALL = "braking.vertical_speed_mps"
#: The same model of the Moon's turning in two programs.
SUN = "Sun and Earth by two models of the Moon's turning differ by less than 0.05 deg"
SOLVED = "solvers stop within some 0.01 kg; nodes cost 0.02 kg"
ROUNDED = "published to four digits, discretised there"
GATE = "the gate is passed within a guidance cycle, and the lander turns through it"
PASS = "6 passes of 2 s"

SKY = (
    Record("sky.apollo-sun", "Apollo 11 landing: Sun elevation", "deg", 10.65, PREDICTED,
           "ALSJSUN", SUN, within=0.1, digits=2),
    Record("sky.apollo-azimuth", "Apollo 11 landing: Sun azimuth", "deg", 88.81, PREDICTED,
           "ALSJSUN", SUN, within=0.1, digits=2),
    Record("sky.chang-e-6-earth", "Chang'e 6 landing: Earth elevation", "deg", -42.69, REPRODUCED,
           "CALC_SUN, derived", SUN, within=0.1, digits=2),
    Record("sky.chang-e-6-sun", "Chang'e 6 landing: Sun elevation", "deg", 36.72, REPRODUCED,
           "CALC_SUN, derived", SUN, within=0.1, digits=2),
    Record("sky.chang-e-4-earth", "Chang'e 4 landing: Earth elevation", "deg", -39.20, REPRODUCED,
           "CALC_SUN, derived", SUN, within=0.1, digits=2),
    Record("sky.chang-e-4-sun", "Chang'e 4 landing: Sun elevation", "deg", 31.51, REPRODUCED,
           "CALC_SUN, derived", SUN, within=0.1, digits=2),
)  # fmt: skip

ORBIT = (
    Record("orbit.apollo", "Apollo 11 start of descent, 14.88 x 105.9 km", "m/s", 1694.7, PREDICTED,
           "A11PHYS, secondary", "5560 ft/s is rounded to 10 ft/s, 3 m/s", within=2.0),
    Record("orbit.100", "Perilune of 15 x 100 km", "m/s", 1692.3, INPUT,
           "CALC_ORB, derived", "the same formula, by hand", "vis-viva, both times", within=0.5),
    Record("orbit.200", "Perilune of 15 x 200 km", "m/s", 1714.1, INPUT,
           "CALC_ORB, derived", "the same formula, by hand", "vis-viva, both times", within=0.5),
    Record("orbit.launched", "Chang'e 6: mass launched", "kg", 8350.0, INPUT,
           "CD6", "a sum", "vehicle.stack_kg, whose parts were chosen to make it", within=1.0,
           digits=0),
)  # fmt: skip

CHANG_E_6 = (
    Record("chang-e-6.duration", "Duration", "s", (840.0, 900.0), FITTED,
           "CNSA6, CNSA5 (minutes of clock time)",
           "5 % beyond the published minutes: the phases below 2.5 km are from memory", MASS,
           band=(798.0, 944.0)),
    Record("chang-e-6.propellant", "Propellant (Chang'e 5's)", "kg", 1898.0, FITTED,
           "GNC5", "5 %: the twin's mass is worked out from this very number (CALC_MASS)", MASS,
           percent=5.0),
    Record("chang-e-6.braking-time", "Time of braking, to 2.5 km", "s", 600.0, PREDICTED,
           "PRESS6", "\"about 10 min\"; full thrust takes 580 s (8250 N, XILU) to 715 s (7500 N), "
           "for 3600 to 3850 kg", band=(580.0, 715.0), digits=0),
    Record("chang-e-6.braking-propellant", "Propellant of braking", "kg", None, REPRODUCED,
           "CALC_MASS", "1 %: a linear tangent law in the plane, by another program, with our "
           "mass, thrust and gate", percent=1.0),
    Record("chang-e-6.contact-down", "Downward speed at first contact (Chang'e 5's)", "m/s", 1.99,
           PREDICTED, "GNC5; limit from memory",
           "only held to the limit of the legs. Chang'e 5 was slower: free fall from 1.2 m at "
           "rest, where we cut off at 2 m and 1.5 m/s", band=(-NEVER, 3.8), digits=2),
    Record("chang-e-6.contact-aside", "Horizontal speed at first contact (Chang'e 5's)", "m/s",
           0.0085, PREDICTED, "GNC5; limit from memory",
           "only held to the limit of the legs; this flight has perfect sensors, theirs had not",
           band=(-NEVER, 1.0), digits=4),
    Record("chang-e-6.landed", "Mass landed", "kg", 1835.0, INPUT,
           "CALC_MASS, derived: no source gives it", "5 % of the propellant",
           f"{MASS} less GNC5's propellant", within=92.0, digits=0),
    Record("chang-e-6.start", "Altitude at the start of descent, above the mean sphere", "m",
           15000.0, INPUT, "PRESS6", "a tick of the first state", "orbit.pdi_altitude_m",
           within=10.0, digits=0),
    Record("chang-e-6.gate", "Altitude where braking ends", "m", 2500.0, INPUT, "PRESS6", GATE,
           "braking.altitude_m", within=100.0, digits=0),
    Record("chang-e-6.gate-down", "Vertical speed there", "m/s", -30.0, INPUT, "PRESS6", GATE,
           FALL, within=5.0),
    Record("chang-e-6.gate-along", "Horizontal speed there", "m/s", 35.0, INPUT, "ours", GATE,
           "braking.horizontal_speed_mps", within=5.0),
    Record("chang-e-6.hover", "Altitude of the hover", "m", 100.0, INPUT, "CNSA6",
           "the approach ends a second early", "hover.altitude_m", within=3.0),
    Record("chang-e-6.constant", "Height where the constant descent begins", "m", 30.0, INPUT,
           "PRESS6", "altitude counts from the site, height from the ground below",
           "avoid.altitude_m", within=3.0),
    Record("chang-e-6.off-speed", "Vertical speed at the cut-off", "m/s", -1.5, INPUT,
           "from memory", "what the loop leaves", "descend.vertical_speed_mps", within=0.1,
           digits=2),
    Record("chang-e-6.off-height", "Height at the cut-off", "m", 2.0, INPUT, "XIN4 (Chang'e 4)",
           "noise of the height, and a tick", "descend.exit_m", within=0.3, digits=2),
    Record("chang-e-6.slope", "Slope of the ground chosen", "deg", (0.0, 8.0), INPUT, "PP3",
           "the rule: no other site is taken", "hazards.slope_deg", band=(-NEVER, 8.0), digits=2),
    Record("chang-e-6.rough", "Roughness of the ground chosen", "m", (0.0, 0.2), INPUT, "PP3",
           "the rule: no other site is taken", "hazards.obstacle_m", band=(-NEVER, 0.2), digits=3),
    Record("chang-e-6.square", "Side of the square scanned from 100 m", "m", 50.0, INPUT,
           "from memory", "29 x 33 deg from 100 m, cut to a square",
           "hazards.map_cells times hazards.cell_m", within=5.0),
)  # fmt: skip

CHANG_E_4 = (
    Record("chang-e-4.duration", "Duration", "s", 687.0, FITTED, "WAN2019 (about)",
           "5 %: the speed at 8 km is not published", FALL, percent=5.0),
    Record("chang-e-4.leg", "Time from 8 km", "s", 182.0, FITTED, "derived: 687 less CALC_MASS",
           "5 % of the whole descent", FALL, within=34.0, digits=0),
    Record("chang-e-4.fastest", "Fastest fall in the vertical leg", "m/s", (85.0, 110.0), FITTED,
           "derived: what 182 s ask for", "the interval itself", FALL, within=0.0),
    Record("chang-e-4.to-gate", "Time to 8 km", "s", 505.0, REPRODUCED, "CALC_MASS, derived",
           "5 % of the whole descent; the calculation has 60 m/s of fall at 8 km, the mission 88",
           within=34.0, digits=0),
    Record("chang-e-4.gate", "Altitude where braking ends", "m", 8000.0, INPUT, "SUN4", GATE,
           "braking.altitude_m", within=100.0, digits=0),
    Record("chang-e-4.hover", "Altitude of the hover", "m", 100.0, INPUT, "XIN4",
           "the approach ends a second early", "hover.altitude_m", within=3.0),
    Record("chang-e-4.off-height", "Height at the cut-off", "m", 2.0, INPUT, "XIN4",
           "noise of the height, and a tick", "descend.exit_m", within=0.3, digits=2),
)  # fmt: skip

COEFFICIENT = "mass flow 1 / (Isp g0 cos(cant)): the printed one leads to 361 kg"
OPTIMA = (
    Record("optimum.a1", "A1, no constraint on the state", "kg", 387.9, FITTED,
           "AP2007, secondary: in a thesis of DLR", ROUNDED, COEFFICIENT, within=0.05, digits=2),
    Record("optimum.a2", "A2, glide slope 4 deg, 81 s", "kg", 399.5, PREDICTED,
           "AP2007, secondary: in a thesis of DLR", f"{ROUNDED}; mass flow as of A1", within=0.15,
           digits=2),
    Record("optimum.a4", "A4, glide slope 4 deg", "kg", 399.4, FITTED, "BL2010",
           "0.2 %: 55 nodes there", "the start sideways, which the text leaves open", within=0.8,
           digits=2),
    Record("optimum.a1-computed", "A1, the same", "kg", 387.8964, REPRODUCED, "computed", SOLVED,
           within=0.05, digits=4),
    Record("optimum.a2-computed", "A2, the same, 325 nodes", "kg", 399.387, REPRODUCED, "computed",
           SOLVED, within=0.05, digits=3),
    Record("optimum.a6", "A6, no constraint", "kg", 198.562, REPRODUCED, "computed", SOLVED,
           within=0.05, digits=3),
    Record("optimum.a7", "A7, glide slope 4, tilt 40 deg", "kg", 373.330, REPRODUCED, "computed",
           SOLVED, within=0.05, digits=3),
    Record("optimum.a8", "A8, lunar", "kg", 106.9364, REPRODUCED, "computed", SOLVED, within=0.05,
           digits=4),
    Record("optimum.chang-e-6", "Chang'e 6, braking", "kg", 1683.112, REPRODUCED,
           "computed from Cartesian costates", "both certify to some 0.01 kg", within=0.1,
           digits=3),
    Record("optimum.chang-e-4", "Chang'e 4, braking", "kg", 1238.641, REPRODUCED,
           "computed from Cartesian costates", "both certify to some 0.01 kg", within=0.1,
           digits=3),
)  # fmt: skip

#: The gates of Apollo 11, flown at several thrusts: fitted is what a published thrust puts outside.
GATES = (
    Record("apollo-11.recovery-time", "Throttle recovery: time", "s", 384.0, FITTED, PLAN, PASS,
           THRUST, within=12.0, digits=0),
    Record("apollo-11.recovery-speed", "Throttle recovery: speed", "ft/s", 1456.0, FITTED, PLAN,
           "3 passes at full thrust", THRUST, within=60.0, digits=0),
    Record("apollo-11.high-time", "High gate: time", "s", 506.0, FITTED,
           f"{PLAN}; A11PHYS (secondary): 8:26", PASS, THRUST, within=12.0, digits=0),
    Record("apollo-11.high-altitude", "High gate: altitude", "ft", 7515.0, PREDICTED,
           f"{PLAN}; A11PHYS (secondary): about 7000", "a pass is 290 ft", within=400.0,
           digits=0),
    Record("apollo-11.high-speed", "High gate: speed", "ft/s", 506.0, PREDICTED, PLAN,
           "a pass is 16 ft/s", within=20.0, digits=0),
    Record("apollo-11.high-down", "High gate: vertical speed", "ft/s", -145.0, PREDICTED, PLAN,
           "2 passes of 2 ft/s each", within=5.0, digits=0),
    Record("apollo-11.low-time", "Low gate: time", "s", 606.0, FITTED, PLAN, PASS, THRUST,
           within=12.0, digits=0),
    Record("apollo-11.low-speed", "Low gate: speed", "ft/s", 55.0, PREDICTED,
           f"{PLAN}; A11PHYS (secondary): 60 forward", "a pass is 4 ft/s; the sources differ by 5",
           within=6.0, digits=0),
    Record("apollo-11.low-down", "Low gate: vertical speed", "ft/s", -16.0, PREDICTED,
           f"{PLAN}; A11PHYS (secondary)", "1.5 passes of 1.3 ft/s each", within=2.0),
    Record("apollo-11.duration", "Duration", "s", 714.0, FITTED, PLAN,
           "the last 150 m were planned for hands", THRUST, within=15.0, digits=0),
)  # fmt: skip

APOLLO_11 = (
    *GATES,
    Record("apollo-11.contact-down", "Downward speed at first contact (flown by hand)", "m/s", 0.52,
           PREDICTED, "A11PHYS, secondary",
           "only held to the limit of the legs: P65 falls at 0.91 m/s, the engine is off from "
           "1.7 m", band=(-NEVER, 3.05), digits=2),
    Record("apollo-11.range", "Start of descent: range to the site", "m", 481500.0, INPUT,
           "NSF35227, secondary: about 260 nmi", "1 %: rounded to 10 nmi",
           "orbit.pdi_range_m, worked back from another source (PADLOAD)", within=5000.0, digits=0),
    Record("apollo-11.start", "Start of descent: altitude", "m", 14878.5, INPUT,
           "A11PHYS, secondary", "the site lay at -1982 m in the load, at -2743 m by another "
           "estimate of 1969",
           "orbit.pdi_altitude_m, worked back from another source (PADLOAD)", within=800.0,
           digits=0),
)  # fmt: skip

ASCENTS = (
    Record("apollo-11.ascent-time", "Ascent from rest to 9 x 45 nautical miles: burn", "s", 435.0,
           PREDICTED, "from memory: 7 min 15 s", "3 %: the least propellant after a rise of 10 s; "
           "flown by a law that was not optimal", percent=3.0),
    Record("apollo-11.ascent-speed", "The same: speed gained by thrust", "m/s", 1850.0, PREDICTED,
           "from memory", "2 %: rounded, and flown with reserves", percent=2.0),
    Record("apollo-11.ascent-propellant", "The same: propellant", "kg", 2230.0, PREDICTED,
           "from memory", "3 %: as the time", percent=3.0),
    Record("chang-e-6.ascent-time", "Ascent to 15 x 180 km: burn", "s", 360.0, PREDICTED,
           "LD6, secondary: about 6 min", "12 %: rounded to a minute, and the ascender's mass is "
           "ours: 360 s at 3 kN ask for about 780 kg", percent=12.0),
)  # fmt: skip

RECORDS = (*SKY, *ORBIT, *CHANG_E_6, *CHANG_E_4, *OPTIMA, *APOLLO_11, *ASCENTS)
