/* scenario_kind.h - checks a section of a scenario against the fields of a kind, without a world.
 */
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/world/component.h"

/* Whether required fields may be absent: an overlay leaves them to what lies below. */
typedef enum SectionRole { SECTION_WHOLE, SECTION_OVERLAY } SectionRole;

/* The kind called `name` among `kinds` (ends with NULL), or NULL. */
const Kind *scenario_kind_find(const Kind *const *kinds, const char *name);

/* The first kind of that scope, or NULL. */
const Kind *scenario_kind_of_scope(const Kind *const *kinds, KindScope scope);

/* Reads `tree` through the kind's rows into a struct that is thrown away; mistakes go to `diags`.
 */
void scenario_kind_check(const Kind *kind, const cJSON *tree, SectionRole role, DiagList *diags);

/* Calls `each` for every event that can happen: of faults, hosts and `kinds`, in that order. */
typedef void ScenarioEachNote(void *context, const NoteDef *note);
void scenario_each_note(const Kind *const *kinds, ScenarioEachNote *each, void *context);

/* The event called `name`, or NULL. */
const NoteDef *scenario_kind_note(const Kind *const *kinds, const char *name);

/* The event called `name`; NULL, reported at the value of `node`, when there is none. */
const NoteDef *scenario_kind_event(const Kind *const *kinds, const char *name, const cJSON *node,
                                   DiagList *diags);

/* The number that the kind's row `name` has after `tree` is read; 0 without such a row. Says
 * nothing about mistakes. */
double scenario_kind_number(const Kind *kind, const cJSON *tree, const char *name);
