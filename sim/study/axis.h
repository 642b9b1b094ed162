/* axis.h - one value of a scenario that a sweep goes through, as the command line names it:
 *   /system/httpd/retry=1s,5s,10s         a list; commas within brackets do not separate
 *   /load/users/rate=500..3000/6          six numbers, evenly, both ends included
 *   /system/wildfly/cpu=lognormal(mean={1.2..2.0/5}ms, sigma=0.6)   the same within a text
 *   rate=500..3000/6                      the offered load as a whole (rate.h) */
#pragma once

#include "sim/study/rate.h"

#define AXIS_MOST 200

typedef struct Axis {
    char *pointer; /* or "rate" */
    guint count;
    char **texts;    /* of each value, as --set takes it */
    double *numbers; /* of each value; its rank when it is no number */
    bool is_range;
    char *before, *after; /* of the number within the text */
} Axis;

/* Reads one. NULL and `error` with what is wrong. */
Axis *axis_parse(const char *text, GError **error);
void axis_free(Axis *axis);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Axis, axis_free)

/* Adds what sets value `index` to `sets` (of char *, which frees them); `rate` is for "rate". */
void axis_add_sets(const Axis *axis, guint index, const Rate *rate, GPtrArray *sets);

/* The same at a share from 0 (the first value) to 1 (the last): between them for a range, the
 * nearest value of a list. */
void axis_add_share(const Axis *axis, double share, const Rate *rate, GPtrArray *sets);
