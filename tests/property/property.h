/* property.h - a property of scenarios that nobody wrote: holds it for each that a seed makes up,
 * and shows the smallest one for which it does not. PROPERTY_TIMES=10 tries ten times as many. */
#pragma once

#include <stdint.h>

#include "tests/property/trial.h"

/* What a property says of a scenario: NULL when it holds, or what differs. Of a scenario that is
 * refused, or becomes so by the change, it says nothing but `*is_refused`. */
typedef char *PropertyCheck(const cJSON *scenario, bool *is_refused);

typedef struct Property {
    const char *name;
    cJSON *(*make)(uint64_t seed);
    PropertyCheck *check;
    guint cases;
} Property;

/* Fails the test with the smallest scenario that breaks it, or when too many are refused: a
 * generator of such proves nothing. A sanitizer's build tries a quarter. */
void property_hold(const Property *property);

/* Replication `run` of it, or NULL when it is refused, as `*is_refused` says, or breaks a law of
 * its own run, which fails any property. Caller frees. */
Trial *property_run(const cJSON *scenario, int run, bool *is_refused);

/* The same of two, of which both must end. Caller frees the trials. */
bool property_run_both(const cJSON *one, const cJSON *other, Trial **first, Trial **second,
                       bool *is_refused);

/* One measured value: what it is, in which interval, and how much. */
typedef struct Measured {
    char *what;
    double time_ns, value;
} Measured;

/* The rows of `sql`, which selects a text and two numbers. Caller unrefs. */
GArray *property_measure(const Trial *trial, const char *sql);
