/* quick_log.h - logarithms that are nearly right, for results that are rounded anyway.
 * Whoever uses them adds QUICK_LOG_DOUBT in both directions: where both sums round alike, fixed_log
 * would have given the same, bit for bit, and where they do not it is asked. An event's time waits
 * for its draw, so what counts is the longest chain: no division, and three steps after the table.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#define QUICK_LOG_BITS 9

/* More than how far this and fixed_log together are from the truth: this one leaves out r^4/4,
 * which is below 2^-42; fixed_log is off by less than 2^-46 for logarithms down to -37. */
#define QUICK_LOG_DOUBT 0x1p-40

typedef struct QuickLogEntry {
    double inverse;   /* of the middle of an interval of [1, 2) */
    double logarithm; /* of 1 / inverse */
} QuickLogEntry;

extern const QuickLogEntry quick_log_entries[1 << QUICK_LOG_BITS];

/* -factor * log(whole / 2^53) for 1 <= whole < 2^53. whole = 2^e m, and m times the inverse is
 * 1 + r with |r| <= 2^-10. */
static inline double quick_log_times(double factor, int64_t whole)
{
    double x = (double)whole, m, r, start;
    uint64_t bits, fraction;
    const QuickLogEntry *entry;

    memcpy(&bits, &x, sizeof(bits));
    entry = &quick_log_entries[bits >> (52 - QUICK_LOG_BITS) & ((1 << QUICK_LOG_BITS) - 1)];
    fraction = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000);
    memcpy(&m, &fraction, sizeof(m));
    start = (double)((int32_t)(bits >> 52) - (1023 + 53)) * 0x1.62e42fefa39efp-1 + entry->logarithm;
    r = m * entry->inverse - 1;
    return -factor * start - factor * (r + r * r * (-1.0 / 2 + r * (1.0 / 3)));
}
