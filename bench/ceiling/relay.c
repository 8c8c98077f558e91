/*
 * The ceiling of one way: a relay that makes the system calls of the Linux engine (engine.h) and does nothing else. No
 * check, no filter, no counting, so that the difference to it is what the engine and the relay core add. What comes
 * back on the sending sockets is received and thrown away.
 * Usage: relay client PORT PATH_PORT...       from WireGuard's side, a copy to each path
 *        relay server PORT WIREGUARD_PORT     from the network; late copies are passed on as well
 * Everything is on 127.0.0.1. Prints "ready". Ends on SIGTERM.
 */
#include "engine.h"

#define LOOPBACK "127.0.0.1"

int main(int argc, char **argv) {
    int is_server = argc == 4 && strcmp(argv[1], "server") == 0;
    int paths[MOST_PATHS], path_count = argc - 3;
    if (!is_server && (argc < 4 || strcmp(argv[1], "client") != 0 || path_count > MOST_PATHS)) {
        fprintf(stderr, "Usage: relay client PORT PATH_PORT... | relay server PORT WIREGUARD_PORT\n");
        return 2;
    }
    set_up_memory();
    int epoll = open_epoll();
    int listening = open_listening(address_of(LOOPBACK, argv[2]), is_server);
    watch(epoll, listening);
    for (int i = 0; i < path_count; i++) {
        struct sockaddr_in address = address_of(LOOPBACK, argv[3 + i]);
        paths[i] = is_server ? open_connected(NULL, address, WIREGUARD_BUFFER, WIREGUARD_BUFFER)
                             : open_connected(NULL, address, PATH_RECEIVE, PATH_SEND);
        watch(epoll, paths[i]);
    }
    puts("ready");
    fflush(stdout);

    struct epoll_event events[EVENTS];
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, LONGEST_WAIT_MS);
        for (int i = 0; i < ready; i++) {
            if (receive(events[i].data.fd, NULL) <= 0 || events[i].data.fd != listening) continue;
            for (int path = 0; path < path_count; path++) send_groups(paths[path]);
        }
    }
}
