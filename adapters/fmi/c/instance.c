#include "instance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The head of resources/model.bin; adapters/fmi/export.py writes it. */
typedef struct {
    char mark[8];               /* "FARSIDE" and a zero */
    uint32_t version, kind;
    uint64_t bytes;             /* of the constants that follow */
    uint32_t crc, reserved;     /* CRC-32 of them */
    char token[TOKEN_BYTES];    /* guid or instantiation token, zeros behind */
} Head;

enum { HEAD_VERSION = 2 };
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

size_t moment_bytes(void)
{
    return sizeof(Moment) + model_state_bytes();
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
        if (!uri) {
            free(path);
            return NULL;
        }
    }
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

/* NULL where a file of so many bytes may begin like this. */
static const char *wrong_head(const Head *head, uint64_t count)
{
    if (memcmp(head->mark, "FARSIDE", 8) != 0) return "resources/model.bin is not farside's";
    if (head->version != HEAD_VERSION || head->kind != model_kind())
        return "resources/model.bin belongs to another version or model";
    if (head->bytes != count - sizeof *head) return "resources/model.bin is cut short or too long";
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
    f = fopen(path, "rb");
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

/* NULL where a file is whole, for this model and this token. */
static const char *wrong_with(const void *file, const char *token)
{
    Head head;
    const char *block = (const char *) file + sizeof head;
    memcpy(&head, file, sizeof head);
    if (head.crc != crc32_of((const unsigned char *) block, head.bytes))
        return "resources/model.bin is damaged: its checksum differs";
    if (!token || strlen(token) >= TOKEN_BYTES || strncmp(head.token, token, TOKEN_BYTES) != 0)
        return "the guid is not that of this FMU";
    if (!model_fits(block, head.bytes)) return "resources/model.bin does not fit this library";
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
    i->block = (const char *) file + sizeof(Head);
    i->room = calloc(1, model_room_bytes() + 1);
    i->now = calloc(1, moment_bytes());
    i->name = malloc(strlen(name ? name : "") + 1);
    if (!i->room || !i->now || !i->name) {
        instance_close(i);
        *why = "out of memory";
        return NULL;
    }
    strcpy(i->name, name ? name : "");
    memcpy(i->now->mark, "FARSTATE", 8);
    i->now->kind = model_kind();
    i->now->bytes = (uint32_t) moment_bytes();
    strcpy(i->now->token, token);
    instance_reset(i);
    return i;
}

void instance_close(Instance *i)
{
    if (!i) return;
    free(i->file);
    free(i->room);
    free(i->now);
    free(i->name);
    free(i);
}

void instance_reset(Instance *i)
{
    Moment *m = i->now;
    memset(m->real, 0, sizeof m->real);
    memset(m->whole, 0, sizeof m->whole);
    model_begin(i->block, m->state, m->real, m->whole);
    m->stage = STAGE_NEW;
    instance_start(i, 0.0);
}

void instance_start(Instance *i, double start_s)
{
    i->now->ticks = 0;
    i->now->start_s = start_s;
    model_start(i->block, i->now->state, i->room, i->now->real, i->now->whole);
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
    for (int64_t left = (int64_t) floor(ticks + 0.5); left > 0; left--) {
        model_step(i->block, m->state, i->room, m->real, m->whole);
        m->ticks++;
    }
    return 1;
}

Moment *moment_copy(const Moment *from)
{
    Moment *copy = malloc(moment_bytes());
    if (copy) memcpy(copy, from, moment_bytes());
    return copy;
}

int moment_fits(const Instance *i, const void *bytes, size_t count)
{
    Moment head;
    if (!bytes || count != moment_bytes()) return 0;
    memcpy(&head, bytes, sizeof head);
    return memcmp(head.mark, i->now->mark, 8) == 0 && head.kind == i->now->kind
        && head.bytes == i->now->bytes && memcmp(head.token, i->now->token, TOKEN_BYTES) == 0;
}
