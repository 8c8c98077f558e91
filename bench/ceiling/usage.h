/* What a process has used so far, all its threads together. */
#include <stdint.h>

struct usage {
    uint64_t all_ns;                   /* processor time, exact */
    uint64_t user_ticks, system_ticks; /* its division, by where the clock's ticks found the threads */
    uint64_t sleeps;                   /* how often they went to sleep to wait for something */
};

/* Ends the program when there is no such process. */
struct usage usage_of(int pid);
