/* options_study.c - flags of the commands that ask one question of many variants. */
#include "sim/cli/options_study.h"

#include <math.h>

#include "sim/cli/options_words.h"

#define OPTION_NOT_GIVEN G_MININT
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
        {"n-minus", 0, 0, G_OPTION_ARG_INT, &flags->n_minus,
         "capacity: also with each site lost (1), and each two of them (2); default: as the "
         "scenario says",
         "N"},
        {"rate", 0, 0, G_OPTION_ARG_STRING, &flags->rate,
         "capacity, sweep: the value that is the offered load (default: all of 'load')",
         "/POINTER"},
        {"lowest", 0, 0, G_OPTION_ARG_DOUBLE, &flags->from, "capacity: lowest rate tried", "RATE"},
        {"highest", 0, 0, G_OPTION_ARG_DOUBLE, &flags->to, "capacity: highest rate tried", "RATE"},
        {"within", 0, 0, G_OPTION_ARG_DOUBLE, &flags->width,
         "capacity: half-width of its interval as a share (default: 0.02)", "SHARE"},
        {"most", 0, 0, G_OPTION_ARG_INT, &flags->most,
         "capacity: most replications of one rate (default: 16 times -n)", "N"},
        {"prices", 0, 0, G_OPTION_ARG_FILENAME, &flags->prices,
         "capacity: price list for costs, like scenarios/data/prices.json", "FILE"},
        {"intent", 0, 0, G_OPTION_ARG_FILENAME, &flags->intent,
         "capacity: chooses among the alternatives of FILE instead, like "
         "scenarios/capacity/intent-web.json",
         "FILE"},
        {"budget", 0, 0, G_OPTION_ARG_INT, &flags->budget,
         "capacity --intent: so many replications in all, without a guarantee", "N"},
        {"over", 0, 0, G_OPTION_ARG_STRING_ARRAY, &flags->over,
         "sweep: values of one setting, \"/load/users/rate=500..3000/6\" or \"rate=...\" or a "
         "list; twice for a grid",
         "/POINTER=VALUES"},
        {"sensitivity", 0, 0, G_OPTION_ARG_NONE, &flags->is_sensitivity,
         "sweep: each --over to its ends, the others as they stand (tornado)", NULL},
        {"morris", 0, 0, G_OPTION_ARG_INT, &flags->trajectories,
         "sweep: screen the --over by so many trajectories of Morris (10 to 20)", "N"},
        G_OPTION_ENTRY_NULL,
    };

    flags->n_minus = OPTION_NOT_GIVEN;
    g_option_context_add_main_entries(context, entries, NULL);
}

bool options_study_check(const StudyFlags *flags, GError **error)
{
    if (!isfinite(flags->from) || !isfinite(flags->to) || flags->from < 0 || flags->to < 0) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "'--lowest' and '--highest' are rates a second, above 0");
        return false;
    }
    if (flags->n_minus != OPTION_NOT_GIVEN && (flags->n_minus < 0 || flags->n_minus > 2)) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--n-minus' is 0, 1 or 2 sites");
        return false;
    }
    if (flags->budget < 0 || (flags->budget > 0 && flags->intent == NULL)) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "'--budget' is a number of replications, for '--intent'");
        return false;
    }
    if (flags->trajectories < 0 || flags->trajectories == 1 || flags->trajectories > 1000) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--morris' takes from 2 to 1000 trajectories");
        return false;
    }
    if (flags->width != 0 && !(flags->width >= 1e-4 && flags->width <= 0.5)) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--within' is a share from 0.0001 to 0.5");
        return false;
    }
    return true;
}

/* Numbers that 0 says were not given. */
static void print_numbers(const StudyFlags *flags, GString *text)
{
    const struct {
        const char *flag;
        double number;
    } all[] = {
        {"--lowest", flags->from}, {"--highest", flags->to},    {"--within", flags->width},
        {"--most", flags->most},   {"--budget", flags->budget}, {"--morris", flags->trajectories},
    };

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i].number != 0) {
            char number[G_ASCII_DTOSTR_BUF_SIZE];

            g_string_append_printf(text, " %s %s", all[i].flag,
                                   g_ascii_formatd(number, sizeof number, "%.15g", all[i].number));
        }
    }
}

void options_study_print(const StudyFlags *flags, GString *text)
{
    char *const rate[] = {flags->rate, NULL};
    char *const prices[] = {flags->prices, NULL};
    char *const intent[] = {flags->intent, NULL};

    options_words_add(text, "--over", flags->over);
    options_words_add(text, "--with", flags->with);
    options_words_add(text, "--metric", flags->metrics);
    options_words_add(text, "--rate", rate);
    options_words_add(text, "--prices", prices);
    options_words_add(text, "--intent", intent);
    if (flags->n_minus != OPTION_NOT_GIVEN) {
        g_string_append_printf(text, " --n-minus %d", flags->n_minus);
    }
    print_numbers(flags, text);
    g_string_append(text, flags->is_sensitivity ? " --sensitivity" : "");
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
