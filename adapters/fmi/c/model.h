/* A model as the FMI layers see it: constants in one block, everything that changes in another.

   adapters/fmi/c/autopilot.pyx and lander.pyx each define these functions; one of them is linked
   with fmi2.c or fmi3.c. Variables are two arrays: reals have the value references 0, 1, ...; integers
   and booleans 100, 101, ... (adapters/fmi/variables.py names them). */
#ifndef FARSIDE_MODEL_H
#define FARSIDE_MODEL_H

#include <stddef.h>
#include <stdint.h>

enum { MODEL_REALS = 48, MODEL_WHOLES = 16, MODEL_WHOLE_FIRST = 100, MODEL_TIME = 200 };

extern uint32_t model_kind(void);             /* 1 autopilot, 2 lander */
extern size_t model_state_bytes(void);
extern size_t model_room_bytes(void);         /* begun as zeros; it follows from constants and state */
extern int model_fits(const void *block, size_t bytes);   /* whether the constants can be flown */
extern int model_reals(void);
extern int model_wholes(void);
extern int model_extent(uint32_t real);      /* elements of the array that begins at this reference */
extern int model_real_inputs(void);           /* the first ones are inputs */
extern int model_whole_inputs(void);
extern void model_begin(const void *block, void *state, double *real, int32_t *whole);
extern void model_start(
    const void *block, void *state, void *room, double *real, int32_t *whole);
extern void model_step(
    const void *block, void *state, void *room, double *real, int32_t *whole);

#endif
