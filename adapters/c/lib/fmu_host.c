/* Land with two FMUs, autopilot and lander, without Python: a small master for FMI 2.0.
 *
 *     fmu_host LIBRARY GUID RESOURCES  LIBRARY GUID RESOURCES
 *
 * the autopilot's first; RESOURCES is a URI. wires.h, which cross.py writes from the descriptions,
 * says which value references belong together. It couples them as examples/fmu_landing.py does, and
 * prints a digest of every number that crosses, and of the true state: the same on each platform.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "digest.h"
#include "wires.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
static void *opened(const char *path) { return (void *) LoadLibraryA(path); }
static void *symbol(void *library, const char *name)
{
    return (void *) (intptr_t) GetProcAddress((HMODULE) library, name);
}
#else
#include <dlfcn.h>
static void *opened(const char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }
static void *symbol(void *library, const char *name) { return dlsym(library, name); }
#endif

enum { AT_REST = 2, COMPLETE = 4, LONGEST_TICKS = 180000 };
#define STEP_S 0.01
#define COUNT(a) ((int) (sizeof(a) / sizeof *(a)))

typedef struct {
    void (*logger)(void *, const char *, int, const char *, const char *, ...);
    void *(*allocate)(size_t, size_t);
    void (*release)(void *);
    void (*finished)(void *, int);
    void *environment;
} callbacks;

/* One FMU: its functions and its instance. */
typedef struct {
    void *i;
    int (*get_real)(void *, const unsigned *, size_t, double *);
    int (*set_real)(void *, const unsigned *, size_t, const double *);
    int (*get_integer)(void *, const unsigned *, size_t, int *);
    int (*set_integer)(void *, const unsigned *, size_t, const int *);
    int (*get_boolean)(void *, const unsigned *, size_t, int *);
    int (*set_boolean)(void *, const unsigned *, size_t, const int *);
    int (*step)(void *, double, double, int);
    void (*release)(void *);
} model;

static void stop(const char *what, const char *name)
{
    fprintf(stderr, "fmu_host: %s: %s\n", name, what);
    exit(2);
}

static void must(int status, const char *what)
{
    if (status != 0)
        stop("refused", what);
}

static void logged(void *e, const char *name, int status, const char *kind, const char *said, ...)
{
    (void) e, (void) status, (void) kind;
    fprintf(stderr, "fmu_host: %s: %s\n", name, said);
}

/* A function of the library; it must be there. Copied as bytes: C has no cast from data to code. */
static void found(void *library, const char *name, void *function)
{
    void *address = symbol(library, name);
    if (!address)
        stop("not in the library", name);
    memcpy(function, &address, sizeof address);
}

static model loaded(char **words)
{
    static const callbacks mine = {logged, calloc, free, NULL, NULL};
    void *(*instantiate)(
        const char *, int, const char *, const char *, const callbacks *, int, int);
    int (*set_up)(void *, int, double, double, int, double);
    int (*enter)(void *), (*leave)(void *);
    void *library = opened(words[0]);
    model m;
    if (!library)
        stop("cannot be loaded", words[0]);
    found(library, "fmi2Instantiate", &instantiate);
    found(library, "fmi2SetupExperiment", &set_up);
    found(library, "fmi2EnterInitializationMode", &enter);
    found(library, "fmi2ExitInitializationMode", &leave);
    found(library, "fmi2GetReal", &m.get_real);
    found(library, "fmi2SetReal", &m.set_real);
    found(library, "fmi2GetInteger", &m.get_integer);
    found(library, "fmi2SetInteger", &m.set_integer);
    found(library, "fmi2GetBoolean", &m.get_boolean);
    found(library, "fmi2SetBoolean", &m.set_boolean);
    found(library, "fmi2DoStep", &m.step);
    found(library, "fmi2FreeInstance", &m.release);
    m.i = instantiate("model", 1, words[1], words[2], &mine, 0, 0);
    if (!m.i)
        stop("no instance", words[0]);
    must(set_up(m.i, 0, 0.0, 0.0, 0, 0.0), "fmi2SetupExperiment");
    must(enter(m.i), "fmi2EnterInitializationMode");
    must(leave(m.i), "fmi2ExitInitializationMode");
    return m;
}

/* Carry estimate and flags across, step the autopilot, carry its command across, step the lander. */
static uint64_t stepped(const model *pilot, const model *lander, long tick, uint64_t h)
{
    double estimate[COUNT(estimate_out)], command[COUNT(command_out)], real[COUNT(true_out)];
    int flags[COUNT(flags_out)], phase[COUNT(phase_out)];
    const double now = tick * STEP_S;
    must(lander->get_real(lander->i, estimate_out, COUNT(estimate_out), estimate), "estimate");
    must(pilot->set_real(pilot->i, estimate_in, COUNT(estimate_in), estimate), "estimate");
    must(lander->get_boolean(lander->i, flags_out, COUNT(flags_out), flags), "flags");
    must(pilot->set_boolean(pilot->i, flags_in, COUNT(flags_in), flags), "flags");
    must(pilot->step(pilot->i, now, STEP_S, 1), "the autopilot's step");
    must(pilot->get_real(pilot->i, command_out, COUNT(command_out), command), "command");
    must(lander->set_real(lander->i, command_in, COUNT(command_in), command), "command");
    must(pilot->get_integer(pilot->i, phase_out, COUNT(phase_out), phase), "phase");
    must(lander->set_integer(lander->i, phase_in, COUNT(phase_in), phase), "phase");
    must(lander->step(lander->i, now, STEP_S, 1), "the lander's step");
    must(lander->get_real(lander->i, true_out, COUNT(true_out), real), "true state");
    h = digest_reals(h, estimate, COUNT(estimate));
    h = digest_reals(h, command, COUNT(command));
    return digest_reals(h, real, COUNT(real));
}

/* Whether the lander rests and the autopilot knows, or it is past saving. */
static int ended(const model *pilot, const model *lander, int *status)
{
    int knows;
    must(lander->get_integer(lander->i, &lander_status, 1, status), "status");
    must(pilot->get_integer(pilot->i, &pilot_status, 1, &knows), "status");
    return *status == AT_REST ? knows == COMPLETE : *status > AT_REST;
}

int main(int argc, char **argv)
{
    uint64_t h = DIGEST_START;
    long tick = 0;
    int status = 0;
    model pilot, lander;
    if (argc != 7) {
        fprintf(stderr, "usage: fmu_host LIBRARY GUID RESOURCES LIBRARY GUID RESOURCES\n");
        return 2;
    }
    pilot = loaded(argv + 1);
    lander = loaded(argv + 4);
    while (tick < LONGEST_TICKS && !ended(&pilot, &lander, &status))
        h = stepped(&pilot, &lander, tick++, h);
    pilot.release(pilot.i);
    lander.release(lander.i);
    printf("%ld ticks, status %d, digest %08lx%08lx\n", tick, status, (unsigned long) (h >> 32),
           (unsigned long) (h & 0xffffffffu));
    return status == AT_REST ? 0 : 1;
}
