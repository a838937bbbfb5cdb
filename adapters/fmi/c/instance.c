#include "instance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif

/* The head of resources/model.bin; adapters/fmi/export.py writes it. */
typedef struct {
    char mark[8];               /* "FARSIDE" and a zero */
    uint32_t version, kind;
    uint64_t bytes;             /* of the constants that follow */
    uint32_t crc, parameters;   /* CRC-32 of them; how many Parameters they begin with */
    char token[TOKEN_BYTES];    /* guid or instantiation token, zeros behind */
} Head;

enum { HEAD_VERSION = 3, MOST_PARAMETERS = 1000 };
static const uint64_t LARGEST = 1u << 28;

static uint32_t crc32_of(const unsigned char *p, size_t n)
{
    uint32_t of[256], crc = 0xFFFFFFFFu;
    for (uint32_t byte = 0; byte < 256; byte++) {
        of[byte] = byte;
        for (int bit = 0; bit < 8; bit++)
            of[byte] = (of[byte] >> 1) ^ (0xEDB88320u & (0u - (of[byte] & 1u)));
    }
    for (size_t i = 0; i < n; i++)
        crc = (crc >> 8) ^ of[(crc ^ p[i]) & 255u];
    return ~crc;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char *folder_path(const char *uri)
{
    if (!uri) return NULL;
    char *path = malloc(strlen(uri) + 1), *to = path;
    if (!path) return NULL;
    if (strncmp(uri, "file:", 5) != 0) {
        strcpy(path, uri);
        return path;
    }
    uri += 5;
    if (uri[0] == '/' && uri[1] == '/') {   /* an authority, empty or localhost */
        uri = strchr(uri + 2, '/');
        if (!uri) return free(path), NULL;
    }
#if defined(_WIN32)
    if (uri[0] == '/' && uri[1] && uri[2] == ':') uri++;    /* /C:/folder */
#endif
    while (*uri) {
        int high, low;
        if (*uri == '%' && (high = hex_of(uri[1])) >= 0 && (low = hex_of(uri[2])) >= 0) {
            *to++ = (char) (16 * high + low);
            uri += 3;
        } else {
            *to++ = *uri++;
        }
    }
    *to = 0;
    return path;
}

/* A file by its path in UTF-8, to be read. */
static FILE *opened(const char *path)
{
#if defined(_WIN32)
    enum { LONGEST = 1024 };
    wchar_t wide[LONGEST];
    if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, LONGEST)) return NULL;
    return _wfopen(wide, L"rb");
#else
    return fopen(path, "rb");
#endif
}

/* NULL where a file of so many bytes may begin like this. */
static const char *wrong_head(const Head *head, uint64_t count)
{
    if (memcmp(head->mark, "FARSIDE", 8) != 0) return "resources/model.bin is not farside's";
    if (head->version != HEAD_VERSION || head->kind != model_kind())
        return "resources/model.bin belongs to another version or model";
    if (head->bytes != count - sizeof *head) return "resources/model.bin is cut short or too long";
    if (head->parameters > MOST_PARAMETERS || head->bytes < head->parameters * sizeof(Parameter))
        return "resources/model.bin does not fit this library";
    return NULL;
}

/* The whole file, or NULL with a reason; the head is judged before memory is asked for. */
static void *read_file(const char *folder, const char **why)
{
    Head head;
    void *bytes = NULL;
    long size = -1;
    char *path = malloc(strlen(folder) + 16);
    FILE *f;
    *why = "out of memory";
    if (!path) return NULL;
    sprintf(path, "%s/model.bin", folder);
    f = opened(path);
    free(path);
    *why = "resources/model.bin cannot be read";
    if (!f) return NULL;
    if (fseek(f, 0, SEEK_END) == 0) size = ftell(f);
    if (size >= 0 && (size_t) size < sizeof head) {
        *why = "resources/model.bin is cut short";
    } else if (size > 0 && (uint64_t) size > LARGEST) {
        *why = "resources/model.bin is too long";
    } else if (size > 0 && fseek(f, 0, SEEK_SET) == 0 && fread(&head, sizeof head, 1, f) == 1
            && !(*why = wrong_head(&head, (uint64_t) size))) {
        *why = "out of memory";
        bytes = malloc((size_t) size);
        if (bytes) {
            size_t rest = (size_t) size - sizeof head;
            memcpy(bytes, &head, sizeof head);
            *why = NULL;
            if (fread((char *) bytes + sizeof head, 1, rest, f) != rest) {
                *why = "resources/model.bin cannot be read";
                free(bytes);
                bytes = NULL;
            }
        }
    }
    fclose(f);
    return bytes;
}

static int in_range(const Parameter *p, double x)
{
    return x > p->above && x < p->below && x >= p->least && x <= p->most
        && (!p->whole || x == floor(x));
}

