/* A model as the FMI layers see it: constants in one block, everything that changes in another.

   autopilot.pyx, lander.pyx, avoidance.pyx and navigation.pyx each define these functions; one of
   them is linked with fmi2.c or fmi3.c. Variables are two arrays: reals have the value references 0, 1, ...; integers
   and booleans 120, 121, ... (adapters/fmi/variables.py names them). Large arrays have references
   of their own, and so have the parameters, which change the table: the beginning of the constants,
   of which each instance has a copy. */
#ifndef FARSIDE_MODEL_H
#define FARSIDE_MODEL_H

#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_REALS = 116, MODEL_WHOLES = 32, MODEL_WHOLE_FIRST = 120, MODEL_TIME = 200,
    MODEL_PARAMETERS = 300
};

/* How a key of the mission file enters the table. */
enum {
    TUNE_LINEAR,                /* factor x + offset */
    TUNE_WHOLE,                 /* factor x + offset, of a count */
    TUNE_TICKS,                 /* seconds, `offset` at the least, as a count of ticks */
    TUNE_TANGENT,               /* of an angle in degrees, of `factor` at the most */
    TUNE_COSINE,                /* of an angle in degrees */
    TUNE_VARIANCE               /* the square of it, or of `factor` where that is more */
};

/* A key of the mission file that a master may set; one that enters the table in several places has
   as many of these, under one reference. adapters/fmi/parameters.py writes them. */
typedef struct {
    uint32_t reference;
    uint32_t at;                /* byte of the table */
    int32_t how;
    int32_t whole;              /* an integer variable */
    int32_t tunable;            /* also while steps are made */
    int32_t reserved;
    double start;
    double factor, offset;
    double above, below, least, most;   /* its range */
    char name[48];
    char must[112];             /* the end of the sentence "... must be ..." */
} Parameter;

extern uint32_t model_kind(void);             /* 1 autopilot, 2 lander, 3 avoidance, 4 navigation */
extern size_t model_table_bytes(void);
extern size_t model_state_bytes(const void *block);
extern size_t model_room_bytes(const void *block);  /* begun as zeros; it follows from the rest */
extern int model_fits(const void *block, size_t bytes);   /* whether the constants can be flown */
/* Whether a state that comes from outside can be gone on with: no index and no count is too large. */
extern int model_state_fits(const void *block, const void *state);
extern void model_tune(void *table, const Parameter *parameter, double value);
extern const char *model_fault(const void *table);  /* what two parameters contradict; NULL: nothing */
extern int model_reals(void);
extern int model_wholes(void);
extern int model_extent(uint32_t reference); /* elements of the array that begins there */
extern int model_real_inputs(void);           /* the first ones are inputs */
extern int model_whole_inputs(void);
/* The elements of a large array, and how many; NULL where none has this reference. */
extern double *model_array(const void *block, void *state, uint32_t reference, size_t *count);
extern void model_begin(
    const void *block, const void *table, void *state, double *real, int32_t *whole);
extern void model_start(
    const void *block, const void *table, void *state, void *room, double *real, int32_t *whole);
/* One of the ticks of a step: the inputs are the same in all of them. */
extern void model_step(
    const void *block, const void *table, void *state, void *room, double *real, int32_t *whole,
    int64_t ticks);

#endif
