/* last_words.c - a handler of SIGABRT, where failed assertions end. It prints with write(2) alone,
 * and returns: abort() then ends the process as if there were no handler. */
#include "sim/run/last_words.h"

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The one mutable global: a signal handler is told nothing but the signal's number. It decides
 * nothing in a run, and stands only while one replication lives. */
static struct {
    const Engine *engine;
    char head[128];
} last_words;

static void on_abort(int signal_number)
{
    (void)signal_number;
    if (write(STDERR_FILENO, last_words.head, strlen(last_words.head)) > 0) {
        engine_print_flight(last_words.engine, STDERR_FILENO);
    }
}

void last_words_begin(const Engine *engine, int run, SimTime start)
{
    struct sigaction action = {.sa_handler = on_abort, .sa_flags = (int)SA_RESETHAND};
    char zero[SIM_SPAN_TEXT];

    g_snprintf(last_words.head, sizeof(last_words.head),
               "dcdrill: replication %d died; its scenario time 0 is time %s of:\n", run,
               sim_span_print(start, zero));
    last_words.engine = engine;
    sigaction(SIGABRT, &action, NULL);
}

void last_words_end(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigaction(SIGABRT, &action, NULL);
    last_words.engine = NULL;
}
