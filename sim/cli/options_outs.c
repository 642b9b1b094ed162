/* options_outs.c - what --out may ask for. */
#include "sim/cli/options.h"

#include <string.h>

#define OPTIONS_ERROR g_quark_from_static_string("options")

/* In the order in which they are told. */
static const struct Out {
    const char *kind, *file, *note;
} outs[] = {
    {"summary", "summary.json", NULL},
    {"junit", "junit.xml", NULL},
    {"journal", "journal.json", NULL},
    {"html", "report.html", NULL},
    {"pdf", "report.pdf", NULL}, /* printed when it is asked for */
    {"md", "summary.md", NULL},
    {"csv", "", NULL}, /* made when it is asked for, as those after it */
    {"github", "", "annotations"},
    {"gitlab", "", "metrics"},
    {"metrics", "", "OpenMetrics"},
    {"trace", "", "Perfetto"},
    {"hlog", "", "HdrHistogram"},
    {"events", "", "NDJSON"},
    {"history", "", "Jepsen's form"},
};

const char *options_out_file(const char *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(outs); i++) {
        if (strcmp(outs[i].kind, kind) == 0) {
            return outs[i].file;
        }
    }
    return NULL;
}

char *options_list_outs(bool with_notes)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(outs); i++) {
        bool is_last = i + 1 == G_N_ELEMENTS(outs);

        g_string_append_printf(text, "%s%s", i == 0 ? "" : is_last ? " or " : ", ", outs[i].kind);
        if (with_notes && outs[i].note != NULL) {
            g_string_append_printf(text, " (%s)", outs[i].note);
        }
    }
    return g_string_free(text, FALSE);
}

static guint count_stdout(const Options *options)
{
    guint count = options->is_json ? 1 : 0;

    for (guint i = 0; options->outs != NULL && options->outs[i] != NULL; i++) {
        count += g_str_has_suffix(options->outs[i], "=-") ? 1 : 0;
    }
    return count;
}

bool options_use_stdout(const Options *options)
{
    return count_stdout(options) > 0;
}

bool options_wants_out(const Options *options, const char *kind)
{
    g_autofree char *start = g_strconcat(kind, "=", NULL);

    for (guint i = 0; options->outs != NULL && options->outs[i] != NULL; i++) {
        if (g_str_has_prefix(options->outs[i], start)) {
            return true;
        }
    }
    return false;
}

bool options_check_outs(const Options *options, GError **error)
{
    if (count_stdout(options) > 1) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "only one of --json and --out KIND=- can have standard output");
        return false;
    }
    for (guint i = 0; options->outs != NULL && options->outs[i] != NULL; i++) {
        g_auto(GStrv) sides = g_strsplit(options->outs[i], "=", 2);

        if (sides[0] == NULL || sides[1] == NULL || sides[1][0] == '\0' ||
            options_out_file(sides[0]) == NULL) {
            g_autofree char *kinds = options_list_outs(false);

            g_set_error(error, OPTIONS_ERROR, 0, "'--out %s' is not KIND=PATH with %s",
                        options->outs[i], kinds);
            return false;
        }
    }
    return true;
}
