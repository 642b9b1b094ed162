/* sim_time.h - instants and spans of simulated time, in whole nanoseconds.
 * A signed 64-bit count reaches 292 years; sums are exact and equality means equality. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef int64_t SimTime; /* an instant: nanoseconds since the run began */
typedef int64_t SimSpan; /* a length in nanoseconds */

#define SIM_NS ((SimSpan)1)
#define SIM_US ((SimSpan)1000)
#define SIM_MS ((SimSpan)1000000)
#define SIM_S ((SimSpan)1000000000)
#define SIM_MIN (60 * SIM_S)
#define SIM_HOUR (60 * SIM_MIN)
#define SIM_DAY (24 * SIM_HOUR)
#define SIM_NEVER INT64_MAX /* an instant that does not come */

/* Room enough for sim_span_print, its terminator included. */
#define SIM_SPAN_TEXT 32

/* Seconds as a double, for reports only: never to decide an event. */
static inline double sim_span_to_s(SimSpan span)
{
    return (double)span / 1e9;
}

/* Nanoseconds nearest to `seconds`, clamped to what a SimSpan can hold. Never fails. */
SimSpan sim_span_from_s(double seconds);

/* Reads "250ms", "1.5s", "2h": a decimal number and a unit out of ns us ms s m min h d, nothing
 * else. False, with `span` untouched, when it is not one or leaves the range; a bare number is not
 * one. */
bool sim_span_parse(const char *text, SimSpan *span);

/* Prints `span` exactly, with the largest unit that divides it well ("1.5s", "250ms", "0s") into
 * `text` of SIM_SPAN_TEXT bytes and returns `text`. What it prints, sim_span_parse reads back
 * unchanged. */
const char *sim_span_print(SimSpan span, char *text);
