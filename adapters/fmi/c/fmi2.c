/* FMI 2.0 for co-simulation over instance.h. The interface's types are declared here by their
   binary form: real is double, integer and boolean are int, strings are const char *. */
#include "instance.h"

#include <stdlib.h>
#include <string.h>

typedef enum { OK, WARNING, DISCARD, ERROR, FATAL, PENDING } Status;
typedef unsigned int Reference;
typedef int Integer;

typedef void (*Logger)(
    void *environment, const char *name, Status status, const char *category,
    const char *message, ...);

typedef struct {
    Logger logger;
    void *(*allocate)(size_t count, size_t size);
    void (*release)(void *memory);
    void (*finished)(void *environment, Status status);
    void *environment;
} Callbacks;

static const char NO_ARRAY[] = "no references or no values are given";

static Status refuse(const Instance *i, const char *why)
{
    if (i && i->log && i->told)
        ((Logger) i->log)(i->environment, i->name, ERROR, "logStatusError", why);
    return ERROR;
}

API const char *fmi2GetTypesPlatform(void) { return "default"; }
API const char *fmi2GetVersion(void) { return "2.0"; }

API Status fmi2SetDebugLogging(
    Instance *i, Integer on, size_t count, const char *const categories[])
{
    (void) count, (void) categories;
    if (!i) return ERROR;
    i->told = on != 0;
    return OK;
}

API Instance *fmi2Instantiate(
    const char *name, Integer kind, const char *guid, const char *resources,
    const Callbacks *callbacks, Integer visible, Integer logging)
{
    const char *why = "only co-simulation is offered";
    char *folder = folder_path(resources);
    Instance *i = kind == 1 ? instance_open(name, guid, folder, &why) : NULL;
    (void) visible, (void) logging;
    free(folder);
    if (i) {
        i->environment = callbacks ? callbacks->environment : NULL;
        i->log = callbacks ? (void (*)(void)) callbacks->logger : NULL;
        i->told = 1;        /* `logging` is of debug messages; there are refusals only */
    } else if (callbacks && callbacks->logger) {
        /* a reason holds no %: it is its own format, for masters that print formats as they are */
        callbacks->logger(
            callbacks->environment, name ? name : "", ERROR, "logStatusError", why);
    }
    return i;
}

API void fmi2FreeInstance(Instance *i) { instance_close(i); }

API Status fmi2SetupExperiment(
    Instance *i, Integer tolerant, double tolerance, double start, Integer stops, double stop)
{
    (void) tolerant, (void) tolerance, (void) stops, (void) stop;
    if (!i) return ERROR;
    if (i->now->stage != STAGE_NEW) return refuse(i, "initialised already: reset first");
    if (!(start > -LATEST_S && start < LATEST_S)) return refuse(i, "the start time is not a time");
    i->now->start_s = start;
    return OK;
}

API Status fmi2EnterInitializationMode(Instance *i)
{
    if (!i) return ERROR;
    if (i->now->stage != STAGE_NEW) return refuse(i, "initialised already: reset first");
    i->now->stage = STAGE_INITIALISING;
    instance_start(i, i->now->start_s);
    return OK;
}

API Status fmi2ExitInitializationMode(Instance *i)
{
    if (!i) return ERROR;
    if (i->now->stage != STAGE_INITIALISING) return refuse(i, "not in initialization mode");
    return instance_ready(i) ? OK : refuse(i, i->said);
}

API Status fmi2Terminate(Instance *i)
{
    if (!i) return ERROR;
    i->now->stage = STAGE_ENDED;
    return OK;
}

API Status fmi2Reset(Instance *i)
{
    if (!i) return ERROR;
    instance_reset(i);
    return OK;
}

API Status fmi2DoStep(Instance *i, double at, double step, Integer keeps)
{
    (void) keeps;
    if (!i) return ERROR;
    if (i->now->stage != STAGE_STEPPING) return refuse(i, "doStep outside of step mode");
    if (!instance_step(i, at, step))
        return refuse(i, i->said);
    return OK;
}

API Status fmi2CancelStep(Instance *i) { return refuse(i, "no step is ever pending"); }

/* ---- values ---- */

API Status fmi2GetReal(Instance *i, const Reference vr[], size_t count, double value[])
{
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        const int listed = vr[k] < (Reference) model_reals();
        const double *from = listed ? &i->now->real[vr[k]] : instance_parameter(i, vr[k], 0);
        if (!from) return refuse(i, "no real has this reference");
        value[k] = *from;
    }
    return OK;
}

static Status get_whole(Instance *i, const Reference vr[], size_t count, int value[])
{
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        const Reference at = vr[k] - MODEL_WHOLE_FIRST;
        const double *parameter = NULL;
        if (at >= (Reference) model_wholes() && !(parameter = instance_parameter(i, vr[k], 1)))
            return refuse(i, "no variable has this reference");
        value[k] = parameter ? (int) *parameter : i->now->whole[at];
    }
    return OK;
}

