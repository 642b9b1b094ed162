/* scenario_kind.c - see scenario_kind.h. */
#include "sim/scenario/scenario_kind.h"

#include "sim/scenario/scenario_names.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

const Kind *scenario_kind_find(const Kind *const *kinds, const char *name)
{
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (strcmp(kinds[i]->name, name) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

const Kind *scenario_kind_of_scope(const Kind *const *kinds, KindScope scope)
{
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (kinds[i]->scope == scope) {
            return kinds[i];
        }
    }
    return NULL;
}

/* A copy of the rows in which nothing is required, nested tables included; kept by `rows`. */
static const Field *relaxed_rows(const Field *fields, GPtrArray *rows)
{
    guint count = 0;
    Field *copy;

    while (fields[count].name != NULL) {
        count++;
    }
    copy = g_new0(Field, count + 1);
    g_ptr_array_add(rows, copy);
    for (guint i = 0; i < count; i++) {
        copy[i] = fields[i];
        copy[i].flags &= ~(unsigned)FIELD_REQUIRED;
        if (copy[i].type == FIELD_TYPE_TABLE) {
            copy[i].more = relaxed_rows(fields[i].more, rows);
        }
    }
    return copy;
}

void scenario_kind_check(const Kind *kind, const cJSON *tree, SectionRole role, DiagList *diags)
{
    static const Field none[] = {FIELD_END};
    const Field *fields = kind->fields == NULL ? none : kind->fields;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
    g_autofree void *scratch = g_malloc0(kind->size);

    field_defaults(fields, scratch);
    field_read(role == SECTION_WHOLE ? fields : relaxed_rows(fields, rows), scratch, tree, diags);
    field_clear(fields, scratch);
}

double scenario_kind_number(const Kind *kind, const cJSON *tree, const char *name)
{
    const Field *field = kind->fields == NULL ? NULL : field_find(kind->fields, name);
    g_autofree void *scratch = g_malloc0(kind->size);
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);
    double number = 0;

    if (field == NULL || field->type != FIELD_TYPE_NUMBER) {
        return 0;
    }
    field_defaults(kind->fields, scratch);
    field_read(kind->fields, scratch, tree, unheard);
    number = *(const double *)(const void *)((const char *)scratch + field->offset);
    field_clear(kind->fields, scratch);
    return number;
}

static void each_of(const NoteDef *notes, ScenarioEachNote *each, void *context)
{
    for (; notes != NULL && notes->name != NULL; notes++) {
        each(context, notes);
    }
}

void scenario_each_note(const Kind *const *kinds, ScenarioEachNote *each, void *context)
{
    each_of(fault_notes, each, context);
    each_of(host_kind.notes, each, context);
    each_of(link_kind.notes, each, context);
    for (guint i = 0; kinds[i] != NULL; i++) {
        each_of(kinds[i]->notes, each, context);
    }
}

/* One that is looked for by name, and all names for a message. */
typedef struct EventSearch {
    const char *name;
    const NoteDef *found;
    GPtrArray *names;
} EventSearch;

static void look_at_note(void *context, const NoteDef *note)
{
    EventSearch *search = context;

    g_ptr_array_add(search->names, (gpointer)note->name);
    if (strcmp(note->name, search->name) == 0) {
        search->found = note;
    }
}

const NoteDef *scenario_kind_note(const Kind *const *kinds, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    EventSearch search = {.name = name, .names = names};

    scenario_each_note(kinds, look_at_note, &search);
    return search.found;
}

const NoteDef *scenario_kind_event(const Kind *const *kinds, const char *name, const cJSON *node,
                                   DiagList *diags)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    EventSearch search = {.name = name, .names = names};

    scenario_each_note(kinds, look_at_note, &search);
    g_ptr_array_add(names, NULL);
    if (search.found == NULL) {
        names_check(diags, node, DIAG_VALUE, "event", name, (char *const *)names->pdata);
    }
    return search.found;
}
