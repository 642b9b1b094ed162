/* catalogue.h - everything a scenario can name, one row each, from the tables that the simulator
 * itself uses: faults, checks, metrics, events, kinds, lints. */
#pragma once

#include <glib.h>

#include "sim/world/component.h"

typedef struct CatalogueRow {
    const char *family; /* "faults", "checks", "metrics", "events", "kinds", "lints" */
    const char *name, *help;
    const char *unit;          /* of metrics, or NULL */
    const char *note;          /* what it leaves out, what bites; or NULL */
    const Field *fields;       /* of kinds and faults, or NULL */
    const char *const *labels; /* of events: two, which may be NULL; else NULL */
} CatalogueRow;

/* All rows, by family and then name. Caller unrefs the array of CatalogueRow. */
GArray *catalogue_make(const Kind *const *kinds);
