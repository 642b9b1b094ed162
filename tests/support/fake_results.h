/* fake_results.h - a results file as a drill would leave it, made up: a data centre is lost, its
 * users move within seconds, hints pile up and go. The same order gives the same bytes. */
#pragma once

#include <glib.h>

typedef struct FakeOrder {
    guint runs;
    guint seconds; /* measured part; the fault lasts from a fifth to three fifths of it */
    guint rate;    /* requests a second of each of three regions */
    const char
        *title; /* and name of the fault, of the client and of a region: NULL for tame ones */
    const char *verdict; /* of the only check that may not pass */
} FakeOrder;

/* Writes `path`; whatever goes wrong ends the test. */
void fake_results_write(const char *path, const FakeOrder *order);
