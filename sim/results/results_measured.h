/* results_measured.h - which component measured what in a results file. */
#pragma once

#include "sim/results/results_read.h"

typedef struct ResultsPair {
    int metric, component;
} ResultsPair;

/* A set of pairs, only to be looked up in. Caller unrefs. */
GHashTable *results_find_measured(Results *results);
