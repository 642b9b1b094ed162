/* command_theory.c - closed forms as JSON, and what families of them there are. */
#include <stdio.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/config/json_place.h"
#include "sim/theory/theory.h"

static int list_families(void)
{
    for (guint i = 0; theory_families[i] != NULL; i++) {
        printf("%-20s %s\n", theory_families[i]->name, theory_families[i]->help);
    }
    return EXIT_PASSED;
}

static int unknown_family(const char *name)
{
    g_autofree char *hint = theory_suggest(name);

    fprintf(stderr,
            "dcdrill: error: unknown family '%s'%s ('dcdrill theory' without arguments lists "
            "them)\n",
            name, hint);
    return EXIT_USAGE;
}

/* All of standard input as a document, or a file. */
static JsonDocument *read_params(const char *path, DiagList *diags)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char piece[4096];
    gsize size;

    if (strcmp(path, "-") != 0) {
        return json_document_read(path, diags);
    }
    while ((size = fread(piece, 1, sizeof piece, stdin)) > 0) {
        g_string_append_len(text, piece, (gssize)size);
    }
    return json_document_parse("-", text->str, text->len, false, diags);
}

static int answer(const TheoryFamily *family, const cJSON *params, DiagList *diags)
{
    g_autoptr(GArray) figures =
        diag_count_errors(diags) == 0 ? theory_solve(family, params, diags) : NULL;
    g_autofree char *text = NULL;

    if (figures != NULL) {
        text = theory_print(figures);
        fputs(text, stdout);
        return EXIT_PASSED;
    }
    text = diag_list_to_text(diags);
    fputs(text, stderr);
    fprintf(stderr, "dcdrill: 'dcdrill theory %s' tells its parameters\n", family->name);
    return EXIT_USAGE;
}

static int answer_file(const TheoryFamily *family, const char *path)
{
    g_autoptr(DiagList) unplaced = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = read_params(path, unplaced);
    g_autoptr(DiagList) diags =
        document != NULL ? diag_list_new(json_document_find, document) : NULL;

    return document != NULL ? answer(family, document->root, diags)
                            : answer(family, NULL, unplaced);
}

static int answer_words(const TheoryFamily *family, const char *const *words)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *params = theory_params(words, diags);
    int status = answer(family, params, diags);

    cJSON_Delete(params);
    return status;
}

int command_theory(const Options *options, const Kind *const *kinds)
{
    const char *name = options->files->len > 0 ? g_ptr_array_index(options->files, 0) : NULL;
    const TheoryFamily *family = name != NULL ? theory_find(name) : NULL;

    (void)kinds;
    if (name == NULL && options->params == NULL) {
        return list_families();
    }
    if (family == NULL) {
        return unknown_family(name != NULL ? name : "");
    }
    if (options->params != NULL && options->files->len > 1) {
        fprintf(stderr, "dcdrill: error: 'theory' takes name=value or '--params', not both\n");
        return EXIT_USAGE;
    }
    if (options->params != NULL) {
        return answer_file(family, options->params);
    }
    if (options->files->len == 1) {
        g_autofree char *text = theory_explain(family);

        fputs(text, stdout);
        return EXIT_PASSED;
    }
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    for (guint i = 1; i < options->files->len; i++) {
        g_ptr_array_add(words, g_ptr_array_index(options->files, i));
    }
    g_ptr_array_add(words, NULL);
    return answer_words(family, (const char *const *)words->pdata);
}
