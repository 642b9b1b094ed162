/* fault.h - the faults a scenario can name in "func": one row each, with the arguments it reads,
 * what it acts on and the effect it has. No model knows a fault by name; models feel the effect. */
#pragma once

#include "sim/config/field.h"
#include "sim/world/effect.h"

/* What a fault's target picks. */
typedef enum FaultScope {
    FAULT_ON_HOSTS,     /* hosts: by dc, role, node */
    FAULT_ON_PROCESSES, /* components on hosts: "process" of the target or argument names the kind
                         */
    FAULT_ON_LINKS,     /* links: target.link, or all WAN links that cross the target's dc */
    FAULT_ON_LOAD,      /* clients: by group (load entry) or all */
    FAULT_ON_CHECKERS,  /* health checkers */
    FAULT_ON_ALL,       /* everything: sim.heal-all */
} FaultScope;

typedef struct FaultDef {
    const char *func, *help;
    const char
        *bites; /* what must be true of a target for the fault to have bitten it, for reports */
    FaultScope scope;
    size_t size; /* of the arguments struct */
    const Field *arguments;
    /* The effect on a target of the direction it was picked for (links: true for the way there). */
    Effect (*effect)(const void *arguments, bool forward);
    /* Whether the backward links are hit too (FAULT_ON_LINKS), whether LAN links count; may be
     * NULL. */
    bool (*is_both_ways)(const void *arguments);
    bool is_heal; /* takes effects away instead */
    bool needs_duration;
} FaultDef;

/* All rows, ends with a row whose func is NULL. */
extern const FaultDef fault_defs[];

/* The row called `func`, or NULL. */
const FaultDef *fault_find(const char *func);

/* How long until a supervisor restarts what the fault took down ("restart_after" of node.crash,
 * process.kill), drawn by the caller from the law; an empty Draw when the fault lasts for its
 * duration. */
Draw fault_restart_after(const FaultDef *fault, const void *arguments);
