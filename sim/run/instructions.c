/* instructions.c - how many instructions this process executes. */
#include "sim/run/instructions.h"

#include <errno.h>
#include <glib.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int instructions_begin(void)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };

    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

uint64_t instructions_read(int counter)
{
    uint64_t count = 0;

    return counter >= 0 && read(counter, &count, sizeof count) == (ssize_t)sizeof count ? count : 0;
}

char *instructions_doubt(void)
{
    int counter = instructions_begin();

    if (counter < 0) {
        return g_strdup_printf("this machine lends no counter of instructions: perf_event_open: %s",
                               g_strerror(errno));
    }
    close(counter);
    return NULL;
}