/* Whether every parameter has a place in the table, and a start value in its range. */
static int parameters_fit(const Parameter *p, size_t count)
{
    for (size_t k = 0; k < count; k++, p++) {
        const size_t bytes = p->how == TUNE_WHOLE || p->how == TUNE_TICKS ? 4 : 8;
        if (p->at % bytes || p->at > model_table_bytes() - bytes || !in_range(p, p->start)
                || !memchr(p->name, 0, sizeof p->name) || !memchr(p->must, 0, sizeof p->must)
                || strchr(p->name, '%') || strchr(p->must, '%'))    /* a refusal is no format */
            return 0;
    }
    return 1;
}

/* NULL where a file is whole, for this model and this token. */
static const char *wrong_with(const void *file, const char *token)
{
    Head head;
    const char *constants = (const char *) file + sizeof head;
    memcpy(&head, file, sizeof head);
    const size_t first = head.parameters * sizeof(Parameter);
    if (head.crc != crc32_of((const unsigned char *) constants, head.bytes))
        return "resources/model.bin is damaged: its checksum differs";
    if (!token || strlen(token) >= TOKEN_BYTES || strncmp(head.token, token, TOKEN_BYTES) != 0)
        return "the guid is not that of this FMU";
    if (!model_fits(constants + first, head.bytes - first)
            || !parameters_fit((const Parameter *) constants, head.parameters))
        return "resources/model.bin does not fit this library";
    return NULL;
}

Instance *instance_open(
    const char *name, const char *token, const char *folder, const char **why)
{
    Instance *i = NULL;
    void *file = NULL;
    *why = "the resources' folder is not given as a local one";
    if (folder) file = read_file(folder, why);
    if (file) *why = wrong_with(file, token);
    if (*why || !(i = calloc(1, sizeof *i))) {
        free(file);
        if (!*why) *why = "out of memory";
        return NULL;
    }
    i->file = file;
    i->count = ((const Head *) file)->parameters;
    i->parameters = (const Parameter *) ((const char *) file + sizeof(Head));
    i->block = i->parameters + i->count;
    i->bytes = sizeof(Moment) + i->count * sizeof(double) + model_state_bytes(i->block);
    i->table = malloc(model_table_bytes());
    i->room = calloc(1, model_room_bytes(i->block) + 1);
    i->now = calloc(1, i->bytes);
    i->name = malloc(strlen(name ? name : "") + 1);
    if (!i->table || !i->room || !i->now || !i->name) {
        instance_close(i);
        *why = "out of memory";
        return NULL;
    }
    strcpy(i->name, name ? name : "");
    memcpy(i->now->mark, "FARSTATE", 8);
    i->now->kind = model_kind();
    i->now->bytes = (uint32_t) i->bytes;
    strcpy(i->now->token, token);
    instance_reset(i);
    return i;
}

void instance_close(Instance *i)
{
    if (!i) return;
    free(i->file), free(i->table), free(i->room);
    free(i->now), free(i->name);
    free(i);
}

static double *values_of(const Instance *i) { return (double *) i->now->rest; }
static void *state_of(const Instance *i) { return i->now->rest + i->count; }

/* Make the table anew from the constants and the parameters' values: as it was loaded where all
   have their start values. */
static void make_table(Instance *i)
{
    const double *value = values_of(i);
    memcpy(i->table, i->block, model_table_bytes());
    for (size_t k = 0; k < i->count; k++)
        if (value[k] != i->parameters[k].start)
            model_tune(i->table, &i->parameters[k], value[k]);
}

void instance_reset(Instance *i)
{
    Moment *m = i->now;
    memset(m->real, 0, sizeof m->real), memset(m->whole, 0, sizeof m->whole);
    for (size_t k = 0; k < i->count; k++)
        values_of(i)[k] = i->parameters[k].start;
    make_table(i);
    model_begin(i->block, i->table, state_of(i), m->real, m->whole);
    m->stage = STAGE_NEW;
    instance_start(i, 0.0);
}

void instance_start(Instance *i, double start_s)
{
    Moment *m = i->now;
    m->ticks = 0;
    m->start_s = start_s;
    m->tuned = 0;
    model_start(i->block, i->table, state_of(i), i->room, m->real, m->whole);
}

int instance_ready(Instance *i)
{
    const char *why = model_fault(i->table);
    if (why) {
        snprintf(i->said, sizeof i->said, "%s", why);
        return 0;
    }
    if (i->now->tuned)
        instance_start(i, i->now->start_s);
    i->now->stage = STAGE_STEPPING;
    return 1;
}

const double *instance_parameter(const Instance *i, uint32_t reference, int whole)
{
    for (size_t k = 0; k < i->count; k++)
        if (i->parameters[k].reference == reference && i->parameters[k].whole == whole)
            return &values_of(i)[k];
    return NULL;
}

