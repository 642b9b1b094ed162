/* export_analysis.h - which kind of experiment a campaign is and how steady, for summary.json. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/results/results_read.h"

/* Adds the object "analysis": the kind, the words that people read, whether means and percentiles
 * are refused, and of each series where MSER-5 finds it steady and what its drift is. */
void export_analysis(Results *results, cJSON *summary);
