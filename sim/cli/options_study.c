/* options_study.c - flags of the commands that ask one question of many variants. */
#include "sim/cli/options_study.h"

#include <math.h>

#define OPTIONS_ERROR g_quark_from_static_string("options")

void options_study_add(GOptionContext *context, StudyFlags *flags)
{
    const GOptionEntry entries[] = {
        {"with", 0, 0, G_OPTION_ARG_STRING_ARRAY, &flags->with,
         "diff: sets one value on the second side only", "/POINTER=VALUE"},
        {"metric", 0, 0, G_OPTION_ARG_STRING_ARRAY, &flags->metrics,
         "diff, sweep: this metric, and the difference that does not matter, \"http_req_duration "
         "p(99) 3%\"; may be given several times",
         "FIGURE"},
        G_OPTION_ENTRY_NULL,
    };

    g_option_context_add_main_entries(context, entries, NULL);
}

bool options_study_check(const StudyFlags *flags, GError **error)
{
    if (!isfinite(flags->from) || !isfinite(flags->to) || flags->from < 0 || flags->to < 0) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--from' and '--to' are rates a second, above 0");
        return false;
    }
    return true;
}

void options_study_clear(StudyFlags *flags)
{
    g_strfreev(flags->with);
    g_strfreev(flags->metrics);
    g_strfreev(flags->over);
    g_free(flags->rate);
    g_free(flags->intent);
    g_free(flags->prices);
}
