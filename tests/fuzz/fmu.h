/* What fmu.c asks of an FMU, in the words of FMI 2.0 or 3.0 (-DFMI=2 or 3): adapters/fmi/c has them. */
#ifndef FUZZ_FMU_H
#define FUZZ_FMU_H

#include "input.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Instance Instance;
typedef uint32_t reference;

enum { OK = 0, REFUSED = 3, TIME = 200, WHOLE_FIRST = 120, PARAMETERS = 300 };

/* What a master is told: a line, and no format of its own. */
static void line_holds(const char *line)
{
    PROMISE(line && line[0] && strlen(line) < 200 && !strchr(line, '%') && !strchr(line, '\n'));
}

#if FMI == 2

typedef struct {
    void (*logger)(void *, const char *, int, const char *, const char *, ...);
    void *(*allocate)(size_t, size_t);
    void (*release)(void *);
    void (*finished)(void *, int);
    void *environment;
} callbacks;

Instance *fmi2Instantiate(
    const char *, int, const char *, const char *, const callbacks *, int, int);
void fmi2FreeInstance(Instance *);
int fmi2SetupExperiment(Instance *, int, double, double, int, double);
int fmi2EnterInitializationMode(Instance *);
int fmi2ExitInitializationMode(Instance *);
int fmi2Terminate(Instance *);
int fmi2Reset(Instance *);
int fmi2SetDebugLogging(Instance *, int, size_t, const char *const[]);
int fmi2DoStep(Instance *, double, double, int);
int fmi2CancelStep(Instance *);
int fmi2GetReal(Instance *, const reference[], size_t, double[]);
int fmi2SetReal(Instance *, const reference[], size_t, const double[]);
int fmi2GetInteger(Instance *, const reference[], size_t, int[]);
int fmi2SetInteger(Instance *, const reference[], size_t, const int[]);
int fmi2GetBoolean(Instance *, const reference[], size_t, int[]);
int fmi2SetBoolean(Instance *, const reference[], size_t, const int[]);
int fmi2GetString(Instance *, const reference[], size_t, const char *[]);
int fmi2GetFMUstate(Instance *, void **);
int fmi2SetFMUstate(Instance *, void *);
int fmi2FreeFMUstate(Instance *, void **);
int fmi2SerializedFMUstateSize(Instance *, void *, size_t *);
int fmi2SerializeFMUstate(Instance *, void *, char[], size_t);
int fmi2DeSerializeFMUstate(Instance *, const char[], size_t, void **);
int fmi2GetDirectionalDerivative(
    Instance *, const reference[], size_t, const reference[], size_t, const double[], double[]);
int fmi2SetRealInputDerivatives(Instance *, const reference[], size_t, const int[], const double[]);
int fmi2GetRealOutputDerivatives(Instance *, const reference[], size_t, const int[], double[]);
int fmi2GetRealStatus(Instance *, int, double *);
int fmi2GetBooleanStatus(Instance *, int, int *);

static void heard(void *environment, const char *name, int status, const char *category,
                  const char *message, ...)
{
    (void) environment;
    PROMISE(name && status == REFUSED && category);
    line_holds(message);
}

static Instance *instantiate(const char *token, const char *folder)
{
    static const callbacks told = {heard, calloc, free, NULL, NULL};
    return fmi2Instantiate("it", 1, token, folder, &told, 0, 0);
}

#define FREE fmi2FreeInstance
#define RESET fmi2Reset
#define TERMINATE fmi2Terminate
#define LEAVE_START fmi2ExitInitializationMode
#define KEEP fmi2GetFMUstate
#define PUT_BACK fmi2SetFMUstate
#define DROP fmi2FreeFMUstate
#define SIZE_OF fmi2SerializedFMUstateSize
#define WRITE fmi2SerializeFMUstate
#define READ fmi2DeSerializeFMUstate
typedef char serial;

static int enter_start(Instance *i, double start)
{
    const int said = fmi2SetupExperiment(i, 0, 0.0, start, 0, 0.0);
    return said == OK ? fmi2EnterInitializationMode(i) : said;
}
static int do_step(Instance *i, double at, double step) { return fmi2DoStep(i, at, step, 1); }
static double time_of(Instance *i)
{
    double now = 0.0;
    PROMISE(fmi2GetRealStatus(i, 2, &now) == OK);
    return now;
}
static int get_reals(Instance *i, const reference *vr, size_t n, double *v, size_t room)
{
    (void) room;
    return fmi2GetReal(i, vr, n, v);
}
static int set_reals(Instance *i, const reference *vr, size_t n, const double *v, size_t room)
{
    (void) room;
    return fmi2SetReal(i, vr, n, v);
}
static int get_wholes(Instance *i, const reference *vr, size_t n, int32_t *v, size_t room)
{
    (void) room;
    return room % 2 ? fmi2GetInteger(i, vr, n, v) : fmi2GetBoolean(i, vr, n, v);
}
static int set_wholes(Instance *i, const reference *vr, size_t n, const int32_t *v)
{
    return n % 2 ? fmi2SetInteger(i, vr, n, v) : fmi2SetBoolean(i, vr, n, v);
}

