/* An FMU: every function in any order, values and states of any bytes. -DFMI=2 or 3, -DFOLDER: the
 * folder of its model.bin. Begins at moments of a fall, or before the start. */
#ifndef FMI     /* for who reads it alone */
#define FMI 2
#define FOLDER "."
#define FIRST_OUTPUT 4
#define SHORT 0
#endif
#include "fmu.h"

enum { MOMENTS = 12, TICKS_BETWEEN = 1600, SLOTS = 2, HEAD_TOKEN = 32, TOKEN_BYTES = 40 };

static Instance *fmu;
static void *moments[MOMENTS];
static char token[TOKEN_BYTES + 1];
static size_t state_bytes;

static void read_token(void)
{
    FILE *f = fopen(FOLDER "/model.bin", "rb");
    PROMISE(f && fseek(f, HEAD_TOKEN, SEEK_SET) == 0 && fread(token, TOKEN_BYTES, 1, f) == 1);
    fclose(f);
}

/* The lander falls; of the others the time goes on. The last moments are those of a contact. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    read_token();
    fmu = instantiate(token, FOLDER);
    PROMISE(fmu && enter_start(fmu, 0.0) == OK && LEAVE_START(fmu) == OK);
    for (int k = 0; k < MOMENTS; k++) {
        const double step = 0.01 * (k ? TICKS_BETWEEN : 20);
        PROMISE(do_step(fmu, time_of(fmu), SHORT ? 0.01 : step) == OK);
        PROMISE(KEEP(fmu, &moments[k]) == OK);
    }
    PROMISE(SIZE_OF(fmu, moments[0], &state_bytes) == OK);
    return 0;
}

static uint32_t crc32_of(const unsigned char *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    while (n--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static reference draw_reference(input *in)
{
    switch (draw_byte(in) % 8) {
    case 0: return (reference) draw_word(in, 4);
    case 1: return PARAMETERS + (reference) draw_word(in, 1);
    case 2: return WHOLE_FIRST + (reference) draw_word(in, 1) % 32;
    case 3: return (reference) draw_word(in, 1);
    default: return (reference) draw_word(in, 1) % 116;
    }
}

/* Some variables, with numbers near what they are: whole ones and others. */
static void set_some(input *in)
{
    reference vr[4];
    double was = 0.0;
    const size_t n = 1 + (size_t) draw_below(in, 4), room = n + (size_t) draw_below(in, 9);
    double *v = exactly(room * sizeof *v);
    int32_t *w = exactly(n * sizeof *w);
    for (size_t k = 0; k < n; k++)
        vr[k] = draw_reference(in);
    get_reals(fmu, vr, 1, &was, 1);
    for (size_t k = 0; k < room; k++)
        v[k] = draw_number(in, was);
    for (size_t k = 0; k < n; k++)
        w[k] = (int32_t) draw_word(in, draw_byte(in) % 4 ? 1 : 4);
    if (draw_byte(in) % 2)
        set_reals(fmu, vr, n, v, room);
    else
        set_wholes(fmu, vr, n, w);
    free(v), free(w);
}

static void get_some(input *in)
{
    reference vr[4];
    const size_t n = 1 + (size_t) draw_below(in, 4), room = n + (size_t) draw_below(in, 32);
    double *v = exactly(room * sizeof *v);
    int32_t *w = exactly(room * sizeof *w);
    for (size_t k = 0; k < n; k++)
        vr[k] = draw_reference(in);
    get_reals(fmu, vr, n, v, room);
    get_wholes(fmu, vr, n, w, room);
    free(v), free(w);
}

/* What it is told to do is finite, whatever was set; a site that is none has NaN. */
static void outputs_hold(void)
{
    for (reference at = FIRST_OUTPUT; at < 116; at++) {
        double x = 0.0;
        if (get_reals(fmu, &at, 1, &x, 1) == OK)
            PROMISE(isfinite(x));
    }
}

static void step_some(input *in, int *ticks, int sound)
{
    const double now = time_of(fmu);
    double at = now, step = 0.01 * (1 + draw_below(in, 24));
    if (draw_byte(in) % 8 == 1) {
        at = draw_number(in, now);
        step = draw_number(in, 0.01);
        if (fabs(step) > 0.24 && fabs(step) < 1e5)  /* hours of a flight are no harm, but long */
            step = fmod(step, 0.24);
    }
    *ticks -= (int) (step > 0.0 && step < 1.0 ? 100.0 * step : 1.0);
    if (do_step(fmu, at, step) == OK && sound && FIRST_OUTPUT < 116)
        outputs_hold();
}

