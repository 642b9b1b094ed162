/* vector_cases.h - reference vectors of closed forms as networks of queues that can be simulated.
 */
#pragma once

#include <cjson/cJSON.h>

#include "tests/support/figures.h"

/* Fills in the case of a vector {id, family, params, expect}. False when queues cannot show it:
 * plain arithmetic, an endless pool, a rare event, clients that resolve on demand. */
bool vector_case_make(const cJSON *vector, FigureCase *test);
