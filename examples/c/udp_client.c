/* A lander in C that `farside serve` lands over UDP: the packets, the loop, and what flies when no
 * command comes. The header and the mission's table serve its physics only; no library is linked.
 *
 *     farside serve chang-e-6 &
 *     python adapters/c/lib/build.py build/lib && farside export mission chang-e-6 --c --out build/lib/mission.h
 *     cc -O2 -Ibuild/lib examples/c/udp_client.c -lm -o udp_client
 *     ./udp_client [-r] [PORT [FIRST LAST]]
 *
 * As fast as it is answered, or with -r at 100 Hz of the clock. From tick FIRST to LAST the link is
 * cut: the last command is held for as long as it may be, then the lander flies level.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "farside.h"
#include "mission.h"
#include "truth.h"

enum { HELLO = 1, WELCOME, STATE, COMMAND, AIM, ANSWER, STOP };
enum { VERSION = 4, LARGEST = 176, TRIES = 50, WAIT_MS = 100, TICK_NS = 10000000 };

typedef struct header {
    char magic[4];
    uint32_t checksum;
    uint8_t version, kind;
    uint16_t size;
    uint32_t sequence;
    uint64_t session;
    int64_t tick;
} header;

typedef struct packet {
    header head;
    unsigned char body[LARGEST - sizeof(header)];
} packet;

typedef struct answered {
    farside_command command;
    double safe_thrust_n;
    uint32_t hold_ticks, flags;
} answered;

/* The link's structs are the library's: this stops the compiler where they are not. */
typedef char header_is_32_bytes[sizeof(header) == 32 ? 1 : -1];
typedef char state_fits[sizeof(farside_estimate) == 144 && sizeof(answered) == 144 ? 1 : -1];

static int server = -1;
static uint64_t session;
static uint32_t sequence;

static uint32_t crc32(const unsigned char *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;
    while (n--) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static packet sealed(int kind, int64_t tick, const void *body, size_t size)
{
    packet p;
    memset(&p, 0, sizeof p);
    memcpy(p.head.magic, "FSDL", 4);
    p.head.version = VERSION;
    p.head.kind = (uint8_t)kind;
    p.head.size = (uint16_t)(sizeof(header) + size);
    p.head.sequence = ++sequence;
    p.head.session = session;
    p.head.tick = tick;
    memcpy(p.body, body, size);
    p.head.checksum = crc32((const unsigned char *)&p + 8, p.head.size - 8u);
    return p;
}

/* Wait for the answer to a request; 1 where it came whole. Others are thrown away. */
static int received(const packet *request, packet *answer, int wait_ms)
{
    struct pollfd ready = {server, POLLIN, 0};
    while (poll(&ready, 1, wait_ms) > 0) {
        const ssize_t n = recv(server, answer, sizeof *answer, 0);
        if (n < (ssize_t)sizeof(header)) {
            if (n < 0) { /* nobody listens there, yet */
                poll(NULL, 0, wait_ms);
                return 0;
            }
            continue;
        }
        if (memcmp(answer->head.magic, "FSDL", 4) == 0 && answer->head.size == n
            && answer->head.sequence == request->head.sequence
            && answer->head.checksum == crc32((unsigned char *)answer + 8, (size_t)n - 8))
            return 1;
    }
    return 0;
}

/* Send until it is answered: the same bytes are flown once, however often they come. */
static int asked(const packet *request, packet *answer, int tries)
{
    while (tries--) {
        if (send(server, request, request->head.size, 0) < 0 || !received(request, answer, WAIT_MS))
            continue;
        if (answer->head.kind != ANSWER)
            return 1;
        uint32_t code;
        memcpy(&code, answer->body, sizeof code);
        if (code == 0)
            return 1;
        fprintf(stderr, "udp_client: the server refuses: code %u\n", code);
        return 0;
    }
    fprintf(stderr, "udp_client: no answer\n");
    return 0;
}

static int begin(void)
{
    unsigned char hello[96] = {0};
    struct aim {
        double site[3], heading_rad;
        uint32_t flags, nothing;
    } aim = {{0.0, 0.0, 0.0}, 0.0, 1, 0}; /* no map is made: land at the site */
    const uint64_t nonce = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
    const int32_t phase = -1; /* the first */
    packet request, answer;
    memcpy(hello, &nonce, sizeof nonce);
    memcpy(hello + 8, &phase, sizeof phase);
    request = sealed(HELLO, 0, hello, sizeof hello);
    if (!asked(&request, &answer, TRIES) || answer.head.kind != WELCOME)
        return 0;
    session = answer.head.session;
    uint32_t table;
    memcpy(&table, answer.body + 32, sizeof table);
    if (table != mission_table.checksum) {
        fprintf(stderr, "udp_client: the server flies another mission than mission.h\n");
        return 0;
    }
    request = sealed(AIM, 0, &aim, sizeof aim);
    return asked(&request, &answer, TRIES);
}

/* No command: upright, with the thrust that keeps the vertical speed; the turning is damped. */
static void fly_level(const lander *l, const answered *last, farside_command *command)
{
    const farside_table *t = &mission_table;
    const double up[3] = {l->r[0], l->r[1], l->r[2] + t->radius_m}, *q = l->q;
    const double rho = sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2]);
    const double x[3] = {1 - 2 * (q[2] * q[2] + q[3] * q[3]), 2 * (q[1] * q[2] + q[0] * q[3]),
                         2 * (q[1] * q[3] - q[0] * q[2])};
    const double y[3] = {2 * (q[1] * q[2] - q[0] * q[3]), 1 - 2 * (q[1] * q[1] + q[3] * q[3]),
                         2 * (q[2] * q[3] + q[0] * q[1])};
    double error[3] = {0.0, 0.0, 0.0}; /* body z to the vertical, in body components */
    for (int i = 0; i < 3; i++) {
        error[0] -= y[i] * up[i] / rho;
        error[1] += x[i] * up[i] / rho;
    }
    const double f = t->gains.attitude.frequency_radps;
    for (int i = 0; i < 3; i++) {
        const double inertia = between(l, t->inertia_full[i], t->inertia_dry[i]);
        const double torque = inertia * (f * f * error[i] - 2.0 * t->gains.attitude.damping * f * l->w[i]);
        command->torque_nm[i] = fmax(fmin(torque, t->torque_limit[i]), -t->torque_limit[i]);
    }
    command->thrust_n = last->safe_thrust_n;
}

