/* FMI 3.0 for co-simulation over instance.h. The interface's types are declared here by their
   binary form: references are uint32_t, booleans bool, strings const char *. */
#include "instance.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef enum { OK, WARNING, DISCARD, ERROR, FATAL } Status;
typedef uint32_t Reference;
typedef void (*Logger)(
    void *environment, Status status, const char *category, const char *message);

static const char NO_ARRAY[] = "no references or no values are given";
static const char TOO_FEW[] = "too few values for these variables";

static Status refuse(const Instance *i, const char *why)
{
    if (i && i->log && i->told)
        ((Logger) i->log)(i->environment, ERROR, "logStatusError", why);
    return ERROR;
}

API const char *fmi3GetVersion(void) { return "3.0"; }

API Status fmi3SetDebugLogging(
    Instance *i, bool on, size_t count, const char *const categories[])
{
    (void) count, (void) categories;
    if (!i) return ERROR;
    i->told = on;
    return OK;
}

API Instance *fmi3InstantiateCoSimulation(
    const char *name, const char *token, const char *resources, bool visible, bool logging,
    bool events, bool early, const Reference intermediate[], size_t intermediates,
    void *environment, Logger log, void (*update)(void))
{
    const char *why;
    char *folder = folder_path(resources);
    Instance *i = instance_open(name, token, folder, &why);
    (void) visible, (void) events, (void) early, (void) intermediate, (void) intermediates;
    (void) update, (void) logging;
    free(folder);
    if (i) {
        i->environment = environment;
        i->log = (void (*)(void)) log;
        i->told = 1;        /* `logging` is of debug messages; there are refusals only */
    } else if (log) {
        log(environment, ERROR, "logStatusError", why);
    }
    return i;
}

API Instance *fmi3InstantiateModelExchange(
    const char *name, const char *token, const char *resources, bool visible, bool logging,
    void *environment, Logger log)
{
    (void) name, (void) token, (void) resources, (void) visible, (void) logging;
    if (log) log(environment, ERROR, "logStatusError", "only co-simulation is offered");
    return NULL;
}

API Instance *fmi3InstantiateScheduledExecution(
    const char *name, const char *token, const char *resources, bool visible, bool logging,
    void *environment, Logger log, void (*update)(void), void (*lock)(void), void (*unlock)(void))
{
    (void) update, (void) lock, (void) unlock;
    return fmi3InstantiateModelExchange(
        name, token, resources, visible, logging, environment, log);
}

API void fmi3FreeInstance(Instance *i) { instance_close(i); }

API Status fmi3EnterInitializationMode(
    Instance *i, bool tolerant, double tolerance, double start, bool stops, double stop)
{
    (void) tolerant, (void) tolerance, (void) stops, (void) stop;
    if (!i) return ERROR;
    if (i->now->stage != STAGE_NEW) return refuse(i, "initialised already: reset first");
    if (!(start > -LATEST_S && start < LATEST_S)) return refuse(i, "the start time is not a time");
    i->now->stage = STAGE_INITIALISING;
    instance_start(i, start);
    return OK;
}

API Status fmi3ExitInitializationMode(Instance *i)
{
    if (!i) return ERROR;
    if (i->now->stage != STAGE_INITIALISING) return refuse(i, "not in initialization mode");
    return instance_ready(i) ? OK : refuse(i, i->said);
}

API Status fmi3Terminate(Instance *i)
{
    if (!i) return ERROR;
    i->now->stage = STAGE_ENDED;
    return OK;
}

API Status fmi3Reset(Instance *i)
{
    if (!i) return ERROR;
    instance_reset(i);
    return OK;
}

API Status fmi3DoStep(
    Instance *i, double at, double step, bool keeps, bool *event, bool *ends, bool *early,
    double *last)
{
    (void) keeps;
    if (!i) return ERROR;
    if (event) *event = false;
    if (ends) *ends = false;
    if (early) *early = false;
    if (i->now->stage != STAGE_STEPPING) return refuse(i, "doStep outside of step mode");
    if (!instance_step(i, at, step))
        return refuse(i, i->said);
    if (last) *last = i->now->start_s + (double) i->now->ticks / TICKS_PER_S;
    return OK;
}

/* ---- values: a vector is one variable, its elements one behind the other ---- */

