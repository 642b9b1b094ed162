/* command_list.c - lists what a scenario can name, and tells all about one name. */
#include <stdio.h>
#include <string.h>

#include "sim/cli/catalogue.h"
#include "sim/cli/command.h"
#include "sim/config/diag.h"
#include "sim/config/field_export.h"
#include "sim/scenario/scenario_page.h"
#include "sim/theory/theory.h"

static const char *const families[] = {"faults", "checks", "metrics", "events",
                                       "kinds",  "lints",  NULL};

/* The labels that an event has of its own, "" without any. Caller frees. */
static char *labels_text(const CatalogueRow *row)
{
    if (row->labels == NULL || row->labels[0] == NULL) {
        return g_strdup("");
    }
    return row->labels[1] == NULL ? g_strdup(row->labels[0])
                                  : g_strdup_printf("%s, %s", row->labels[0], row->labels[1]);
}

int command_list(const Options *options, const Kind *const *kinds)
{
    const char *family = options->files->len == 1 ? g_ptr_array_index(options->files, 0) : NULL;
    g_autoptr(GArray) rows = catalogue_make(kinds);

    if (family == NULL || !g_strv_contains(families, family)) {
        g_autofree char *hint = diag_suggest(family != NULL ? family : "", families);

        fprintf(stderr,
                "dcdrill: error: 'list' takes faults, checks, metrics, events, kinds or lints%s\n",
                hint);
        return EXIT_USAGE;
    }
    for (guint i = 0; i < rows->len; i++) {
        const CatalogueRow *row = &g_array_index(rows, CatalogueRow, i);
        g_autofree char *labels = labels_text(row);
        bool has_owner = strcmp(row->family, "metrics") == 0 || strcmp(row->family, "lints") == 0;
        const char *note = has_owner ? row->note : labels;

        if (strcmp(row->family, family) == 0) {
            printf("%-26s %-16s %s\n", row->name, note, row->help);
        }
    }
    return EXIT_PASSED;
}

static void print_row(const CatalogueRow *row)
{
    printf("%s (%s)\n  %s\n", row->name, row->family, row->help);
    if (row->unit != NULL) {
        printf("  unit: %s\n", row->unit);
    }
    if (row->labels != NULL) {
        g_autofree char *labels = labels_text(row);

        printf("  labels: component, dc, role, node%s%s\n", labels[0] != '\0' ? ", " : "", labels);
    }
    if (row->note != NULL) {
        const char *word = strcmp(row->family, "metrics") == 0 ? "measured by"
                           : strcmp(row->family, "lints") == 0 ? "looks at"
                           : strcmp(row->family, "kinds") == 0 ? "leaves out"
                                                               : "bites when";

        printf("  %s: %s\n", word, row->note);
    }
}

static void print_field(const Field *field, const char *owner)
{
    printf("%s.%s (%s)%s\n  %s\n", owner, field->name, field_type_word(field->type),
           (field->flags & FIELD_REQUIRED) != 0 ? ", required" : "", field->help);
    if (field->initial != NULL) {
        printf("  default: %s\n", field->initial);
    }
    if (field->lowest != NULL && field->highest != NULL) {
        printf("  limits: %s to %s\n", field->lowest, field->highest);
    } else if (field->lowest != NULL || field->highest != NULL) {
        printf("  limits: at %s %s\n", field->lowest != NULL ? "least" : "most",
               field->lowest != NULL ? field->lowest : field->highest);
    }
    if (field->source != NULL) {
        printf("  source: %s\n", field->source);
    }
}

static void print_fields(const CatalogueRow *row)
{
    for (const Field *field = row->fields; field != NULL && field->name != NULL; field++) {
        printf("\n");
        print_field(field, row->name);
    }
}

/* "wildfly.cpu", or "cpu" of whichever kind or fault has it. */
static bool explain_field(const GArray *rows, const char *name)
{
    const char *dot = strrchr(name, '.');
    bool is_found = false;

    for (guint i = 0; i < rows->len; i++) {
        const CatalogueRow *row = &g_array_index(rows, CatalogueRow, i);
        bool is_owner = dot != NULL && strlen(row->name) == (gsize)(dot - name) &&
                        strncmp(row->name, name, (gsize)(dot - name)) == 0;
        const char *wanted = is_owner ? dot + 1 : name;
        const Field *field = row->fields != NULL ? field_find(row->fields, wanted) : NULL;

        if (field != NULL) {
            print_field(field, row->name);
            is_found = true;
        }
    }
    return is_found;
}

static bool explain_family(const char *name)
{
    const TheoryFamily *family = theory_find(name);
    g_autofree char *text = family != NULL ? theory_explain(family) : NULL;

    if (text != NULL) {
        fputs(text, stdout);
    }
    return text != NULL;
}

static int unknown_name(const GArray *rows, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < rows->len; i++) {
        g_ptr_array_add(names, (gpointer)g_array_index(rows, CatalogueRow, i).name);
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = diag_suggest(name, (const char *const *)names->pdata);

    fprintf(stderr, "dcdrill: error: nothing is called '%s'%s\n", name, hint);
    return EXIT_USAGE;
}

int command_explain(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GArray) rows = catalogue_make(kinds);
    bool is_found = false;

    if (options->files->len == 0) {
        g_autofree char *page = scenario_reference(kinds);

        fputs(page, stdout);
        return EXIT_PASSED;
    }
    if (options->files->len > 1) {
        fprintf(stderr,
                "dcdrill: error: 'explain' takes one name, like node.crash or wildfly.cpu\n");
        return EXIT_USAGE;
    }
    const char *name = g_ptr_array_index(options->files, 0);

    for (guint i = 0; i < rows->len; i++) {
        const CatalogueRow *row = &g_array_index(rows, CatalogueRow, i);

        if (strcmp(row->name, name) == 0) {
            print_row(row);
            print_fields(row);
            is_found = true;
        }
    }
    is_found = explain_family(name) || is_found;
    is_found = explain_field(rows, name) || is_found;
    return is_found ? EXIT_PASSED : unknown_name(rows, name);
}
