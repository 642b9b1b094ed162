/* options_outs.c - what --out may ask for. */
#include "sim/cli/options.h"

#include <string.h>

#define OPTIONS_ERROR g_quark_from_static_string("options")

const char *options_out_file(const char *kind)
{
    static const struct {
        const char *kind, *file;
    } outs[] = {{"summary", "summary.json"},
                {"journal", "journal.json"},
                {"junit", "junit.xml"},
                {"html", "report.html"},
                {"pdf", "report.pdf"}, /* printed when it is asked for */
                {"md", "summary.md"},
                {"github", ""}, /* made when it is asked for, as those after it */
                {"gitlab", ""},
                {"metrics", ""},
                {"trace", ""},
                {"hlog", ""},
                {"events", ""},
                {"history", ""},
                {"csv", ""}};

    for (guint i = 0; i < G_N_ELEMENTS(outs); i++) {
        if (strcmp(outs[i].kind, kind) == 0) {
            return outs[i].file;
        }
    }
    return NULL;
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
            g_set_error(
                error, OPTIONS_ERROR, 0,
                "'--out %s' is not KIND=PATH with summary, journal, junit, html, pdf, md, csv, "
                "github, gitlab, metrics, trace, hlog, events or history",
                options->outs[i]);
            return false;
        }
    }
    return true;
}