/* Where the numbers of a real variable stand, and how many; NULL where none has this reference. */
static double *reals_at(Instance *i, Reference vr, int first, size_t *count)
{
    if (vr >= (Reference) first) return vr < MODEL_PARAMETERS ? instance_array(i, vr, count) : NULL;
    *count = (size_t) model_extent(vr);
    return &i->now->real[vr];
}

API Status fmi3GetFloat64(
    Instance *i, const Reference vr[], size_t count, double value[], size_t values)
{
    size_t filled = 0;
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        size_t n = 1;
        const double time_s = i->now->start_s + (double) i->now->ticks / TICKS_PER_S;
        const double *from = &time_s;
        if (vr[k] >= MODEL_PARAMETERS)
            from = instance_parameter(i, vr[k], 0);
        else if (vr[k] != MODEL_TIME)
            from = reals_at(i, vr[k], model_reals(), &n);
        if (!from) return refuse(i, "no real has this reference");
        if (filled + n > values) return refuse(i, TOO_FEW);
        memcpy(&value[filled], from, n * sizeof *value);
        filled += n;
    }
    return OK;
}

API Status fmi3SetFloat64(
    Instance *i, const Reference vr[], size_t count, const double value[], size_t values)
{
    size_t used = 0;
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        size_t n = 1;
        double *to = reals_at(i, vr[k], model_real_inputs(), &n);
        if (used + (to ? n : 1) > values) return refuse(i, TOO_FEW);
        if (!to) {
            const int tuned = instance_tune(i, vr[k], 0, value[used++]);
            if (tuned < 1)
                return refuse(
                    i, tuned ? i->said : "no real input or parameter has this reference");
            continue;
        }
        memcpy(to, &value[used], n * sizeof *value);
        used += n;
    }
    return OK;
}

/* Where integers or booleans stand, NULL where a reference is none of the first `count`. */
static int32_t *wholes_at(Instance *i, Reference vr, int count)
{
    const Reference at = vr - MODEL_WHOLE_FIRST;
    return at < (Reference) count ? &i->now->whole[at] : NULL;
}

API Status fmi3GetInt32(
    Instance *i, const Reference vr[], size_t count, int32_t value[], size_t values)
{
    size_t filled = 0;
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        const int32_t *whole = wholes_at(i, vr[k], model_wholes());
        const double *parameter = whole ? NULL : instance_parameter(i, vr[k], 1);
        const size_t n = whole ? (size_t) model_extent(vr[k]) : 1;
        if (!whole && !parameter) return refuse(i, "no variable has this reference");
        if (filled + n > values) return refuse(i, TOO_FEW);
        if (whole) memcpy(&value[filled], whole, n * sizeof *value);
        else value[filled] = (int32_t) *parameter;
        filled += n;
    }
    return OK;
}

API Status fmi3GetBoolean(
    Instance *i, const Reference vr[], size_t count, bool value[], size_t values)
{
    size_t filled = 0;
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    for (size_t k = 0; k < count; k++) {
        const int32_t *whole = wholes_at(i, vr[k], model_wholes());
        const size_t n = whole ? (size_t) model_extent(vr[k]) : 0;
        if (!whole) return refuse(i, "no variable has this reference");
        if (filled + n > values) return refuse(i, TOO_FEW);
        for (size_t j = 0; j < n; j++) value[filled + j] = whole[j] != 0;
        filled += n;
    }
    return OK;
}

API Status fmi3SetInt32(
    Instance *i, const Reference vr[], size_t count, const int32_t value[], size_t values)
{
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    if (values < count) return refuse(i, TOO_FEW);
    for (size_t k = 0; k < count; k++) {
        int32_t *whole = wholes_at(i, vr[k], model_whole_inputs());
        const int tuned = whole ? 1 : instance_tune(i, vr[k], 1, value[k]);
        if (tuned < 1)
            return refuse(i, tuned ? i->said : "no input or parameter has this reference");
        if (whole) *whole = value[k];
    }
    return OK;
}

API Status fmi3SetBoolean(
    Instance *i, const Reference vr[], size_t count, const bool value[], size_t values)
{
    if (!i) return ERROR;
    if (count && (!vr || !value)) return refuse(i, NO_ARRAY);
    if (values < count) return refuse(i, TOO_FEW);
    for (size_t k = 0; k < count; k++) {
        int32_t *whole = wholes_at(i, vr[k], model_whole_inputs());
        if (!whole) return refuse(i, "no input has this reference");
        *whole = value[k];
    }
    return OK;
}

