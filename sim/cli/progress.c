/* progress.c - how far a campaign is, on standard error. */
#include "sim/cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/run/wall.h"

#define BAR_EVERY_S 0.2
#define LINE_EVERY_S 10.0
#define BAR_CELLS 24

struct Progress {
    ProgressMode mode;
    double began_s, shown_s;
    char phase[48];
    bool has_bar;
};

Progress *progress_new(const Options *options)
{
    Progress *progress = g_new0(Progress, 1);

    progress->mode = options->progress;
    if (options->is_quiet) {
        progress->mode = PROGRESS_NONE;
    } else if (progress->mode == PROGRESS_AUTO) {
        progress->mode = isatty(STDERR_FILENO) != 0 ? PROGRESS_BAR : PROGRESS_PLAIN;
    }
    progress->began_s = wall_seconds();
    return progress;
}

void progress_free(Progress *progress)
{
    g_free(progress);
}

/* All replications together. */
typedef struct Sum {
    double done_ratio, simulated_s;
    uint64_t events, requests, failed;
    const RunProgress *slowest; /* of those that run */
} Sum;

static Sum sum_up(const CampaignState *state)
{
    Sum sum = {0};

    for (guint run = 0; run < state->total; run++) {
        const RunProgress *one = &state->progress[run];

        if (one->run < 0 || one->length == 0) {
            continue;
        }
        sum.done_ratio += (double)one->done / (double)one->length / (double)state->total;
        sum.simulated_s += sim_span_to_s(one->done);
        sum.events += one->events;
        sum.requests += one->requests;
        sum.failed += one->failed;
        if (one->done < one->length && (sum.slowest == NULL || one->done < sum.slowest->done)) {
            sum.slowest = one;
        }
    }
    return sum;
}

static void print_figures(const CampaignState *state, const Sum *sum, double spent_s)
{
    double failed = sum->requests > 0 ? (double)sum->failed / (double)sum->requests : 0.0;
    double left_s = sum->done_ratio > 0.0 ? spent_s / sum->done_ratio - spent_s : 0.0;

    fprintf(stderr,
            "%3.0f%%  t=%.0fs  %s  %u/%u done  %.1fM events/s  x%.0f  failed %.3f%%  %.0fs left",
            100.0 * sum->done_ratio, sum->slowest != NULL ? sim_span_to_s(sum->slowest->time) : 0.0,
            sum->slowest != NULL ? sum->slowest->phase : "", state->finished, state->total,
            (double)sum->events / spent_s / 1e6, sum->simulated_s / spent_s, 100.0 * failed,
            left_s);
}

static void show_bar(Progress *progress, const CampaignState *state, const Sum *sum, double spent_s)
{
    char cells[BAR_CELLS + 1];
    guint full = MIN((guint)(sum->done_ratio * BAR_CELLS), BAR_CELLS);

    memset(cells, '.', BAR_CELLS);
    memset(cells, '#', full);
    cells[BAR_CELLS] = '\0';
    fprintf(stderr, "\r\033[K[%s] ", cells);
    print_figures(state, sum, spent_s);
    fflush(stderr);
    progress->has_bar = true;
}

void progress_show(void *context, const CampaignState *state)
{
    Progress *progress = context;
    double now_s = wall_seconds();
    double spent_s = MAX(now_s - progress->began_s, 1e-3);
    Sum sum = sum_up(state);
    bool is_new_phase = sum.slowest != NULL && strcmp(progress->phase, sum.slowest->phase) != 0;

    if (progress->mode == PROGRESS_NONE || sum.slowest == NULL) {
        return;
    }
    if (progress->mode == PROGRESS_BAR) {
        if (now_s - progress->shown_s >= BAR_EVERY_S) {
            progress->shown_s = now_s;
            show_bar(progress, state, &sum, spent_s);
        }
        return;
    }
    if (now_s - progress->shown_s >= LINE_EVERY_S || (is_new_phase && state->total == 1)) {
        progress->shown_s = now_s;
        g_strlcpy(progress->phase, sum.slowest->phase, sizeof progress->phase);
        print_figures(state, &sum, spent_s);
        fputc('\n', stderr);
    }
}

void progress_end(Progress *progress)
{
    if (progress->has_bar) {
        fputs("\r\033[K", stderr);
        progress->has_bar = false;
    }
}
