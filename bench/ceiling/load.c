/*
 * Load and sink of a measurement in one thread that never sleeps: sends WireGuard-shaped data packets to a
 * relay, takes what it passes on, and reads the relay's processor time at both ends of the measured time. In C
 * and with offload both ways, so that the relay is what limits.
 * Usage: load PID LENGTH_BYTES PACKETS_PER_SECOND(0: flat out) WARM_S SECONDS TO PACE FROM,... SINK,... TAKE
 *   TO: the relay's port. PACE: `even` (each packet by itself when it is due) or `bursts` (what is due each
 *   millisecond in as few messages as may be). FROM: local ports to send from, a copy of each packet from each, by addresses
 *   127.0.0.2 and up when there are more than one. SINK: ports to receive on. TAKE: `runs` (receive offload, as the
 *   other relay has) or `packets` (none: so does WireGuard, in the kernel and, before 2023, in userspace).
 * Prints one JSON line; times in nanoseconds, delays (of first copies) in a paced run only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "usage.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define BURST_NS 1000000ull
#define MOST_BYTES 65000
#define MOST_SEGMENTS 64
#define MOST_PORTS 16
#define MESSAGES 64
#define SLOT (65536 + 33 * 64)
#define CONTROL_SPACE 64
#define SETTLE_NS 100000000ull
#define OPEN_WITHIN_NS 5000000000ull
#define MOST_PACKETS (1u << 26)
/* Half of all indices, which are random, are as high. */
#define RECEIVER_INDEX 0xf1020304u
#define COUNTER_AT 8
#define SENT_AT 16
#define SMALLEST 32

static int length_bytes, from[MOST_PORTS], from_count, sinks[MOST_PORTS], sink_count, epoll;
static uint64_t first_counter, sent, unique, copies[MOST_PORTS], unsent;
static uint64_t seen[MOST_PACKETS / 64];
static uint32_t *delays;
static uint64_t delay_count, delay_room;
static uint64_t last_arrival_ns;

static unsigned char *out, *in;
static struct mmsghdr received[MESSAGES];
static struct iovec slots[MESSAGES];
static struct sockaddr_in senders[MESSAGES];
static _Alignas(8) char control[MESSAGES][CONTROL_SPACE];

static void fail(const char *what) {
    fprintf(stderr, "Cannot %s: %s\n", what, errno != 0 ? strerror(errno) : "no answer");
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static struct sockaddr_in address_of(uint32_t host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(host);
    return address;
}

static int open_bound(struct sockaddr_in address, int takes_runs) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), one = 1, size = 8 << 20;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("open a port");
    if (takes_runs) setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof one);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return fd;
}

static int ports_of(char *list, int *ports) {
    int count = 0;
    for (char *at = strtok(list, ","); at != NULL && count < MOST_PORTS; at = strtok(NULL, ","))
        ports[count++] = atoi(at);
    return count;
}

static void open_sockets(int to, char *from_list, char *sink_list, int takes_runs) {
    int ports[MOST_PORTS];
    epoll = epoll_create1(0);
    sink_count = ports_of(sink_list, ports);
    for (int i = 0; i < sink_count; i++) {
        sinks[i] = open_bound(address_of(INADDR_LOOPBACK, ports[i]), takes_runs);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(epoll, EPOLL_CTL_ADD, sinks[i], &event);
    }
    from_count = ports_of(from_list, ports);
    for (int i = 0; i < from_count; i++) {
        struct sockaddr_in relay = address_of(INADDR_LOOPBACK, to);
        from[i] = open_bound(address_of(INADDR_LOOPBACK + (from_count > 1 ? 1u + (unsigned)i : 0u), ports[i]), 1);
        if (connect(from[i], (struct sockaddr *)&relay, sizeof relay) < 0) fail("reach the relay");
    }
}