/* A whole number from 0 to `most`; -1 where the words are none. */
static int64_t whole(const char *words, int64_t most)
{
    char *end;
    const long long number = strtoll(words, &end, 10);
    return end == words || *end != 0 || number < 0 || number > most ? -1 : number;
}

static int opened(const char *port)
{
    const int64_t number = whole(port, 65535);
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)number);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = socket(AF_INET, SOCK_DGRAM, 0);
    return number >= 0 && server >= 0 && connect(server, (struct sockaddr *)&address, sizeof address) == 0;
}

int main(int count, char **words)
{
    const int by_clock = count > 1 && strcmp(words[1], "-r") == 0;
    char **rest = words + by_clock;
    count -= by_clock;
    const char *port = count > 1 ? rest[1] : "47100";
    const int64_t cut_first = count > 3 ? whole(rest[2], INT64_MAX) : -1;
    const int64_t cut_last = count > 3 ? whole(rest[3], INT64_MAX) : -2;
    farside_estimate estimate = mission_start;
    farside_command command;
    answered last;
    lander l = placed(&mission_start);
    int64_t tick = 0, last_tick = -1;
    int phase = -1;
    struct timespec due;
    packet request, answer;

    memset(&last, 0, sizeof last);
    if (!opened(port) || !begin())
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &due);
    observe(&l, &estimate);
    for (; height(&l) > 0.0 && tick * TICK_S < LONGEST_S; tick++) {
        int fresh = 0;
        if (by_clock) {
            due.tv_nsec += TICK_NS;
            if (due.tv_nsec >= 1000000000) {
                due.tv_nsec -= 1000000000;
                due.tv_sec++;
            }
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        }
        if (tick < cut_first || tick > cut_last) {
            request = sealed(STATE, tick, &estimate, sizeof estimate);
            if (by_clock) /* late is lost: the command that is held acts on */
                fresh = send(server, &request, request.head.size, 0) > 0
                    && received(&request, &answer, 8) && answer.head.kind == COMMAND;
            else if (!(fresh = asked(&request, &answer, TRIES)))
                return 2;
        }
        if (fresh) {
            memcpy(&last, answer.body, sizeof last);
            last_tick = tick;
        }
        command = last.command;
        if (tick - last_tick > (int64_t)last.hold_ticks)
            fly_level(&l, &last, &command);
        if (command.phase != phase) {
            phase = command.phase;
            printf("%7.2f s  phase %d at %9.1f m, %8.2f m/s up\n", tick * TICK_S, phase,
                   height(&l), l.v[2]);
        }
        estimate.accel_mps2 = fly(&l, &command);
        observe(&l, &estimate);
    }
    const uint64_t nothing = 0;
    request = sealed(STOP, tick, &nothing, sizeof nothing);
    asked(&request, &answer, 3);
    return touched_down(&l, tick);
}
