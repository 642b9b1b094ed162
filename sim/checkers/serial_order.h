/* serial_order.h - whether the statements on one key can have happened one after the other, each at
 * an instant between question and answer, every read finding what was written last (linearizable:
 * Herlihy and Wing, 1990). Statements without an answer may have happened at any time after their
 * question, or never; failed ones never have.
 *
 * Looks for such an order as Wing and Gong do (1993), with what is known already remembered (Lowe,
 * 2017). Since every write has a value of its own, a read goes as soon as it can, and a value is
 * left only when all that found it have gone; so there is little to choose but among plain writes
 * under way at once. */
#pragma once

#include <glib.h>

#include "sim/checkers/operation.h"

typedef enum SerialAnswer {
    SERIAL_ORDERED,
    SERIAL_IMPOSSIBLE,
    SERIAL_UNDECIDED, /* too many statements at once to try all orders */
} SerialAnswer;

/* `rows`: the statements on one key, in order of their questions. Looked at are serial reads, CAS
 * and all writes; plain reads promise nothing. When `ends` is not SIM_NEVER nothing asked for from
 * then on was recorded: what found a value that nobody wrote is left out. */
SerialAnswer serial_order_judge(const Operation *rows, size_t count, SimTime ends);
