/*
 * The system calls of the Linux engine (src/linux) in C, for the two ceilings, relay.c and tunnel.c: what is set up,
 * and how is waited, received, grouped and sent, is the same there and here. What is decided is left to them.
 * In a header, so that the compiler sees all of a program at once.
 * Sources: recvmmsg(2), sendmmsg(2), epoll(7), udp(7), socket(7), ip(7).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* As in receiver.ts. */
#define MESSAGES 64
#define SEGMENTS 128
#define LONGEST_MESSAGE 65536
#define SLOT (LONGEST_MESSAGE + 33 * 64)
#define CONTROL_SPACE 128
#define CACHED_BYTES (512 * 1024)
/* As in groups.ts. */
#define MOST_SEGMENTS 64
#define MOST_BYTES 65000
/* As in poller.ts, engine.ts and udp-socket.ts. */
#define EVENTS 64
#define LONGEST_WAIT_MS 1000
#define PATH_RECEIVE (4 << 20)
#define PATH_SEND (256 << 10)
#define WIREGUARD_BUFFER (1 << 20)

#define MOST_PATHS 31
#define ENTRIES (MESSAGES * SEGMENTS)

/* Control data of a group: the segment size, then the address to send from, each a whole cmsg. */
#define SEGMENT_SPACE CMSG_SPACE(sizeof(uint16_t))
#define FROM_SPACE CMSG_SPACE(sizeof(struct in_pktinfo))

static unsigned char *memory;
static struct sockaddr_in names[MESSAGES];
static struct mmsghdr received[MESSAGES];
static struct iovec slots[MESSAGES];
static _Alignas(8) char control_in[MESSAGES][CONTROL_SPACE];
static int received_count;

static struct mmsghdr groups[ENTRIES];
static struct iovec pieces[ENTRIES];
static _Alignas(8) char control_out[ENTRIES][SEGMENT_SPACE + FROM_SPACE];
static int group_count;

static inline void fail(const char *what) {
    fprintf(stderr, "Cannot %s: %s\n", what, strerror(errno));
    exit(1);
}

static inline struct sockaddr_in address_of(const char *host, const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    errno = EINVAL;
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) fail("read an address");
    return address;
}

static inline void set(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

static inline void size_buffers(int fd, int receive, int send) {
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof send) < 0) set(fd, SOL_SOCKET, SO_SNDBUF, send);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) < 0)
        set(fd, SOL_SOCKET, SO_RCVBUF, receive);
}

static inline int open_udp(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("open a socket");
    return fd;
}

/* As in udp-socket.ts, openConnected(). `device` may be NULL. */
static inline int open_connected(const char *device, struct sockaddr_in address, int receive, int send) {
    int fd = open_udp();
    if (device != NULL && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1) < 0)
        fail("bind to a device");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    set(fd, SOL_UDP, UDP_GRO, 1);
    size_buffers(fd, receive, send);
    return fd;
}

/* As in engine.ts, openListening(), and egress.ts, open(). */
static inline int open_listening(struct sockaddr_in address, int is_server) {
    int fd = open_udp();
    if (is_server) {
        set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    }
    set(fd, SOL_UDP, UDP_GRO, 1);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("listen");
    if (is_server) {
        struct sock_filter first = {.code = BPF_RET | BPF_K, .k = 0};
        struct sock_fprog program = {.len = 1, .filter = &first};
        setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
        size_buffers(fd, PATH_RECEIVE, PATH_SEND);
    } else {
        size_buffers(fd, WIREGUARD_BUFFER, WIREGUARD_BUFFER);
    }
    return fd;
}

static inline void reset(int message) {
    received[message].msg_hdr.msg_namelen = sizeof names[message];
    received[message].msg_hdr.msg_controllen = CONTROL_SPACE;
}

static inline void set_up_memory(void) {
    memory = mmap(NULL, (size_t)MESSAGES * SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("get memory");
    for (int i = 0; i < MESSAGES; i++) {
        slots[i] = (struct iovec){.iov_base = memory + (size_t)i * SLOT, .iov_len = LONGEST_MESSAGE};
        received[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i], .msg_iov = &slots[i], .msg_iovlen = 1, .msg_control = control_in[i]};
        reset(i);
    }
    for (int i = 0; i < ENTRIES; i++) {
        struct cmsghdr *header = (struct cmsghdr *)control_out[i];
        *header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof(uint16_t)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
    }
}

/* What the kernel told of a received message, NULL when it did not. */
static inline void *told(int message, int level, int type) {
    struct msghdr *header = &received[message].msg_hdr;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at))
        if (at->cmsg_level == level && at->cmsg_type == type) return CMSG_DATA(at);
    return NULL;
}

/*
 * Takes what waits on `fd`, and lays it out as runs of equal datagrams (groups.ts), without those that `passes`
 * refuses; it may be NULL. Returns messages taken.
 */
static inline int receive(int fd, int (*passes)(const unsigned char *datagram, int length)) {
    for (int i = 0; i < received_count; i++) reset(i);
    static int most = MESSAGES;
    int count = recvmmsg(fd, received, (unsigned)most, MSG_DONTWAIT, NULL);
    int taken = 0;
    int is_open = 0, used = 0, segments = 0, bytes = 0, size = 0;
    unsigned char *end = NULL;
    received_count = count;
    group_count = 0;
    for (int i = 0; i < count; i++) {
        int length = (int)received[i].msg_len;
        taken += length;
        int *segment = told(i, SOL_UDP, UDP_GRO); /* of a run; a lone datagram has none */
        int step = segment != NULL ? *segment : length;
        unsigned char *start = slots[i].iov_base;
        for (int at = 0; at < length; at += step) {
            int rest = length - at < step ? length - at : step;
            if (passes != NULL && !passes(start + at, rest)) continue;
            if (!is_open || rest > size || segments == MOST_SEGMENTS || bytes + rest > MOST_BYTES) {
                groups[group_count].msg_hdr = (struct msghdr){.msg_iov = &pieces[used]};
                group_count++;
                segments = bytes = 0;
                size = rest;
                is_open = 1;
                end = NULL;
            }
            struct msghdr *group = &groups[group_count - 1].msg_hdr;
            if (start + at == end) {
                pieces[used - 1].iov_len += (size_t)rest;
            } else {
                pieces[used++] = (struct iovec){.iov_base = start + at, .iov_len = (size_t)rest};
                group->msg_iovlen++;
            }
            end = start + at + rest;
            bytes += rest;
            if (++segments == 2) { /* a run: it needs the segment size */
                char *control = control_out[group_count - 1];
                *(uint16_t *)CMSG_DATA((struct cmsghdr *)control) = (uint16_t)size;
                group->msg_control = control;
                group->msg_controllen = SEGMENT_SPACE;
            }
            if (rest < size) is_open = 0;
        }
    }
    if (taken > 0) most = (CACHED_BYTES * count + taken - 1) / taken;
    if (most > MESSAGES) most = MESSAGES;
    return count;
}

/* Never waits: what the socket does not take at once is dropped. */
static inline void send_groups(int fd) {
    for (int at = 0; at < group_count;) {
        int sent = sendmmsg(fd, groups + at, (unsigned)(group_count - at), MSG_DONTWAIT);
        if (sent > 0) at += sent;
        else if (errno != EINTR) return;
    }
}

static inline void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("wait for a socket");
}

/* As in engine.ts: what is waited with, and the descriptor that wakes it. */
static inline int open_epoll(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    return epoll;
}
