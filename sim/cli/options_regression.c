/* options_regression.c - flags of the commands that compare with earlier results or divide a
 * campaign. */
#include "sim/cli/options_regression.h"

#define OPTIONS_ERROR g_quark_from_static_string("options")

void options_regression_add(GOptionContext *context, RegressionFlags *flags)
{
    const GOptionEntry entries[] = {
        {"baseline", 0, 0, G_OPTION_ARG_FILENAME, &flags->baseline,
         "run: compare with the baselines in this folder; exit status 4 when worse", "DIR"},
        {"declare", 0, 0, G_OPTION_ARG_STRING, &flags->declare,
         "baseline: the behaviour was changed on purpose, and why", "WHY"},
        {"commit", 0, 0, G_OPTION_ARG_STRING, &flags->commit,
         "history: the revision that was measured (default: of the build server)", "ID"},
        {"chunks", 0, 0, G_OPTION_ARG_INT, &flags->chunks,
         "plan: into how many to divide the replications (default: one each)", "N"},
        G_OPTION_ENTRY_NULL,
    };

    g_option_context_add_main_entries(context, entries, NULL);
}

bool options_regression_check(const RegressionFlags *flags, GError **error)
{
    if (flags->chunks < 0 || flags->chunks > 100000) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--chunks' must lie from 1 to 100000");
        return false;
    }
    if (flags->declare != NULL && flags->declare[0] == '\0') {
        g_set_error(error, OPTIONS_ERROR, 0, "'--declare' needs the reason in words");
        return false;
    }
    return true;
}

void options_regression_clear(RegressionFlags *flags)
{
    g_free(flags->baseline);
    g_free(flags->declare);
    g_free(flags->commit);
}
