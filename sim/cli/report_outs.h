/* report_outs.h - a report in its forms: written beside the results, and copied to where --out asks
 * for it. */
#pragma once

#include "sim/cli/command.h"

/* Reports of `directories` (ends with NULL) into `target`: of studies html, json, csv and txt, of
 * drills alone html and summary.md. False and `error`. */
bool report_outs_write(const char *const *directories, const char *target, GError **error);

/* Prints report.pdf of `target`. False and `error`; a missing browser is said in a word. */
bool report_outs_print(const char *target, GError **error);

/* False and `error` when --out asks for a form that a report has not: `is_study` or of drills. */
bool report_outs_check(const Options *options, bool is_study, GError **error);

/* Copies what --out asks for from `target`; a PDF that is not there is printed. False and `error`.
 */
bool report_outs_copy(const Options *options, const char *target, bool is_study, GError **error);
