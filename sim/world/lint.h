/* lint.h - what can be seen before any run: settings of a world that will hurt somebody, each with
 * the reason. A kind lists its lints in a table; they look at the wired world and at the faults
 * that the scenario plans, and warn at the setting's place in its file. A warning refuses nothing.
 */
#pragma once

#include "sim/world/component.h"

/* One action of the method, with the components that it would hit with the scenario's seed. */
typedef struct LintFault {
    const char *name;
    const cJSON *tree; /* for messages */
    Effect effect;     /* on the first target */
    SimSpan lasts;     /* until it is lifted or a supervisor restarts what fell */
    GPtrArray *targets;
} LintFault;

typedef struct LintDef LintDef;

typedef struct Lint {
    const LintDef *def;
    const World *world;
    const GArray *faults; /* of LintFault, in the order of the method */
    DiagList *diags;
} Lint;

struct LintDef {
    const char *name, *help; /* "hint-window"; what it warns of, with the reason */
    const char *source;
    void (*look)(const Lint *lint);
};
#define LINT_END                                                                                   \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* Warns about `node`, a setting or an action; the lint's name is added. */
void lint_warn(const Lint *lint, const cJSON *node, DiagSide side, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The setting `name` of a component, or its section when it has the default. */
const cJSON *lint_setting(const Component *component, const char *name);

/* Whether the fault takes the component down, or its host. */
bool lint_is_felled(const LintFault *fault, const Component *component);

/* Whether nobody of another site hears it while the fault lasts: it is down or frozen, or all links
 * of its site to other data centres are cut. */
bool lint_is_silenced(const LintFault *fault, const Component *component);
