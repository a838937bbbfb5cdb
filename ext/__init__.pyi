"""The Cython kernels on one page: numbers in, numbers out, no policy.

Everything is SI and float64 unless a line says otherwise; a frame is the last word of a name.
The kernels of the tick are header-only (*.pxd, `noexcept nogil`); a module whose name begins with
an underscore compiles them for Python. Signatures stand in the stub beside each module.

Both sides
    vec.pxd             Vec3 and Quat by value
    elementary.pxd      sin, cos, tan, exp, log, atan, asin, acos, pow: the same bits on every CPU
    special.pxd         the normal integral, the gamma function and Bessel's J0, on these
    portable, _portable the same over arrays, and products summed in order, for set-up in Python
    random.pxd          Philox 4x32-10 streams: uniform in (0, 1), standard normal
    types.pxd           Moon, LanderState; 100 ticks a second
    gravity.pxd         [m/s^2] of point mass, J2 and C22, site frame
    measurements.pxd    Measurements: what the flight side may read at a tick
    telemetry.pxd       Row: truth, estimate and command of a tick
    _random             normals(seed, run, stream, out (N,)), uniforms, philox_block,
                        elementary(name, x (N,), out (N,))

Flight side
    polynomial.pxd      thrust acceleration [m/s^2]: fractional polynomial, hold a point, limits
    classics.pxd        E-guidance and its time; Apollo's quadratic law, time-to-go, throttle, P65
    beyond.pxd          the fractional polynomial's fictitious end beyond its target
    optimal.pxd         the descent of least propellant in free time, with its certificate
    extremal.pxi, doubles.pxi
                        its equations and one Newton step, for one problem or lanes of them
    attitude.pxd        pointing, slew-limited reference, torque [N m]
    braking.pxd         explicit braking: x = (a0, a1 [1/s], b0, b1 [1/s], level, t_go [s])
    tick.pxd, phase_logic.pxd
                        one tick of the autopilot; when a row of the phase table ends
    records.pxd, gains.pxd, guidance_state.pxd
                        AutopilotTable, Estimate, GuidanceCommand; gains; what the laws read
    row_law.pxd, row_*.pxd
                        the laws as rows of the phase table
    planner.pxd, plan_check.pxd, plan_flight.pxd
                        planned descents: request, solution, check of the path, answer
    table_check.pxd     whether a table may be flown: its checksum, rows and numbers
    onboard.pxd         heights and sigmas [m] of the onboard map
    navigate.pxd        strapdown and filter; one tick
    _codes              Law, Exit, Status, GuidanceMode, Reason: the C enums
    _autopilot          AutopilotCore(table, rows): tick, tick_many, retarget; replay
    _basilisk           BasiliskCore: the tick as a C function on Basilisk's messages
    _braking            newton_step(..., x (6,)) -> miss [m]; flown_arc -> [m]
    _optimal            solve(problems (n, 16), guesses, found (n, 13), status (n,)), SI
    _classics           ApolloLaw: command, saturated; zem_zev, best_time,
                        fictitious_target, at_full_throttle
    solver.pxd          Bounds, SolverWorkspace, CollocationPlan: the same for the tick, N = 20, SI:
                        solve_within -> SolverStatus; acceleration_at [m/s^2]
    _knots              KnotSolver().solve(problem (16,), bounds (7,), u (21, 3), found (7,)), SI
    constrained, _constrained_*
                        ConstrainedSolver().solve(plan (21,), N, t_f, free, nearest,
                        nodes (N + 1, 8), found (11,)) -> SolverStatus, scaled
    _laws               the kernels above one by one; Navigation
    _points             points (N, 3) [m] -> float32 heights (rows, cols) [m], holes
    isa, _isa            the CPU and its builds: ISA, built_for(isa, kernel) -> module
    disc, _disc_*       least-squares slope and deviation [m] of every footprint disc of a map
    stand, _stand_*     slope [deg] of what legs rest on, ground above it [m], at 72 headings a cell
    odds, _odds_*       chance, bound and reasons of a safe stand in every cell of a map

Truth
    ground.pxd          heights [m] above the site's radius, normals, clearance, rays
    vehicle.pxd, thrusters.pxd, legs.pxd, motion.pxd, plant.pxd
                        the lander's mass, torque, contact and motion; one tick
    sensors.pxd         the truth -> Measurements, with errors
    _ground             GroundModel; heights, clearances (N,) [m] and normals (N, 3) of p (N, 3)
    _ground_disc, _ground_features, _ground_lattice
                        rocks, craters, noise and interpolation, float32 grids
    _plant              PlantModel: step, fly
    _sensing            SensorModel: sense
    _lidar              scan_ground(...) -> points (along * across, 3) [m], the estimate's site axes

The loop
    _flight             ClosedLoop: sense, navigate, decide, obey; run(ticks) -> Event
"""
