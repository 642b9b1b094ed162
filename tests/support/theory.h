/* theory.h - a network of textbook queues through the front door: scenario file, reader, assembly,
 * engine; and what its parts measured after the warm-up. */
#pragma once

#include "sim/run/assemble.h"
#include "sim/scenario/scenario_read.h"

/* Ends with NULL; generated. */
extern const Kind *const all_kinds[];

/* A scenario with only "system.queueing", read from a file of its own. */
typedef struct Theory {
    Scenario *scenario;
    DiagList *diags; /* of reading */
    char *path;
} Theory;

/* `queueing` is JSON in which ' stands for ". Times are those of the scenario: "5s". `scenario` is
 * NULL when the reader refused it. */
Theory *theory_new(const char *queueing, const char *warmup, const char *duration);
void theory_free(Theory *theory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Theory, theory_free)

/* All that reading and assembling say, without the file's name. Caller frees. */
char *theory_messages(const char *queueing);

/* An assembled world, started. */
Assembly *theory_start(const Theory *theory, uint64_t seed);

/* A measurement of a part, "station@web"; they must be there. */
uint64_t theory_counter(const Assembly *assembly, const char *part, const char *metric);
Gauge theory_gauge(const Assembly *assembly, const char *part, const char *metric);
Histogram *theory_histogram(const Assembly *assembly, const char *part, const char *metric);
