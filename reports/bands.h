/* bands.h - one series over time for each replication, folded together: their mean, smallest and
 * largest value in each step. */
#pragma once

#include <glib.h>

typedef struct Bands {
    guint count; /* of steps */
    double *sums, *lows, *highs;
    guint *known; /* replications that had a value in this step */
} Bands;

Bands *bands_new(guint count);
void bands_free(Bands *bands);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bands, bands_free)

/* Adds a replication's series of `count` values; NAN where there was nothing. */
void bands_fold(Bands *bands, const double *values);

/* NAN where no replication had a value. */
double bands_mean(const Bands *bands, guint step);
double bands_low(const Bands *bands, guint step);
double bands_high(const Bands *bands, guint step);
