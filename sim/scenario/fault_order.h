/* fault_order.h - actions in which an operator tells a process what to do, in place of breaking it:
 * rows of the same table as faults. What comes of an order is the model's. */
#pragma once

#include "sim/scenario/fault.h"

/* What each of them reads; `dead` stands in ops.replace only, the flags in ops.repair, `adds` and
 * `drops` in ops.alter-schema. */
typedef struct OrderArguments {
    char *process, *dead, *adds, *drops;
    bool full, primary_range;
} OrderArguments;

extern const Field order_fields[], replace_fields[], repair_order_fields[], alter_fields[];

/* A row of fault_defs. */
#define FAULT_ORDER(name, fields, effect_of, text)                                                 \
    {                                                                                              \
        .func = name, .help = text, .bites = "the process was running",                            \
        .scope = FAULT_ON_PROCESSES, .size = sizeof(OrderArguments), .arguments = fields,          \
        .effect = effect_of                                                                        \
    }

Effect order_effect_repair(const void *arguments, bool forward);
Effect order_effect_alter(const void *arguments, bool forward);
Effect order_effect_stop(const void *arguments, bool forward);
Effect order_effect_drain(const void *arguments, bool forward);
Effect order_effect_join(const void *arguments, bool forward);
Effect order_effect_replace(const void *arguments, bool forward);
Effect order_effect_leave(const void *arguments, bool forward);
