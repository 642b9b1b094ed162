/* fault.h - the faults a scenario can name in "func": one row each, with the arguments it reads,
 * what it acts on and the effect it has. No model knows a fault by name; models feel the effect. */
#pragma once

#include "sim/config/field.h"
#include "sim/world/component.h"

/* What a fault's target picks. */
typedef enum FaultScope {
    FAULT_ON_HOSTS,     /* hosts: by dc, role, node */
    FAULT_ON_PROCESSES, /* components on hosts: target.process names the kind */
    FAULT_ON_LINKS,     /* links: target.link, or all WAN links that cross the target's dc */
    FAULT_ON_LOAD,      /* clients: by group (load entry) or all */
    FAULT_ON_CHECKERS,  /* health checkers: see fault_is_region_meant; the reader puts the share of
                           them into mode and value of the target */
    FAULT_ON_KIND,      /* all components of the fault's `kind`, in the regions it names */
    FAULT_ON_ALL,       /* everything: sim.heal-all */
} FaultScope;

typedef struct FaultDef {
    const char *func, *help;
    const char *bites; /* what must be true of a target for the fault to bite it, for reports */
    FaultScope scope;
    bool needs_dc; /* the target must name a dc and nothing smaller */
    size_t size;   /* of the arguments struct; 0 when there are none */
    const Field *arguments;
    /* The effect on a target. For links `forward` is the way from link.from to link.to, or towards
     * the target's dc; EFFECT_NONE means that this way is no target at all. */
    Effect (*effect)(const void *arguments, bool forward);
    /* Whether links between such sites are meant (FAULT_ON_LINKS). NULL: all WAN links are. */
    bool (*is_link_meant)(const void *arguments, SiteType from, SiteType to);
    /* Whether the link between two sites is meant when the target names these data centres
     * (FAULT_ON_LINKS); NULL: as the target says. */
    bool (*is_pair_meant)(const void *arguments, char *const *named, const char *from,
                          const char *to);
    /* Why these arguments do not fit a target that names these data centres (NULL: none), or a
     * single link; NULL: they do. May be NULL. */
    const char *(*refuse)(const void *arguments, char *const *named, bool has_link);
    /* Completes the effect of an application that is to end at `end`. May be NULL. */
    void (*complete)(Effect *effect, SimTime end);
    /* The laws of how long its effect is on and off in turns, on first; NULL: it is on all the
     * time. */
    void (*flaps)(const void *arguments, Draw *on, Draw *off);
    /* What stays on a target after the fault is lifted that lasted so long there; EFFECT_NONE for
     * nothing. May be NULL. */
    Effect (*leaves)(const void *arguments, SimSpan lasted);
    const char *kind;    /* FAULT_ON_KIND: whom it acts on */
    const char *process; /* FAULT_ON_PROCESSES: the only kind that it acts on; NULL: any */
    /* The regions (NULL: all) and the share of the components there that it names; for
     * FAULT_ON_CHECKERS and FAULT_ON_KIND. NULL: all of everywhere. */
    void (*places)(const void *arguments, const char *const **regions, double *share);
    const char *dc_argument; /* the argument that names a data centre, or NULL */
    const char *ip_argument; /* the one that is an IPv4 address, or NULL */
    bool is_heal;            /* takes effects away instead */
    bool needs_duration;
} FaultDef;

/* Walks over all rows: fault_next(NULL) is the first one; NULL after the last. */
const FaultDef *fault_next(const FaultDef *before);

/* What the faults themselves tell history. */
extern const NoteDef fault_notes[];

/* The row called `func`, or NULL. */
const FaultDef *fault_find(const char *func);

/* How long until a supervisor restarts what the fault took down ("restart_after" of node.crash,
 * process.kill), drawn by the caller from the law, which stays the arguments'; an empty Draw when
 * the fault lasts for its duration. */
Draw fault_restart_after(const FaultDef *fault, const void *arguments);

/* How long hosts boot after this fault, in place of what they say themselves; an empty Draw when
 * the hosts decide. */
Draw fault_boot(const FaultDef *fault, const void *arguments);

/* The kind that process.kill names or that the fault is made for, or NULL: then the target does.
 */
const char *fault_process(const FaultDef *fault, const void *arguments);

/* Whether a fault on checkers, or on a kind that stands in regions, means those of `region`; true
 * for other faults. */
bool fault_is_region_meant(const FaultDef *fault, const void *arguments, const char *region);

/* For the reader: the regions (NULL: all) and the share of components that it names; false for
 * faults that name none. */
bool fault_places(const FaultDef *fault, const void *arguments, const char *const **regions,
                  double *share);
