"""The Cython kernels on one page: numbers in, numbers out, no policy.

Everything is SI and float64 unless a line says otherwise; a frame is the last word of a name.
The kernels of the tick are header-only (*.pxd, `noexcept nogil`); a module whose name begins with
an underscore compiles them for Python. Signatures stand in the stub beside each module.
Modules that end in _x86_64, _avx2 and _avx512 are one source for three instruction sets, with the
same bits; common/dispatch.py chooses. Which wing may use which: tests/unit/test_walls.py.

common/                 both sides
    vector, rotation    Vec3 and Quat by value; rotation vectors and small turns
    elementary, special sin, cos, exp ...; the normal integral, the gamma function, Bessel's J0:
                        the same bits on every CPU
    deterministic, _deterministic
                        the same over arrays, and products summed in order, for set-up in Python
    random, _random     Philox 4x32-10 streams: uniform in (0, 1), standard normal
    types, telemetry, measurements, _records
                        Moon, LanderState, Row, Measurements, 100 ticks a second; their dtypes
    gravity             [m/s^2] of point mass, J2 and C22, and of the turning frame, site axes
    simd_f32, simd_f64  vectors of floats and of doubles, one for each lane
    _interpolation, blur, arena, maps
                        between the nodes of a grid; blurred maps; memory of the caller; arrays

guidance/               flight side
    records/            structs of commands, gains and plans; codes of the solvers
    laws/               attitude, fractional polynomial, fictitious target, Apollo's laws, braking
    optimal/            the descent of least propellant in free time, with its certificate
    constrained/        the descent within limits: transcription, Riccati recursion, predictor and
                        corrector, dual bound, search in time, limits between nodes
    divert/             the optimal descent to every cell of a map
    autopilot/          one tick: phase table, rows of the table, planner, attitude, fail-safe
navigation/             strapdown, Schmidt-Kalman filter, onboard map
terrain/                points to heights; disc, legs and probability of a safe stand; clearance
avoidance/              a scan to ranked sites and the decision, for the C library

ground/                 truth: heights [m] above the site's radius, normals, rays, snapshot
dynamics/               truth: mass, engine, thrusters, legs, motion; one tick
sensors/                truth: measurements with their errors; the scanning lidar

loop/                   the closed loop of both sides; a lander over a snapshot of the ground
adapters/               Gymnasium, Basilisk, JSBSim (Earth-centred frames), FMI
"""