API Status fmi2SetReal(Instance *i, const Reference vr[], size_t count, const double value[])
{
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        if (vr[k] < (Reference) model_real_inputs()) {
            i->now->real[vr[k]] = value[k];
            continue;
        }
        const int tuned = instance_tune(i, vr[k], 0, value[k]);
        if (tuned < 1)
            return refuse(i, tuned ? i->said : "no real input or parameter has this reference");
    }
    return OK;
}

static Status set_whole(Instance *i, const Reference vr[], size_t count, const int value[])
{
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        const Reference at = vr[k] - MODEL_WHOLE_FIRST;
        if (at < (Reference) model_whole_inputs()) {
            i->now->whole[at] = value[k];
            continue;
        }
        const int tuned = instance_tune(i, vr[k], 1, value[k]);
        if (tuned < 1)
            return refuse(i, tuned ? i->said : "no input or parameter has this reference");
    }
    return OK;
}

API Status fmi2GetInteger(Instance *i, const Reference vr[], size_t n, Integer value[])
{
    return get_whole(i, vr, n, value);
}

API Status fmi2GetBoolean(Instance *i, const Reference vr[], size_t n, Integer value[])
{
    return get_whole(i, vr, n, value);
}

API Status fmi2SetInteger(Instance *i, const Reference vr[], size_t n, const Integer value[])
{
    return set_whole(i, vr, n, value);
}

API Status fmi2SetBoolean(Instance *i, const Reference vr[], size_t n, const Integer value[])
{
    return set_whole(i, vr, n, value);
}

API Status fmi2GetString(Instance *i, const Reference vr[], size_t n, const char *value[])
{
    (void) vr, (void) value;
    return n == 0 ? OK : refuse(i, "there are no strings");
}

API Status fmi2SetString(Instance *i, const Reference vr[], size_t n, const char *const value[])
{
    (void) vr, (void) value;
    return n == 0 ? OK : refuse(i, "there are no strings");
}

/* ---- states ---- */

API Status fmi2GetFMUstate(Instance *i, void **state)
{
    if (!i || !state) return ERROR;
    const char *why = moment_keep(i, i->now, state);
    return why ? refuse(i, why) : OK;
}

API Status fmi2SetFMUstate(Instance *i, void *state)
{
    if (!i || !moment_fits(i, state, i->bytes)) return refuse(i, "no state of this FMU");
    moment_put_back(i, state);
    return OK;
}

API Status fmi2FreeFMUstate(Instance *i, void **state)
{
    (void) i;
    if (state) {
        free(*state);
        *state = NULL;
    }
    return OK;
}

API Status fmi2SerializedFMUstateSize(Instance *i, void *state, size_t *size)
{
    if (!i || !state || !size) return ERROR;
    *size = i->bytes;
    return OK;
}

API Status fmi2SerializeFMUstate(Instance *i, void *state, char bytes[], size_t size)
{
    if (!i || !moment_ours(i, state)) return refuse(i, "no state of this FMU");
    if (!bytes || size < i->bytes) return refuse(i, "too little room for a state");
    moment_write(i, state, bytes);
    return OK;
}

API Status fmi2DeSerializeFMUstate(Instance *i, const char bytes[], size_t size, void **state)
{
    if (!i || !state) return ERROR;
    if (!moment_whole(i, bytes, size)) return refuse(i, "damaged, or no state of this FMU");
    const char *why = moment_keep(i, bytes, state);
    return why ? refuse(i, why) : OK;
}

/* ---- what is not offered, and said so in modelDescription.xml ---- */

API Status fmi2GetDirectionalDerivative(
    Instance *i, const Reference unknown[], size_t unknowns, const Reference known[],
    size_t knowns, const double seed[], double out[])
{
    (void) unknown, (void) unknowns, (void) known, (void) knowns, (void) seed, (void) out;
    return refuse(i, "directional derivatives are not offered");
}

API Status fmi2SetRealInputDerivatives(
    Instance *i, const Reference vr[], size_t n, const Integer order[], const double value[])
{
    (void) vr, (void) n, (void) order, (void) value;
    return refuse(i, "inputs are held, not interpolated");
}

API Status fmi2GetRealOutputDerivatives(
    Instance *i, const Reference vr[], size_t n, const Integer order[], double value[])
{
    (void) vr, (void) n, (void) order, (void) value;
    return refuse(i, "outputs have no derivatives");
}

API Status fmi2GetStatus(Instance *i, int which, Status *value)
{
    (void) i, (void) which, (void) value;
    return DISCARD;
}

API Status fmi2GetRealStatus(Instance *i, int which, double *value)
{
    if (!i || !value || which != 2) return DISCARD;       /* the last successful time */
    *value = i->now->start_s + (double) i->now->ticks / TICKS_PER_S;
    return OK;
}

API Status fmi2GetIntegerStatus(Instance *i, int which, Integer *value)
{
    (void) i, (void) which, (void) value;
    return DISCARD;
}

API Status fmi2GetBooleanStatus(Instance *i, int which, Integer *value)
{
    if (!i || !value || which != 3) return DISCARD;       /* whether it has ended of its own accord */
    *value = 0;
    return OK;
}

API Status fmi2GetStringStatus(Instance *i, int which, const char **value)
{
    (void) i, (void) which, (void) value;
    return DISCARD;
}
