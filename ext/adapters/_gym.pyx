"""Episodes of landing as an object: any number of them, stepped together without the GIL."""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from zlib import crc32

import numpy

from farside.ext.ground._ground cimport GroundModel
from farside.ext.ground.surface cimport clearance
from farside.ext.adapters.gym cimport (
    GYM_CRASHED, GYM_DISABLED, GYM_FLYING, GYM_LANDED, GYM_NEXT_STEP, GYM_OBSERVED,
    GYM_OUT_OF_TIME, GYM_OUTSIDE, GYM_SAME_STEP, GYM_TARGET, GYM_TORQUE,
    GymEpisode, GymSetup, begin, begin_in, footpads_middle, observe, step,
)
from farside.ext.adapters.gym_reward cimport GYM_FACTS
from farside.ext.faults.table cimport FAULTS_MAX, FaultTable, faults_valid
from farside.ext.common.types cimport TICK_HZ, LanderState, Moon
from farside.ext.common.vector cimport finite, quat_from, quat_norm, vec_finite, vec_from
from farside.ext.dynamics.vehicle cimport Vehicle

cdef struct Head:
    # What stands before the episodes in the bytes of a `GymCore`
    char mark[8]
    uint32_t bytes              # of one episode
    uint32_t crc                # CRC-32 of all episodes, and of the numbers they were begun with
    int64_t count


#: The kernel's numbers for Python's enums.
MODES = {"torque": GYM_TORQUE, "target": GYM_TARGET}
FLYING, LANDED, CRASHED = GYM_FLYING, GYM_LANDED, GYM_CRASHED
OUTSIDE, OUT_OF_TIME = GYM_OUTSIDE, GYM_OUT_OF_TIME
NEXT_STEP, SAME_STEP, DISABLED = GYM_NEXT_STEP, GYM_SAME_STEP, GYM_DISABLED

OBSERVED = GYM_OBSERVED
FACTS = GYM_FACTS + 3
TRUTH = 17


