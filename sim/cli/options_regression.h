/* options_regression.h - flags of the commands that compare with earlier results, and of those that
 * divide a campaign: baseline, compare, history, plan. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct RegressionFlags {
    char *baseline; /* run: a folder of baselines to compare with */
    char *declare;  /* baseline: why the behaviour was changed on purpose */
    char *commit;   /* history: what was measured */
    int chunks;     /* plan: into how many */
} RegressionFlags;

/* Adds the flags to what GLib reads into `flags`. */
void options_regression_add(GOptionContext *context, RegressionFlags *flags);

/* False and `error` when a value makes no sense. */
bool options_regression_check(const RegressionFlags *flags, GError **error);
void options_regression_clear(RegressionFlags *flags);
