/*
 * The ceiling of a tunnel: carries one WireGuard tunnel both ways with the system calls of the Linux engine (engine.h),
 * and decides no more than it must: which copy is the first, and where answers go. No check, no counting, and everybody
 * is believed.
 * Usage: tunnel client PORT DEVICE=ADDRESS:PORT...   PORT on 127.0.0.1 is WireGuard's; a path for each device
 *        tunnel server PORT WIREGUARD_PORT           WireGuard on 127.0.0.1; paths are the addresses heard from
 * Prints "ready". Ends on SIGTERM.
 * Sources: WireGuard's white paper, 5.4.6, for receiver index and counter; RFC 6479 for the window.
 */
#include "engine.h"

#define DATA 4
#define INDEX_AT 4
#define COUNTER_AT 8
#define SHORTEST 32
/* WireGuard itself takes nothing that is later than 8,128 packets. */
#define WINDOW_WORDS 128
/* A handshake, every two minutes, begins another; the one before goes on for a while. */
#define WINDOWS 8
#define HANDSHAKES 8

/* Which packets to one receiver index have been seen: a bit for each of the last counters. */
struct window {
    uint32_t index;
    uint64_t newest_word, seen[WINDOW_WORDS];
};

/* Where packets go. `to` is empty on a connected socket; `from`, where the route chooses. */
struct way {
    int fd;
    struct sockaddr_in to;
    struct in_pktinfo from;
};

static struct window windows[WINDOWS];
static unsigned windows_used;
static struct way wireguard, paths[MOST_PATHS];
static int path_count, listening;
static unsigned turn;

static struct window *window_of(uint32_t index) {
    for (unsigned i = 0; i < WINDOWS && i < windows_used; i++)
        if (windows[i].index == index) return &windows[i];
    struct window *window = &windows[windows_used++ % WINDOWS];
    *window = (struct window){.index = index};
    return window;
}

/* Of a handshake a copy is no harmless repetition: wireguard-go works on two at once, and may answer both. */
static int is_first_handshake(const unsigned char *packet, int length) {
    static unsigned char ends[HANDSHAKES][SHORTEST]; /* the MACs, other ones in each message */
    static unsigned count;
    const unsigned char *end = packet + length - SHORTEST;
    for (int i = 0; i < HANDSHAKES; i++)
        if (memcmp(ends[i], end, SHORTEST) == 0) return 0;
    memcpy(ends[count++ % HANDSHAKES], end, SHORTEST);
    return 1;
}

static int is_first(const unsigned char *packet, int length) {
    if (length < SHORTEST) return 1;
    if (packet[0] != DATA) return is_first_handshake(packet, length);
    uint32_t index;
    uint64_t counter;
    memcpy(&index, packet + INDEX_AT, sizeof index);
    memcpy(&counter, packet + COUNTER_AT, sizeof counter);
    struct window *window = window_of(index);
    uint64_t word = counter / 64, bit = 1ull << counter % 64;
    if (word + WINDOW_WORDS <= window->newest_word) return 0;
    if (word > window->newest_word + WINDOW_WORDS) window->newest_word = word - WINDOW_WORDS;
    while (window->newest_word < word) window->seen[++window->newest_word % WINDOW_WORDS] = 0;
    uint64_t *seen = &window->seen[word % WINDOW_WORDS];
    if ((*seen & bit) != 0) return 0;
    *seen |= bit;
    return 1;
}