/* A state as bytes: some of them changed, sealed anew or not, whole or not, where bytes may lie. */
static void *altered(input *in, void *from)
{
    void *made = NULL;
    const size_t skew = draw_byte(in) % 8 == 1 ? 1 + draw_byte(in) % 7 : 0;
    const int off = draw_byte(in) % 16 == 1 ? (int) (int8_t) draw_byte(in) : 0;
    const size_t size = state_bytes + (size_t) off;
    serial *bytes = exactly(state_bytes + 128 + skew), *at = bytes + skew;
    memset(bytes, 0, state_bytes + 128 + skew);
    PROMISE(WRITE(fmu, from, (serial *) (void *) at, state_bytes - 1) != OK);
    PROMISE(WRITE(fmu, from, (serial *) (void *) at, state_bytes) == OK);
    if (draw_byte(in) % 2)
        draw_changes(in, at, state_bytes, 8);
    for (int k = draw_below(in, 4); k > 0; k--) {   /* whole numbers of 64 and of 32 bits */
        const size_t place = (size_t) draw_word(in, 3) % (state_bytes / 4 - 1) * 4;
        const int64_t n = (int64_t) (int16_t) draw_word(in, 2) * (draw_byte(in) % 2 ? 1 : 1 << 24);
        memcpy(at + place, &n, draw_byte(in) % 2 ? 8 : 4);
    }
    if (draw_byte(in) % 8 != 1) {
        const uint32_t crc = crc32_of((unsigned char *) at + 64, state_bytes - 64);
        memcpy(at + 56, &crc, sizeof crc);
    }
    serial *exact = exactly(size + skew);
    memcpy(exact + skew, at, size < state_bytes ? size : state_bytes);
    if (size > state_bytes)
        memset(exact + skew + state_bytes, 0, size - state_bytes);
    const int said = READ(fmu, exact + skew, size, &made);
    PROMISE(said == (made ? OK : REFUSED) && (off == 0 || said == REFUSED));
    free(bytes), free(exact);
    return made;
}

static void one_call(input *in, void **slots, int *ticks, int *sound)
{
    void **slot = &slots[draw_below(in, SLOTS)];
    switch (draw_byte(in) % 16) {
    case 0: RESET(fmu); *sound = 1; break;
    case 1: enter_start(fmu, draw_byte(in) % 2 ? 0.0 : draw_number(in, 0.0)); break;
    case 2: LEAVE_START(fmu); break;
    case 3: TERMINATE(fmu); break;
    case 4: KEEP(fmu, slot); break;
    case 5: PUT_BACK(fmu, *slot); break;
    case 6: DROP(fmu, slot); break;
    case 7: case 8: {
        void *made = altered(in, moments[draw_below(in, MOMENTS)]);
        if (made) {
            PROMISE(PUT_BACK(fmu, made) == OK && DROP(fmu, &made) == OK && made == NULL);
            *sound = 0;
        }
        break;
    }
    case 9:
        ask_what_is_not_offered(fmu, draw_byte(in));
        PROMISE(get_reals(fmu, NULL, 3, NULL, 3) == REFUSED && set_reals(fmu, NULL, 3, NULL, 3) == REFUSED);
        break;
    case 10: get_some(in); break;
    case 11: case 12: set_some(in); break;
    default: step_some(in, ticks, *sound);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, data + size};
    void *slots[SLOTS] = {NULL};
    int ticks = SHORT ? 40 : 400, sound = 1;
    const int from = draw_below(&in, MOMENTS + 2);
    RESET(fmu);
    if (from < MOMENTS)
        PROMISE(PUT_BACK(fmu, moments[from]) == OK);
    else if (from > MOMENTS)
        PROMISE(enter_start(fmu, 0.0) == OK);
    for (int k = 0; k < 32 && ticks > 0 && in.at < in.end; k++)
        one_call(&in, slots, &ticks, &sound);
    for (int k = 0; k < SLOTS; k++)
        DROP(fmu, &slots[k]);
    return 0;
}
