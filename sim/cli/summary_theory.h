/* summary_theory.h - closed forms beside simulated figures, as lines for a person. */
#pragma once

#include <stdio.h>

#include "sim/results/results_read.h"

/* Prints nothing when no part of the campaign has a closed form. */
void summary_print_theory(FILE *to, const Results *results);