static void set_up_memory(uint64_t delays_wanted) {
    out = calloc(MOST_SEGMENTS, (size_t)length_bytes);
    in = calloc(MESSAGES, SLOT);
    delay_room = delays_wanted;
    delays = calloc(delay_room + 1, sizeof *delays);
    if (out == NULL || in == NULL || delays == NULL) fail("get memory");
    for (int i = 0; i < MOST_SEGMENTS; i++) {
        uint32_t head[2] = {4, RECEIVER_INDEX};
        memcpy(out + i * length_bytes, head, sizeof head);
        for (int k = SMALLEST; k < length_bytes; k++) out[i * length_bytes + k] = (unsigned char)(i * 31 + k * 7);
    }
    for (int i = 0; i < MESSAGES; i++) {
        slots[i] = (struct iovec){.iov_base = in + (size_t)i * SLOT, .iov_len = 65536};
        received[i].msg_hdr = (struct msghdr){
            .msg_name = &senders[i], .msg_iov = &slots[i], .msg_iovlen = 1, .msg_control = control[i]};
    }
}

/* `count` equal packets in one message, a copy from each socket. */
static void send_run(int count) {
    _Alignas(8) char segment[CMSG_SPACE(sizeof(uint16_t))] = {0};
    struct cmsghdr *header = (struct cmsghdr *)segment;
    *header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(uint16_t)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
    *(uint16_t *)CMSG_DATA(header) = (uint16_t)length_bytes;
    struct iovec run = {.iov_base = out, .iov_len = (size_t)(count * length_bytes)};
    struct msghdr message = {.msg_iov = &run, .msg_iovlen = 1};
    if (count > 1) {
        message.msg_control = segment;
        message.msg_controllen = sizeof segment;
    }
    static unsigned turn;
    uint64_t now = now_ns();
    for (int i = 0; i < count; i++) {
        uint64_t fields[2] = {first_counter + sent + (unsigned)i, now};
        memcpy(out + i * length_bytes + COUNTER_AT, fields, sizeof fields);
    }
    sent += (unsigned)count;
    turn++;
    for (int i = 0; i < from_count; i++)
        if (sendmsg(from[(turn + (unsigned)i) % (unsigned)from_count], &message, MSG_DONTWAIT) < 0) unsent++;
}

static void take(const unsigned char *packet, uint64_t now) {
    uint64_t fields[2];
    memcpy(fields, packet + COUNTER_AT, sizeof fields);
    uint64_t number = fields[0] - first_counter;
    if (number >= MOST_PACKETS || (seen[number / 64] >> (number % 64) & 1) != 0) return;
    seen[number / 64] |= 1ull << (number % 64);
    unique++;
    if (delay_count < delay_room) delays[delay_count++] = (uint32_t)(now - fields[1]);
}

/* Takes all that has come to the sinks. Returns whether there was anything. */
static int receive_all(void) {
    struct epoll_event events[MOST_PORTS];
    int ready = epoll_wait(epoll, events, MOST_PORTS, 0);
    for (int e = 0; e < ready; e++) {
        unsigned sink = events[e].data.u32;
        for (int i = 0; i < MESSAGES; i++) {
            received[i].msg_hdr.msg_namelen = sizeof senders[i];
            received[i].msg_hdr.msg_controllen = CONTROL_SPACE;
        }
        int count = recvmmsg(sinks[sink], received, MESSAGES, MSG_DONTWAIT, NULL);
        uint64_t now = last_arrival_ns = now_ns();
        for (int i = 0; i < count; i++) {
            int length = (int)received[i].msg_len, step = length;
            struct msghdr *message = &received[i].msg_hdr;
            for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at))
                if (at->cmsg_level == SOL_UDP && at->cmsg_type == UDP_GRO) step = *(int *)CMSG_DATA(at);
            for (int at = 0; at + SMALLEST <= length; at += step) {
                copies[sink]++;
                take(in + (size_t)i * SLOT + at, now);
            }
        }
    }
    return ready > 0;
}

/* A server's session opens when WireGuard answers: the first packet that comes is answered, from the sink. */
static void open_session(void) {
    uint64_t give_up = now_ns() + OPEN_WITHIN_NS, again = 0;
    while (!receive_all()) {
        if (now_ns() > give_up) errno = 0, fail("get a packet through the relay");
        if (now_ns() > again) send_run(1), again = now_ns() + SETTLE_NS;
    }
    sendto(sinks[0], out, SMALLEST, MSG_DONTWAIT, (struct sockaddr *)&senders[0], sizeof senders[0]);
}

