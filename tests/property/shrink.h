/* shrink.h - the smallest scenario that still fails. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Whether `scenario` still shows what is looked for. */
typedef bool ShrinkTest(const cJSON *scenario, void *context);

/* Takes members and elements out of `scenario`, and makes what stays plainer (numbers and durations
 * smaller, laws constant), as long as `test` holds: afterwards nothing more can be taken out, or
 * `most` tests were made. */
void shrink_scenario(cJSON *scenario, ShrinkTest *test, void *context, unsigned most);