/* Calls that are not offered read nothing. */
static void ask_what_is_not_offered(Instance *i, unsigned which)
{
    double number = 0.0;
    int whole = 0;
    switch (which % 7) {
    case 0: PROMISE(fmi2GetDirectionalDerivative(i, NULL, 9, NULL, 9, NULL, NULL) == REFUSED); break;
    case 1: PROMISE(fmi2SetRealInputDerivatives(i, NULL, 9, NULL, NULL) == REFUSED); break;
    case 2: PROMISE(fmi2GetRealOutputDerivatives(i, NULL, 9, NULL, NULL) == REFUSED); break;
    case 3: PROMISE(fmi2CancelStep(i) == REFUSED); break;
    case 4: PROMISE(fmi2GetString(i, NULL, 3, NULL) == REFUSED); break;
    case 5: fmi2GetRealStatus(i, (int) which, &number); break;
    default: fmi2GetBooleanStatus(i, (int) which, &whole); break;
    }
    fmi2SetDebugLogging(i, which != 255, 0, NULL);
}

#else

typedef void (*logger)(void *, int, const char *, const char *);

Instance *fmi3InstantiateCoSimulation(
    const char *, const char *, const char *, bool, bool, bool, bool, const reference[], size_t,
    void *, logger, void (*)(void));
void fmi3FreeInstance(Instance *);
int fmi3EnterInitializationMode(Instance *, bool, double, double, bool, double);
int fmi3ExitInitializationMode(Instance *);
int fmi3Terminate(Instance *);
int fmi3Reset(Instance *);
int fmi3SetDebugLogging(Instance *, bool, size_t, const char *const[]);
int fmi3DoStep(Instance *, double, double, bool, bool *, bool *, bool *, double *);
int fmi3GetFloat64(Instance *, const reference[], size_t, double[], size_t);
int fmi3SetFloat64(Instance *, const reference[], size_t, const double[], size_t);
int fmi3GetInt32(Instance *, const reference[], size_t, int32_t[], size_t);
int fmi3SetInt32(Instance *, const reference[], size_t, const int32_t[], size_t);
int fmi3GetBoolean(Instance *, const reference[], size_t, bool[], size_t);
int fmi3SetBoolean(Instance *, const reference[], size_t, const bool[], size_t);
int fmi3GetFMUState(Instance *, void **);
int fmi3SetFMUState(Instance *, void *);
int fmi3FreeFMUState(Instance *, void **);
int fmi3SerializedFMUStateSize(Instance *, void *, size_t *);
int fmi3SerializeFMUState(Instance *, void *, uint8_t[], size_t);
int fmi3DeserializeFMUState(Instance *, const uint8_t[], size_t, void **);
int fmi3EnterEventMode(Instance *);
int fmi3EnterStepMode(Instance *);
int fmi3UpdateDiscreteStates(Instance *);
int fmi3GetDirectionalDerivative(Instance *);
int fmi3GetOutputDerivatives(Instance *);
int fmi3GetClock(Instance *);
int fmi3SetString(Instance *);

static void heard(void *environment, int status, const char *category, const char *message)
{
    (void) environment;
    PROMISE(status == REFUSED && category);
    line_holds(message);
}

static Instance *instantiate(const char *token, const char *folder)
{
    return fmi3InstantiateCoSimulation(
        "it", token, folder, false, false, false, false, NULL, 0, NULL, heard, NULL);
}

#define FREE fmi3FreeInstance
#define RESET fmi3Reset
#define TERMINATE fmi3Terminate
#define LEAVE_START fmi3ExitInitializationMode
#define KEEP fmi3GetFMUState
#define PUT_BACK fmi3SetFMUState
#define DROP fmi3FreeFMUState
#define SIZE_OF fmi3SerializedFMUStateSize
#define WRITE fmi3SerializeFMUState
#define READ fmi3DeserializeFMUState
typedef uint8_t serial;

static int enter_start(Instance *i, double start)
{
    return fmi3EnterInitializationMode(i, false, 0.0, start, false, 0.0);
}
static int do_step(Instance *i, double at, double step)
{
    bool event, ends, early;
    double last;
    return fmi3DoStep(i, at, step, true, &event, &ends, &early, &last);
}
static double time_of(Instance *i)
{
    const reference vr = TIME;
    double now = 0.0;
    PROMISE(fmi3GetFloat64(i, &vr, 1, &now, 1) == OK);
    return now;
}
#define get_reals fmi3GetFloat64
#define set_reals fmi3SetFloat64
static int get_wholes(Instance *i, const reference *vr, size_t n, int32_t *v, size_t room)
{
    bool flags[64];
    if (room <= 64)
        fmi3GetBoolean(i, vr, n, flags, room);
    return fmi3GetInt32(i, vr, n, v, room);
}
static int set_wholes(Instance *i, const reference *vr, size_t n, const int32_t *v)
{
    bool flags[64];
    if (n % 2 || n > 64)
        return fmi3SetInt32(i, vr, n, v, n);
    for (size_t k = 0; k < n; k++)
        flags[k] = v[k] % 2;
    return fmi3SetBoolean(i, vr, n, flags, n);
}

/* Calls that are not offered read nothing. */
static void ask_what_is_not_offered(Instance *i, unsigned which)
{
    int (*const calls[])(Instance *) = {
        fmi3EnterEventMode, fmi3EnterStepMode, fmi3UpdateDiscreteStates,
        fmi3GetDirectionalDerivative, fmi3GetOutputDerivatives, fmi3GetClock, fmi3SetString,
    };
    PROMISE(calls[which % 7](i) == REFUSED);
    fmi3SetDebugLogging(i, which != 255, 0, NULL);
}

#endif
#endif
