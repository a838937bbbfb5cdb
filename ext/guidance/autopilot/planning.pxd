"""The planning task: what it runs between two ticks. Apart from the tick, which has no solver."""

from farside.ext.guidance.autopilot.abort_plan cimport answer_abort
from farside.ext.guidance.autopilot.planner cimport answer_request
from farside.ext.guidance.autopilot.records cimport AutopilotState
from farside.ext.guidance.constrained.solver cimport SolverWorkspace
from farside.ext.guidance.records.plan cimport Planner


cdef inline bint autopilot_plan(AutopilotState* s, SolverWorkspace* room) noexcept nogil:
    """Answer the request that stands, between two ticks; False where there is none.

    An abort's comes before a descent's. Bounded work: newton_steps + 25 Newton steps and
    interior_steps of the interior point (planner.pxd), in a room that is the planning task's own,
    or the searches of abort_plan.pxd. A host with a task of its own copies planner.asked after a
    tick instead, calls answer_request on the copy, and copies the answer to planner.answer before a
    later tick; orbit.asked, answer_abort and orbit.answer likewise.
    """
    cdef Planner* p = &s.planner
    if s.orbit.asked.open and s.orbit.answer.number != s.orbit.asked.number:
        answer_abort(&s.orbit.asked, &s.orbit.answer)
        return True
    if not p.asked.open or p.answer.number == p.asked.number:
        return False
    answer_request(&p.asked, &p.answer, room)
    return True
