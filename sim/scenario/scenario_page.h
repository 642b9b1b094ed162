/* scenario_page.h - a scenario told to people: the resolved document, who wrote what, and the
 * reference of everything a scenario can say. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* The resolved document as strict JSON, members in order. Caller frees. */
char *scenario_print(const Scenario *scenario);

/* A line for each value: "/load/users/rate = 2750 (topologies/five-dc.json:40)". Caller frees. */
char *scenario_print_origins(const Scenario *scenario);

/* The reference page in Markdown: the file, the faults, all kinds with fields and metrics, what
 * each model leaves out. Caller frees. */
char *scenario_reference(const Kind *const *kinds);
