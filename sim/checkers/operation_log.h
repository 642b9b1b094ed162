/* operation_log.h - statements kept in memory until the end of a run, of all keys while they are
 * few and of a sample of keys when they are many: a key is followed whole or not at all. */
#pragma once

#include <glib.h>

#include "sim/checkers/operation.h"

typedef struct OperationLog OperationLog;

/* Keeps at most `most` statements (at least 2). */
OperationLog *operation_log_new(size_t most);
void operation_log_free(OperationLog *log);

/* Whether statements on `key` are wanted. */
bool operation_log_follows(const OperationLog *log, uint64_t key);

/* Keeps a statement that is asked for now, not earlier than those before; its number, to tell the
 * rest with, from 1; 0 when its key is not followed. */
uint64_t operation_log_begin(OperationLog *log, const Operation *operation);

/* The statement of that number; NULL when it is 0 or its key is followed no more. */
Operation *operation_log_get(OperationLog *log, uint64_t number);

/* All that are kept, in order of number. */
const Operation *operation_log_all(const OperationLog *log, size_t *count);

/* One key in so many is followed: 1 when all are. */
uint64_t operation_log_one_in(const OperationLog *log);

/* Even one key was too many: nothing asked for from then on is kept. SIM_NEVER: not so. */
SimTime operation_log_ends(const OperationLog *log);
