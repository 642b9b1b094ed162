/* unit.h - sizes, rates, ratios and their units, as a user writes them. Spans are read by
 * sim_time.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "4GiB", "40GB", "512B": binary units KiB..PiB, decimal kB..PB. False, `bytes` untouched, without
 * a unit. */
bool unit_parse_bytes(const char *text, int64_t *bytes);

/* "400/s", "24000/min", "1.5/h", "400 per s": events a second. */
bool unit_parse_rate(const char *text, double *per_s);

/* "1024KiB/s" or "200Mbit/s": bytes a second. */
bool unit_parse_byte_rate(const char *text, double *bytes_per_s);

/* "2%" or "0.02": 0.02; must lie from 0 to 1. */
bool unit_parse_ratio(const char *text, double *ratio);

/* "2.5", "-3", "1e6": a finite decimal number, nothing else. */
bool unit_parse_number(const char *text, double *value);

/* "400", "-1": a whole number within 64 bits. */
bool unit_parse_count(const char *text, int64_t *count);

/* Shortest exact notation; caller frees. */
char *unit_print_bytes(int64_t bytes);
char *unit_print_number(double value);
