/* summary.h - what a person reads after a run: checks, margins, verdict, and how to repeat it. */
#pragma once

#include <stdio.h>

#include "sim/results/results_read.h"

typedef struct SummaryNotes {
    const char *target; /* output directory, for "open ..." */
    double spent_s;     /* of wall time */
    bool has_colour;
    char *repeat;
} SummaryNotes;

/* A note, indented, in lines of at most 100 columns. */
void summary_print_note(FILE *to, const char *text);

/* Prints at most 100 columns. */
void summary_print(Results *results, const SummaryNotes *notes, FILE *to);
