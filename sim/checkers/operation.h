/* operation.h - one statement on one datum as it was asked for and answered: what histories are
 * made of, and what checkers look at. */
#pragma once

#include <stdbool.h>

#include "sim/base/sim_time.h"

typedef enum OperationKind {
    OPERATION_READ,
    OPERATION_WRITE,
    OPERATION_DELETE, /* a write of nothing */
    OPERATION_CAS,    /* writes if what it finds is what it wants */
} OperationKind;

typedef enum OperationOutcome {
    OPERATION_UNKNOWN, /* nobody answered, or "timed out": it may have happened, and may yet */
    OPERATION_OK,
    OPERATION_FAIL, /* it has certainly not happened, and will not */
} OperationOutcome;

/* Values are names: each write of a key has one of its own, greater than 0, which who reads it
 * finds again; 0 is what is there before the first write. */
typedef struct Operation {
    uint64_t number; /* rises with the instant of asking */
    uint64_t key, request;
    int64_t value;          /* written, or to be written; 0: nothing */
    int64_t found;          /* of a read: what it was shown; of a CAS: what it was conditional on */
    SimTime invoked, ended; /* SIM_NEVER: not answered */
    const char *through;    /* who coordinated it; outlives the history */
    OperationKind kind;
    OperationOutcome outcome;
    bool is_serial; /* one of those that promise one order */
} Operation;