int instance_tune(Instance *i, uint32_t reference, int whole, double value)
{
    int found = 0;
    for (size_t k = 0; k < i->count; k++) {
        const Parameter *p = &i->parameters[k];
        if (p->reference != reference || p->whole != whole) continue;
        if (!in_range(p, value)) {
            snprintf(i->said, sizeof i->said, "%s: %.12g must be %s", p->name, value, p->must);
            return -1;
        }
        if (i->now->stage > (p->tunable ? STAGE_STEPPING : STAGE_INITIALISING)) {
            snprintf(i->said, sizeof i->said, "%s: fixed once the flight has begun", p->name);
            return -1;
        }
        values_of(i)[k] = value;
        found = i->now->tuned = 1;
    }
    if (found) make_table(i);
    return found;
}

double *instance_array(Instance *i, uint32_t reference, size_t *count)
{
    return model_array(i->block, state_of(i), reference, count);
}

int instance_step(Instance *i, double at_s, double step_s)
{
    Moment *m = i->now;
    const double due_s = m->start_s + (double) m->ticks / TICKS_PER_S;
    const double ticks = step_s * TICKS_PER_S;
    /* A master's own sum of steps strays by rounding; 1 ms is far from the next tick. */
    if (!(fabs(at_s - due_s) < 1e-3)) {
        snprintf(
            i->said, sizeof i->said,
            "a step from %.9g s: it has to begin where the last one ended, at %.9g s", at_s, due_s);
        return 0;
    }
    if (!(ticks > 0.5 && ticks < MOST_TICKS) || !(fabs(ticks - floor(ticks + 0.5)) < 1e-4)) {
        snprintf(
            i->said, sizeof i->said,
            "a step of %.9g s: give a whole multiple of 0.01 s, such as 0.01, 0.02 or 0.1 s",
            step_s);
        return 0;
    }
    const int64_t of = (int64_t) floor(ticks + 0.5);
    for (int64_t k = 0; k < of; k++) {
        model_step(i->block, i->table, state_of(i), i->room, m->real, m->whole, of);
        m->ticks++;
    }
    return 1;
}

const char *moment_keep(const Instance *i, const void *moment, void **state)
{
    if (*state && !moment_ours(i, *state)) return "no state of this FMU";
    if (!*state && !(*state = malloc(i->bytes))) return "out of memory";
    memcpy(*state, moment, i->bytes);
    return NULL;
}

/* Whether the model can go on with the state behind a moment's head and parameters. */
static int state_fits(const Instance *i, const void *bytes)
{
    const size_t first = sizeof(Moment) + i->count * sizeof(double), rest = i->bytes - first;
    const char *state = (const char *) bytes + first;
    if ((uintptr_t) state % 8 == 0) return model_state_fits(i->block, state);
    void *copy = malloc(rest + 1);  /* a master's bytes may lie anywhere */
    if (!copy) return 0;
    memcpy(copy, state, rest);
    const int fits = model_state_fits(i->block, copy);
    free(copy);
    return fits;
}

int moment_ours(const Instance *i, const void *bytes)
{
    Moment head;
    if (!bytes) return 0;
    memcpy(&head, bytes, offsetof(Moment, crc));
    return memcmp(head.mark, i->now->mark, 8) == 0 && head.kind == i->now->kind
        && head.bytes == i->now->bytes && memcmp(head.token, i->now->token, TOKEN_BYTES) == 0;
}

int moment_fits(const Instance *i, const void *bytes, size_t count)
{
    Moment head;
    if (count != i->bytes || !moment_ours(i, bytes)) return 0;
    memcpy(&head, bytes, sizeof head);
    if (head.ticks < 0 || head.ticks > LONGEST_TICKS || !(fabs(head.start_s) <= LATEST_S)
            || head.stage < STAGE_NEW || head.stage > STAGE_ENDED)
        return 0;
    for (size_t k = 0; k < i->count; k++) {
        double value;
        memcpy(&value, (const char *) bytes + sizeof head + k * sizeof value, sizeof value);
        if (!in_range(&i->parameters[k], value)) return 0;
    }
    return state_fits(i, bytes);
}

static uint32_t moment_crc(const Instance *i, const void *bytes)
{
    const size_t first = offsetof(Moment, ticks);
    return crc32_of((const unsigned char *) bytes + first, i->bytes - first);
}

void moment_write(const Instance *i, const void *moment, void *bytes)
{
    const uint32_t crc = moment_crc(i, moment);
    memcpy(bytes, moment, i->bytes);
    memcpy((char *) bytes + offsetof(Moment, crc), &crc, sizeof crc);
}

int moment_whole(const Instance *i, const void *bytes, size_t count)
{
    if (!moment_fits(i, bytes, count)) return 0;
    const uint32_t crc = moment_crc(i, bytes);
    return memcmp((const char *) bytes + offsetof(Moment, crc), &crc, sizeof crc) == 0;
}

void moment_put_back(Instance *i, const void *bytes)
{
    memcpy(i->now, bytes, i->bytes);
    make_table(i);
}
