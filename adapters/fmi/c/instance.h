/* One instance of a model: the constants it was loaded with, and the moment it is in. */
#ifndef FARSIDE_INSTANCE_H
#define FARSIDE_INSTANCE_H

#include "model.h"

/* A function of the standard: all that a library shows. */
#if defined(_WIN32)
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif

enum { TOKEN_BYTES = 40, TICKS_PER_S = 100, MOST_TICKS = 8640000, SAID_BYTES = 200 };

#define LONGEST_TICKS (INT64_C(1) << 40)    /* of a moment: 350 years */
#define LATEST_S 1e9                        /* a start is within that of 0 */

/* Everything that a step changes: copied whole when a master keeps or puts back a state. */
typedef struct {
    char mark[8];               /* "FARSTATE" */
    uint32_t kind, bytes;
    char token[TOKEN_BYTES];    /* of the FMU it belongs to */
    uint32_t crc, nothing;      /* CRC-32 of all that follows, where it is written as bytes */
    int64_t ticks;              /* done since start_s */
    double start_s;
    int32_t stage, tuned;       /* tuned: a parameter was set since the start */
    double real[MODEL_REALS];
    int32_t whole[MODEL_WHOLES];
    uint64_t rest[];            /* the parameters' values, then the model's own state */
} Moment;

enum { STAGE_NEW, STAGE_INITIALISING, STAGE_STEPPING, STAGE_ENDED };

typedef struct {
    void *file;                 /* resources/model.bin as read */
    const void *block;          /* the constants in it */
    const Parameter *parameters;    /* and what of them may be set */
    size_t count;               /* of these */
    void *table;                /* the beginning of the constants, with the parameters as set */
    size_t bytes;               /* of a moment */
    void *room;
    Moment *now;
    char *name;
    void *environment;          /* the master's, for its logger */
    void (*log)(void);
    int told;                   /* whether errors are to be logged */
    char said[SAID_BYTES];      /* why the last step was refused */
} Instance;

/* NULL with a reason where the resources cannot be read or belong to another FMU. */
Instance *instance_open(
    const char *name, const char *token, const char *folder, const char **why);
void instance_close(Instance *i);
void instance_reset(Instance *i);
void instance_start(Instance *i, double start_s);
/* A step of any whole number of ticks, under the inputs held. 1: done; 0: the communication point or
   the step is none that this model can do, `said` says why, and nothing has changed. */
int instance_step(Instance *i, double at_s, double step_s);

/* Set a parameter. 1: done; 0: none has this reference; -1: `said` says why not. */
int instance_tune(Instance *i, uint32_t reference, int whole, double value);
/* The value of a parameter; NULL where none has this reference. */
const double *instance_parameter(const Instance *i, uint32_t reference, int whole);
/* Go into step mode. 0: two parameters contradict each other, and `said` says which. */
int instance_ready(Instance *i);
double *instance_array(Instance *i, uint32_t reference, size_t *count);

/* Put a moment where a master keeps one, with room taken where there is none. NULL, or why not. */
const char *moment_keep(const Instance *i, const void *moment, void **state);
/* Whether a state is of this FMU, and whether it can be gone on with, too. */
int moment_ours(const Instance *i, const void *bytes);
int moment_fits(const Instance *i, const void *bytes, size_t count);
/* Write one as bytes that leave the process; whether such bytes came back as they were. */
void moment_write(const Instance *i, const void *moment, void *bytes);
int moment_whole(const Instance *i, const void *bytes, size_t count);
void moment_put_back(Instance *i, const void *bytes);   /* one that fits */
/* The path of a folder from its URI or path; NULL where it is no local one. To be freed. */
char *folder_path(const char *uri);

#endif
