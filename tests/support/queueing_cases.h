/* queueing_cases.h - queues that no reference vector has, held against closed forms that are the
 * same for them. */
#pragma once

#include "tests/support/figures.h"

/* Fills in case number `i` and how long to measure it; false when there is none. */
bool queueing_case_make(int i, FigureCase *test);
