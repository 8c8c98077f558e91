/*
 * What a process has used so far, read from /proc. A thread that ends between two readings takes its share along.
 * Source: proc(5), schedstat, stat and status of a task.
 */
#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_file(int pid, const char *task, const char *name) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task/%s/%s", pid, task, name);
    return fopen(path, "r"); /* NULL: the thread has ended meanwhile */
}

static void add_schedstat(struct usage *sum, FILE *file) {
    unsigned long long ns;
    if (fscanf(file, "%llu", &ns) == 1) sum->all_ns += ns;
}

static void add_stat(struct usage *sum, FILE *file) {
    char line[1024], *rest;
    unsigned long long user, system;
    /* The name, in brackets, may hold anything. */
    if (fgets(line, sizeof line, file) == NULL || (rest = strrchr(line, ')')) == NULL) return;
    if (sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2) return;
    sum->user_ticks += user;
    sum->system_ticks += system;
}

static void add_status(struct usage *sum, FILE *file) {
    char line[1024];
    unsigned long long sleeps;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %llu", &sleeps) == 1) sum->sleeps += sleeps;
}

struct usage usage_of(int pid) {
    static const struct {
        const char *name;
        void (*add)(struct usage *, FILE *);
    } files[] = {{"schedstat", add_schedstat}, {"stat", add_stat}, {"status", add_status}};
    struct usage sum = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) {
        fprintf(stderr, "Cannot read what process %d uses: it has ended\n", pid);
        exit(1);
    }
    for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
        if (task->d_name[0] == '.') continue;
        for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
            FILE *file = open_file(pid, task->d_name, files[i].name);
            if (file == NULL) continue;
            files[i].add(&sum, file);
            fclose(file);
        }
    }
    closedir(tasks);
    return sum;
}
