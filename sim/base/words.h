/* words.h - figures as people read them: with units, thousands separated, no more digits than say
 * something. What is no number is a dash. All in the C locale; callers free. */
#pragma once

#include <glib.h>

#include "sim/base/estimate.h"
#include "sim/base/sim_time.h"

#define WORDS_NONE "–"

/* "2,750" (nearest whole number). */
char *words_count(double count);

/* A value in the unit that results carry: "s" ("642 ms", "12.5 s"), "ratio" ("0.041 %"), "B"
 * ("12.3 MiB"), "1/s" ("2,741", four figures at least), "money" ("134.20"), else a plain number
 * ("3.42"). */
char *words_value(double value, const char *unit);

/* "[38; 44]" with the units of words_value; one end unknown: "at most 44", "at least 38". */
char *words_interval(double low, double high, const char *unit);

/* "41 ms [38; 44]", with units of their own where they differ; the value alone without an interval.
 */
char *words_with_interval(double value, double low, double high, const char *unit);
char *words_estimate(const Estimate *estimate, const char *unit);

/* The interval of an estimate, "[38; 44] *" when it is not reliable; "" without one. */
char *words_range(const Estimate *estimate, const char *unit);

/* "120 s", "120.25 s"; SIM_NEVER is "not before the end". */
char *words_time(SimTime time);

/* "12 %", with its sign. */
char *words_margin(double margin);

/* "2027-03", so many months after `start` ("2026-11-22"); "in 4.2 months" when that is no date; "in
 * over 100 years", "never". */
char *words_month(const char *start, double months);

/* "2027-03 to 2029-12"; "in 4.2 to 9.1 months" when `start` is no date; one of them where both are
 * the same. */
char *words_months(const char *start, double first, double last);

/* words_value, kept in `said` for as long as that lives: for sentences with many figures. */
const char *words_in(GStringChunk *said, double value, const char *unit);

/* "1 replication", "10 replications". */
char *words_plural(guint count, const char *thing);