@cython.final
@cython.auto_pickle(False)
cdef class GymCore:
    """Some episodes side by side; they belong to one thread.

    Parameters
    ----------
    setup, vehicle, moon : dict
        A value for each member of the structs `GymSetup` (gym.pxd), `Vehicle` and `Moon`.
    ground : GroundModel
        The true ground under all of them; kept, not copied.
    count : int
        How many.

    Attributes
    ----------
    facts : ndarray (count, 11), float64
        How the episodes that ended last did.
    final : ndarray (count, 16), float32
        Their last observations, of those that began anew in the same step.

    Raises
    ------
    ValueError
        Without an episode.
    MemoryError
        When there is no room for so many.
    """

    cdef GymSetup setup
    cdef Vehicle vehicle
    cdef Moon moon
    cdef GroundModel ground
    cdef GymEpisode* episode
    cdef Py_ssize_t count
    cdef readonly object facts
    cdef readonly object final
    cdef double[:, ::1] fact_rows
    cdef float[:, ::1] final_rows

    def __cinit__(self, dict setup, dict vehicle, dict moon, GroundModel ground not None,
                  Py_ssize_t count):
        if count < 1:
            raise ValueError(f"there must be an environment, not {count}")
        self.setup = setup
        self.vehicle = vehicle
        self.moon = moon
        self.ground = ground
        self.count = count
        self.episode = <GymEpisode*> calloc(count, sizeof(GymEpisode))
        if self.episode == NULL:
            raise MemoryError(f"no memory for {count} environments")
        self.fact_rows = self.facts = numpy.zeros((count, GYM_FACTS + 3))
        self.final_rows = self.final = numpy.zeros((count, GYM_OBSERVED), numpy.float32)

    def __dealloc__(self):
        free(self.episode)

    cdef GymEpisode* at(self, Py_ssize_t i) except NULL:
        if not 0 <= i < self.count:
            raise IndexError(f"there are {self.count} environments, none of number {i}")
        return &self.episode[i]

    cdef uint32_t checksum(self, bytes episodes):
        """CRC-32 of episodes behind what they were begun with: of one scenario only."""
        # By value: the padding of a struct is not part of it
        begun = repr((self.setup, self.vehicle, self.moon))
        return crc32(episodes, crc32(begun.encode()))

    def dump(self):
        """Return the state of every episode as bytes, for `load`."""
        cdef Head head
        cdef bytes episodes = (<char*> self.episode)[:self.count * sizeof(GymEpisode)]
        memset(&head, 0, sizeof(Head))
        memcpy(head.mark, b"FSGYM002", 8)
        head.bytes = sizeof(GymEpisode)
        head.count = self.count
        head.crc = self.checksum(episodes)
        return (<char*> &head)[:sizeof(Head)] + episodes

    def load(self, bytes kept not None):
        """Go on from the bytes of `dump` by as many episodes of the same scenario.

        The bytes are data: nothing in them is evaluated. Others are refused.
        """
        cdef Head head
        if <size_t> len(kept) != sizeof(Head) + self.count * sizeof(GymEpisode):
            raise ValueError(
                f"{len(kept)} bytes are not the state of {self.count} environments of this farside")
        memcpy(&head, <const char*> kept, sizeof(Head))
        episodes = kept[sizeof(Head):]
        if (
            memcmp(head.mark, b"FSGYM002", 8) != 0 or head.bytes != sizeof(GymEpisode)
            or head.count != self.count or head.crc != self.checksum(episodes)
        ):
            raise ValueError("a damaged state of environments, or one of another scenario")
        memcpy(self.episode, <const char*> episodes, self.count * sizeof(GymEpisode))

    def reseed(self, Py_ssize_t i, uint64_t seed):
        """Begin the first episode of a seed."""
        cdef GymEpisode* e = self.at(i)
        e.seed = seed
        e.number = 0
        begin(e, &self.setup, &self.vehicle, &self.moon)

    def again(self, Py_ssize_t i):
        """Begin the next episode of the same seed."""
        cdef GymEpisode* e = self.at(i)
        e.number += 1
        begin(e, &self.setup, &self.vehicle, &self.moon)

    def place(self, Py_ssize_t i, dict state):
        """Move an episode that has just begun into a state [SI], engine off."""
        cdef GymEpisode* e = self.at(i)
        cdef LanderState s = state
        if not (
            vec_finite(vec_from(s.r_site)) and vec_finite(vec_from(s.v_site))
            and vec_finite(vec_from(s.omega_body)) and s.mass_kg > 0.0 and finite(s.mass_kg)
            and 1e-6 < quat_norm(quat_from(s.q_site_body)) < 1e6
        ):
            raise ValueError(f"a lander needs finite numbers, an attitude and a mass: {state}")
        begin_in(e, &self.setup, &self.moon, &s)

    def fail(self, Py_ssize_t i, list rows):
        """Give an episode that has just begun faults of its own: the structs `FaultRow`."""
        cdef GymEpisode* e = self.at(i)
        cdef FaultTable table
        cdef int k
        if len(rows) > FAULTS_MAX:
            raise ValueError(f"{len(rows)} faults: an episode has {FAULTS_MAX} at most")
        memset(&table, 0, sizeof(FaultTable))
        table.count = len(rows)
        for k in range(len(rows)):
            table.row[k] = rows[k]
        if not faults_valid(&table):
            raise ValueError(f"faults that no table can hold: {rows}")
        e.faults = table

    def observe(self, float[:, ::1] observed):
        """Write every observation, (count, 16)."""
        cdef Py_ssize_t i
        if observed.shape[0] != self.count or observed.shape[1] != GYM_OBSERVED:
            raise ValueError(f"observations are {self.count} x {GYM_OBSERVED}")
        with nogil:
            for i in range(self.count):
                observe(&self.episode[i], &self.setup, &self.ground.c, &observed[i, 0])

    def step(self, const float[:, ::1] actions, int autoreset, float[:, ::1] observed,
             double[::1] rewards, uint8_t[::1] terminated, uint8_t[::1] truncated):
        """Step every episode; return how many ended.

        Actions (count, 4 or 3). Where one ends, its row of `facts` and, when it begins anew in
        the same step, its row of `final` are written as well.
        """
        cdef Py_ssize_t i, j, n = self.count, ended = 0
        cdef int numbers = 4 if self.setup.mode == GYM_TORQUE else 3
        cdef GymEpisode* e
        if (
            actions.shape[0] != n or actions.shape[1] != numbers
            or observed.shape[0] != n or observed.shape[1] != GYM_OBSERVED
            or rewards.shape[0] != n or terminated.shape[0] != n or truncated.shape[0] != n
        ):
            raise ValueError(f"{n} environments take {n} actions of {numbers} numbers")
        with nogil:
            for i in range(n):
                e = &self.episode[i]
                if e.ending != GYM_FLYING:
                    rewards[i] = 0.0
                    terminated[i] = truncated[i] = 0
                    if autoreset == GYM_NEXT_STEP:
                        e.number += 1
                        begin(e, &self.setup, &self.vehicle, &self.moon)
                    observe(e, &self.setup, &self.ground.c, &observed[i, 0])
                    continue
                rewards[i] = step(
                    e, &self.setup, &self.moon, &self.ground.c, &actions[i, 0], &terminated[i],
                    &truncated[i])
                observe(e, &self.setup, &self.ground.c, &observed[i, 0])
                if e.ending != GYM_FLYING:
                    ended += 1
                    self.fact_rows[i, 0] = e.ending
                    self.fact_rows[i, 1] = e.score
                    self.fact_rows[i, 2] = e.plant.engine_used_kg + e.plant.thruster_used_kg
                    for j in range(GYM_FACTS):
                        self.fact_rows[i, 3 + j] = e.facts[j]
                    if autoreset == GYM_SAME_STEP:
                        for j in range(GYM_OBSERVED):
                            self.final_rows[i, j] = observed[i, j]
                        e.number += 1
                        begin(e, &self.setup, &self.vehicle, &self.moon)
                        observe(e, &self.setup, &self.ground.c, &observed[i, 0])
        return ended

    def truth(self, Py_ssize_t i, double[::1] out):
        """Write the exact state: r, v, q, omega, mass, thrust, acceleration and height.

        SI, site and body frames, (17,); the acceleration is what is felt along body z over the last
        tick, the height the base's above the ground beneath.
        """
        cdef GymEpisode* e = self.at(i)
        cdef LanderState* s = &e.plant.state
        cdef int j
        if out.shape[0] != TRUTH:
            raise ValueError(f"the state has {TRUTH} numbers, not {out.shape[0]}")
        for j in range(3):
            out[j] = s.r_site[j]
            out[3 + j] = s.v_site[j]
            out[10 + j] = s.omega_body[j]
        for j in range(4):
            out[6 + j] = s.q_site_body[j]
        out[13] = s.mass_kg
        out[14] = e.plant.engine.thrust_n
        out[15] = e.plant.dv_body.z * TICK_HZ
        out[16] = clearance(&self.ground.c, footpads_middle(&e.vehicle, s))

    def ticks(self, Py_ssize_t i):
        """How many ticks of 10 ms the episode has flown."""
        return self.at(i).plant.tick