/* ---- states ---- */

API Status fmi3GetFMUState(Instance *i, void **state)
{
    if (!i || !state) return ERROR;
    const char *why = moment_keep(i, i->now, state);
    return why ? refuse(i, why) : OK;
}

API Status fmi3SetFMUState(Instance *i, void *state)
{
    if (!i || !moment_fits(i, state, i->bytes)) return refuse(i, "no state of this FMU");
    moment_put_back(i, state);
    return OK;
}

API Status fmi3FreeFMUState(Instance *i, void **state)
{
    (void) i;
    if (state) {
        free(*state);
        *state = NULL;
    }
    return OK;
}

API Status fmi3SerializedFMUStateSize(Instance *i, void *state, size_t *size)
{
    if (!i || !state || !size) return ERROR;
    *size = i->bytes;
    return OK;
}

API Status fmi3SerializeFMUState(Instance *i, void *state, uint8_t bytes[], size_t size)
{
    if (!i || !moment_ours(i, state)) return refuse(i, "no state of this FMU");
    if (!bytes || size < i->bytes) return refuse(i, "too little room for a state");
    moment_write(i, state, bytes);
    return OK;
}

API Status fmi3DeserializeFMUState(
    Instance *i, const uint8_t bytes[], size_t size, void **state)
{
    if (!i || !state) return ERROR;
    if (!moment_whole(i, bytes, size)) return refuse(i, "damaged, or no state of this FMU");
    const char *why = moment_keep(i, bytes, state);
    return why ? refuse(i, why) : OK;
}

/* ---- what is not offered ----
   A master looks every function of the standard up when it loads the library, so all are there.
   None reads its arguments. */

#define NOT_OFFERED(name) \
    API Status fmi3##name(Instance *i) { return refuse(i, "fmi3" #name " is not offered"); }

NOT_OFFERED(EnterEventMode)
NOT_OFFERED(GetFloat32)
NOT_OFFERED(GetInt8)
NOT_OFFERED(GetUInt8)
NOT_OFFERED(GetInt16)
NOT_OFFERED(GetUInt16)
NOT_OFFERED(GetUInt32)
NOT_OFFERED(GetInt64)
NOT_OFFERED(GetUInt64)
NOT_OFFERED(GetString)
NOT_OFFERED(GetBinary)
NOT_OFFERED(GetClock)
NOT_OFFERED(SetFloat32)
NOT_OFFERED(SetInt8)
NOT_OFFERED(SetUInt8)
NOT_OFFERED(SetInt16)
NOT_OFFERED(SetUInt16)
NOT_OFFERED(SetUInt32)
NOT_OFFERED(SetInt64)
NOT_OFFERED(SetUInt64)
NOT_OFFERED(SetString)
NOT_OFFERED(SetBinary)
NOT_OFFERED(SetClock)
NOT_OFFERED(GetNumberOfVariableDependencies)
NOT_OFFERED(GetVariableDependencies)
NOT_OFFERED(GetDirectionalDerivative)
NOT_OFFERED(GetAdjointDerivative)
NOT_OFFERED(EnterConfigurationMode)
NOT_OFFERED(ExitConfigurationMode)
NOT_OFFERED(GetIntervalDecimal)
NOT_OFFERED(GetIntervalFraction)
NOT_OFFERED(GetShiftDecimal)
NOT_OFFERED(GetShiftFraction)
NOT_OFFERED(SetIntervalDecimal)
NOT_OFFERED(SetIntervalFraction)
NOT_OFFERED(SetShiftDecimal)
NOT_OFFERED(SetShiftFraction)
NOT_OFFERED(EvaluateDiscreteStates)
NOT_OFFERED(UpdateDiscreteStates)
NOT_OFFERED(EnterContinuousTimeMode)
NOT_OFFERED(CompletedIntegratorStep)
NOT_OFFERED(SetTime)
NOT_OFFERED(SetContinuousStates)
NOT_OFFERED(GetContinuousStateDerivatives)
NOT_OFFERED(GetEventIndicators)
NOT_OFFERED(GetContinuousStates)
NOT_OFFERED(GetNominalsOfContinuousStates)
NOT_OFFERED(GetNumberOfEventIndicators)
NOT_OFFERED(GetNumberOfContinuousStates)
NOT_OFFERED(EnterStepMode)
NOT_OFFERED(GetOutputDerivatives)
NOT_OFFERED(ActivateModelPartition)
