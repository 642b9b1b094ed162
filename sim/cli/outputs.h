/* outputs.h - what --out asks for beside the output directory: copies of its files, what build
 * servers read, and the forms of other programs, made only when they are asked for. */
#pragma once

#include "sim/cli/options.h"
#include "sim/results/results_read.h"
#include "sim/world/component.h"

typedef struct OutputsOrder {
    const Options *options;
    const Scenario *scenario;
    const Kind *const *kinds;
    Results *results;   /* judged */
    const char *target; /* the output directory, whole */
} OutputsOrder;

/* Writes all of them. False and `error` at the first that cannot be written. */
bool outputs_write(const OutputsOrder *order, GError **error);
