/* options_study.h - flags of the commands that ask one question of many variants: diff, sweep,
 * capacity. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct StudyFlags {
    char **with;    /* diff: what only the second side sets */
    char **metrics; /* "http_req_duration p(99) 3%" */
    char **over;    /* sweep: "POINTER=a,b,c" or "POINTER=a..b/n" */
    char *rate;     /* which value is the offered load */
    char *intent, *prices;
    double from, to, width; /* rates; half-width of the capacity as a share */
    int n_minus;            /* below 0: not given */
    int most, trajectories, budget;
    gboolean is_sensitivity;
} StudyFlags;

/* Adds the flags to what GLib reads into `flags`. */
void options_study_add(GOptionContext *context, StudyFlags *flags);

/* False and `error` when a value makes no sense. */
bool options_study_check(const StudyFlags *flags, GError **error);

/* Appends the flags that were given, as one would type them again: " --over rate=1..3/3". */
void options_study_print(const StudyFlags *flags, GString *text);
void options_study_clear(StudyFlags *flags);