static void drain(void) {
    last_arrival_ns = now_ns();
    while (now_ns() - last_arrival_ns < SETTLE_NS) receive_all();
}

static void send_for(uint64_t duration_ns, double per_second, int is_even) {
    uint64_t start = now_ns(), before = sent, now;
    int most = MOST_BYTES / length_bytes < MOST_SEGMENTS ? MOST_BYTES / length_bytes : MOST_SEGMENTS;
    while ((now = now_ns()) < start + duration_ns) {
        if (per_second == 0) {
            send_run(most);
        } else {
            uint64_t at = is_even ? now - start : (now - start) / BURST_NS * BURST_NS;
            uint64_t due = (uint64_t)((double)at * per_second / 1e9);
            while (sent - before < due) {
                uint64_t owed = due - (sent - before);
                send_run(is_even ? 1 : owed < (unsigned)most ? (int)owed : most);
            }
        }
        receive_all();
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t delay_at(double share) {
    uint64_t at = (uint64_t)((double)delay_count * share);
    return delay_count == 0 ? 0 : delays[at < delay_count ? at : delay_count - 1];
}

int main(int argc, char **argv) {
    if (argc != 11) {
        fprintf(stderr, "Usage: load PID LENGTH PER_SECOND WARM_S SECONDS TO PACE FROM,... SINK,... TAKE\n");
        return 2;
    }
    int pid = atoi(argv[1]);
    double per_second = atof(argv[3]), warm_s = atof(argv[4]), seconds = atof(argv[5]);
    int is_even = strcmp(argv[7], "even") == 0;
    length_bytes = atoi(argv[2]);
    /* Counters have to rise from one run to the next, as they do in one tunnel. */
    first_counter = now_ns() >> 8;
    set_up_memory((uint64_t)(per_second * (seconds + warm_s)) + 1000);
    open_sockets(atoi(argv[6]), argv[8], argv[9], strcmp(argv[10], "runs") == 0);
    open_session();
    send_for((uint64_t)(warm_s * 1e9), per_second, is_even);
    drain();

    uint64_t sent_before = sent, unique_before = unique;
    memset(copies, 0, sizeof copies);
    delay_count = 0;
    unsent = 0;
    struct usage before = usage_of(pid);
    uint64_t start = now_ns();
    send_for((uint64_t)(seconds * 1e9), per_second, is_even);
    uint64_t in_time = unique - unique_before, elapsed = now_ns() - start;
    struct usage at_end = usage_of(pid);
    drain();
    struct usage after = usage_of(pid);

    printf("{\"sent\":%llu,\"unsent\":%llu,\"unique\":%llu,\"uniqueInTime\":%llu,\"elapsedNs\":%llu,\"copies\":[",
           (unsigned long long)(sent - sent_before), (unsigned long long)unsent,
           (unsigned long long)(unique - unique_before), (unsigned long long)in_time, (unsigned long long)elapsed);
    for (int i = 0; i < sink_count; i++) printf("%s%llu", i > 0 ? "," : "", (unsigned long long)copies[i]);
    printf("],\"cpuNs\":%llu,\"busyNs\":%llu,\"userTicks\":%llu,\"systemTicks\":%llu,\"sleeps\":%llu",
           (unsigned long long)(after.all_ns - before.all_ns), (unsigned long long)(at_end.all_ns - before.all_ns),
           (unsigned long long)(after.user_ticks - before.user_ticks),
           (unsigned long long)(after.system_ticks - before.system_ticks),
           (unsigned long long)(after.sleeps - before.sleeps));
    if (per_second > 0) {
        qsort(delays, delay_count, sizeof *delays, by_size);
        printf(",\"delaysNs\":{\"p50\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u}", delay_at(0.5), delay_at(0.99),
               delay_at(0.999), delay_at(1));
    }
    puts("}");
    return 0;
}
