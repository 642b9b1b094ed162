/* results_phase.h - the phases of a run, and which stretches of it a phase covers. */
#pragma once

#include "sim/results/results_read.h"

/* Names of phases in order of their first begin in any run; "warmup", "settle" and "drain" are
 * among them. Ends with NULL; caller unrefs the array, texts belong to the Results. */
GPtrArray *results_phase_names(const Results *results);

/* A stretch of a run. */
typedef struct ResultsSpan {
    SimTime begin, end;
} ResultsSpan;

/* The stretches of `run` that phase `name` covers, in order. NULL is the measured part: from 0 to
 * the begin of "settle", of "drain", or to the last phase's end. Caller unrefs the array of
 * ResultsSpan; empty when there is no such phase. */
GArray *results_spans(const Results *results, int run, const char *phase);

/* From 0 to the end of "settle": everything that a user could feel. Empty when nothing was run. */
GArray *results_felt_spans(const Results *results, int run);