/* Sends what was laid out. As in groups.ts, address(). */
static void send_by(const struct way *way) {
    struct cmsghdr from = {
        .cmsg_len = CMSG_LEN(sizeof way->from), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    int has_from = way->from.ipi_spec_dst.s_addr != 0;
    for (int i = 0; way->to.sin_port != 0 && i < group_count; i++) {
        struct msghdr *group = &groups[i].msg_hdr;
        char *control = control_out[i], *from_at = control + SEGMENT_SPACE;
        int is_run = group->msg_control == control;
        group->msg_name = (void *)&way->to;
        group->msg_namelen = sizeof way->to;
        if (!has_from) continue;
        memcpy(from_at, &from, sizeof from);
        memcpy(CMSG_DATA((struct cmsghdr *)from_at), &way->from, sizeof way->from);
        group->msg_control = is_run ? control : from_at;
        group->msg_controllen = (is_run ? SEGMENT_SPACE : 0) + FROM_SPACE;
    }
    send_groups(way->fd);
}

/* As in egress.ts: a socket for each interface that answers leave by, the first of them the listening one. */
static int egress_for(int interface) {
    static int interfaces[MOST_PATHS], fds[MOST_PATHS], count;
    for (int i = 0; i < count; i++)
        if (interfaces[i] == interface) return fds[i];
    if (count == MOST_PATHS) return listening;
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    getsockname(listening, (struct sockaddr *)&address, &length);
    interfaces[count] = interface;
    fds[count] = count == 0 ? listening : open_listening(address, 1);
    return fds[count++];
}

static int is_same(const struct sockaddr_in *a, const struct sockaddr_in *b) {
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* A message's sender is a path, and answers go there from where the message came to (answer-address.ts). */
static void learn(int message) {
    const struct sockaddr_in *sender = &names[message];
    struct way *path = paths;
    while (path < paths + path_count && !is_same(&path->to, sender)) path++;
    if (path == paths + MOST_PATHS) return;
    if (path == paths + path_count) {
        *path = (struct way){.fd = listening, .to = *sender};
        path_count++;
    }
    const struct in_pktinfo *came = told(message, IPPROTO_IP, IP_PKTINFO);
    if (came == NULL || came->ipi_spec_dst.s_addr == path->from.ipi_spec_dst.s_addr) return;
    path->from = (struct in_pktinfo){.ipi_spec_dst = came->ipi_spec_dst};
    path->fd = egress_for(came->ipi_ifindex);
}

static void from_wireguard(int is_server) {
    int messages = receive(wireguard.fd, NULL);
    if (messages <= 0) return;
    if (!is_server) wireguard.to = names[messages - 1];
    turn++;
    for (int i = 0; i < path_count; i++) send_by(&paths[(turn + (unsigned)i) % (unsigned)path_count]);
}

static void from_network(int fd, int is_server) {
    int messages = receive(fd, is_first);
    for (int i = 0; is_server && i < messages; i++) learn(i);
    send_by(&wireguard); /* fails while nobody knows where a client's is */
}

static int open_path(char *argument) {
    char *device = strtok(argument, "="), *host = strtok(NULL, ":"), *port = strtok(NULL, "");
    errno = EINVAL;
    if (port == NULL) fail("read DEVICE=ADDRESS:PORT");
    return open_connected(device, address_of(host, port), PATH_RECEIVE, PATH_SEND);
}

int main(int argc, char **argv) {
    int is_server = argc == 4 && strcmp(argv[1], "server") == 0;
    if (!is_server && (argc < 4 || strcmp(argv[1], "client") != 0 || argc - 3 > MOST_PATHS)) {
        fprintf(stderr, "Usage: tunnel client PORT DEVICE=ADDRESS:PORT... | tunnel server PORT WIREGUARD_PORT\n");
        return 2;
    }
    set_up_memory();
    int epoll = open_epoll();
    listening = open_listening(address_of(is_server ? "0.0.0.0" : "127.0.0.1", argv[2]), is_server);
    watch(epoll, listening);
    if (is_server) {
        wireguard.fd = open_connected(NULL, address_of("127.0.0.1", argv[3]), WIREGUARD_BUFFER, WIREGUARD_BUFFER);
        watch(epoll, wireguard.fd);
    } else {
        wireguard.fd = listening;
        for (; path_count < argc - 3; path_count++) {
            paths[path_count].fd = open_path(argv[3 + path_count]);
            watch(epoll, paths[path_count].fd);
        }
    }
    puts("ready");
    fflush(stdout);

    struct epoll_event events[EVENTS];
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, LONGEST_WAIT_MS);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == wireguard.fd) from_wireguard(is_server);
            else from_network(events[i].data.fd, is_server);
        }
    }
}
