/* options.c - the command line as data. */
#include "sim/cli/options.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/config/diag.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/theory/theory.h"

/* Of --precision, unless said. */
#define MOST_REPLICATIONS 100

#define OPTIONS_ERROR g_quark_from_static_string("options")

#define NOT_GIVEN INT_MIN /* for numbers */

/* What GLib reads; turned into Options afterwards. */
typedef struct Raw {
    char **vars, **var_files, **sets, **outs, **only, **skip, **exit_zero_on, **precision, **files;
    double confidence;
    char *seed, *out_dir, *trace, *params, *until, *wall_limit, *progress, *colour, *at, *as, *info,
        *from, *name, *type, *log_format;
    char *outs_help; /* of --out, made from its kinds */
    int replications, most_replications, jobs, replication;
    gboolean json, quiet, debug, no_colour, fail_fast, resume, verify, origins, plan, overlay,
        strict, version, help, no_input;
    StudyFlags study;
    RegressionFlags regression;
} Raw;

static void raw_clear(Raw *raw)
{
    options_regression_clear(&raw->regression);
    g_strfreev(raw->vars);
    g_strfreev(raw->var_files);
    g_strfreev(raw->sets);
    g_strfreev(raw->outs);
    g_strfreev(raw->only);
    g_strfreev(raw->skip);
    g_strfreev(raw->exit_zero_on);
    g_strfreev(raw->precision);
    g_strfreev(raw->files);
    g_free(raw->seed);
    g_free(raw->out_dir);
    g_free(raw->trace);
    g_free(raw->params);
    g_free(raw->until);
    g_free(raw->wall_limit);
    g_free(raw->progress);
    g_free(raw->colour);
    g_free(raw->at);
    g_free(raw->as);
    g_free(raw->info);
    g_free(raw->from);
    g_free(raw->name);
    g_free(raw->type);
    g_free(raw->log_format);
    g_free(raw->outs_help);
}

/* How the program speaks. */
static void add_manners(GOptionContext *context, Raw *raw)
{
    const GOptionEntry entries[] = {
        {"progress", 0, 0, G_OPTION_ARG_STRING, &raw->progress, "auto, bar, plain or none", "MODE"},
        {"color", 0, 0, G_OPTION_ARG_STRING, &raw->colour, "auto, always or never", "WHEN"},
        {"no-color", 0, 0, G_OPTION_ARG_NONE, &raw->no_colour, "No colours", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &raw->quiet, "Only errors and the result", NULL},
        {"debug", 'd', 0, G_OPTION_ARG_NONE, &raw->debug,
         "Say on standard error what is done and how long it takes", NULL},
        {"log-format", 0, 0, G_OPTION_ARG_STRING, &raw->log_format,
         "Messages on standard error as text or json", "FORMAT"},
        {"no-input", 0, 0, G_OPTION_ARG_NONE, &raw->no_input, "Never ask (dcdrill never does)",
         NULL},
        G_OPTION_ENTRY_NULL,
    };

    g_option_context_add_main_entries(context, entries, NULL);
}

/* What only one command takes. */
static void add_own_flags(GOptionContext *context, Raw *raw)
{
    const GOptionEntry entries[] = {
        {"origins", 0, 0, G_OPTION_ARG_NONE, &raw->origins, "show: which file set each value",
         NULL},
        {"plan", 0, 0, G_OPTION_ARG_NONE, &raw->plan, "show: what will happen when, to whom", NULL},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &raw->strict, "check: warnings refuse a scenario, too",
         NULL},
        {"overlay", 0, 0, G_OPTION_ARG_NONE, &raw->overlay, "schema: of files that extend others",
         NULL},
        {"trace", 0, 0, G_OPTION_ARG_STRING, &raw->trace, "replay: the path of one request", "ID"},
        {"params", 0, 0, G_OPTION_ARG_FILENAME, &raw->params,
         "theory: the parameters as a JSON object; '-' is standard input", "FILE"},
        {"at", 0, 0, G_OPTION_ARG_STRING, &raw->at, "status, dns: the instant to look at", "T"},
        {"as", 0, 0, G_OPTION_ARG_STRING, &raw->as, "status: who is asked (default: the first)",
         "NODE"},
        {"info", 0, 0, G_OPTION_ARG_STRING, &raw->info, "status: another view than the ring",
         "VIEW"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &raw->from,
         "dns: where the question comes from, a client region, a country or a state of the USA "
         "(BR, US-NY; default: unknown)",
         "PLACE"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &raw->name, "dns: the name (default: the zone's own)",
         "NAME"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &raw->type,
         "dns: the type (A, AAAA, TXT, ...; default: A)", "TYPE"},
        {"replication", 0, 0, G_OPTION_ARG_INT, &raw->replication,
         "status, dns: of this replication (default: 0)", "K"},
        G_OPTION_ENTRY_NULL,
    };

    g_option_context_add_main_entries(context, entries, NULL);
}

static GOptionContext *context_new(Raw *raw)
{
    g_autofree char *kinds = options_list_outs(true);

    raw->outs_help = g_strdup_printf("One more output: %s; '-' is standard output", kinds);
    const GOptionEntry entries[] = {
        {"seed", 's', 0, G_OPTION_ARG_STRING, &raw->seed, "Seed: integer, 0x... or hex", "S"},
        {"replications", 'n', 0, G_OPTION_ARG_INT, &raw->replications, "How many replications",
         "N"},
        {"precision", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->precision,
         "run: add replications until this is known so well, \"http_req_duration p(99) 5%\"; "
         "may be given several times",
         "FIGURE"},
        {"max-replications", 0, 0, G_OPTION_ARG_INT, &raw->most_replications,
         "run: at most so many for --precision (default: 100)", "N"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &raw->jobs,
         "Replications at once (default: all cores); results do not depend on it", "N"},
        {"out-dir", 'o', 0, G_OPTION_ARG_FILENAME, &raw->out_dir, "Directory for results", "DIR"},
        {"out", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->outs, raw->outs_help, "KIND=PATH"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &raw->json, "Summary as JSON on standard output", NULL},
        {"var", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->vars, "Sets a variable", "NAME=VALUE"},
        {"var-file", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->var_files, "Variables from a file",
         "FILE"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->sets, "Sets one value of the scenario",
         "/POINTER=VALUE"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &raw->until, "End early at this simulated time", "T"},
        {"wall-limit", 0, 0, G_OPTION_ARG_STRING, &raw->wall_limit, "End after this time", "T"},
        {"confidence", 0, 0, G_OPTION_ARG_DOUBLE, &raw->confidence,
         "Level of intervals, where a threshold says none (default: 0.95)", "C"},
        {"fail-fast", 0, 0, G_OPTION_ARG_NONE, &raw->fail_fast, "Stop at the first failed scenario",
         NULL},
        {"resume", 0, 0, G_OPTION_ARG_NONE, &raw->resume,
         "Run only replications that have not ended in the output directory", NULL},
        {"verify-determinism", 0, 0, G_OPTION_ARG_NONE, &raw->verify,
         "Live each replication twice, event by event; exit status 5 when they differ", NULL},
        {"only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->only, "Only scenarios with this tag",
         "TAG"},
        {"skip", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->skip, "No scenarios with this tag", "TAG"},
        {"exit-zero-on", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->exit_zero_on,
         "Exit with 0 in place of these codes", "3,4"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &raw->version, "Print the version", NULL},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &raw->help, "Print this help", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->files, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    GOptionContext *context = g_option_context_new("COMMAND [FILE...]");

    add_manners(context, raw);
    add_own_flags(context, raw);
    g_option_context_add_main_entries(context, entries, NULL);
    options_study_add(context, &raw->study);
    options_regression_add(context, &raw->regression);
    g_option_context_set_help_enabled(context, false);
    return context;
}

/* --- from text to values --- */

static bool read_span(const char *flag, const char *text, SimSpan *span, GError **error)
{
    if (text == NULL || sim_span_parse(text, span)) {
        return true;
    }
    g_set_error(error, OPTIONS_ERROR, 0, "'%s' needs a duration with a unit, like \"90s\"", flag);
    return false;
}

/* The same of a length, which has one. */
static bool read_length(const char *flag, const char *text, SimSpan *span, GError **error)
{
    if (!read_span(flag, text, span, error)) {
        return false;
    }
    if (text != NULL && *span <= 0) {
        g_set_error(error, OPTIONS_ERROR, 0, "'%s' must be longer than 0s, not '%s'", flag, text);
        return false;
    }
    return true;
}

/* A number of something; what was not given becomes 0. */
static bool read_count(const char *flag, int *count, GError **error)
{
    if (*count == NOT_GIVEN) {
        *count = 0;
        return true;
    }
    if (*count < 1) {
        g_set_error(error, OPTIONS_ERROR, 0, "'%s' must be at least 1, not %d", flag, *count);
        return false;
    }
    return true;
}

static bool read_progress(const char *text, ProgressMode *mode, GError **error)
{
    const char *const words[] = {"auto", "bar", "plain", "none", NULL};

    for (int i = 0; text != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *mode = (ProgressMode)i;
            return true;
        }
    }
    if (text != NULL) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--progress' is auto, bar, plain or none, not '%s'",
                    text);
        return false;
    }
    *mode = PROGRESS_AUTO;
    return true;
}

static bool read_log_format(const char *text, bool *is_json, GError **error)
{
    *is_json = g_strcmp0(text, "json") == 0;
    if (text != NULL && !*is_json && strcmp(text, "text") != 0) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--log-format' is text or json, not '%s'", text);
        return false;
    }
    return true;
}

/* Reads .dcdrill.json; what it may hold are defaults of three flags. */
static JsonDocument *settings_read(GError **error)
{
    const char *const known[] = {"seed", "jobs", "color", NULL};
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) file = json_document_read(".dcdrill.json", diags);

    for (cJSON *item = file != NULL ? file->root->child : NULL; item != NULL; item = item->next) {
        DiagPlace place = {.file = ".dcdrill.json"};

        if (item->string == NULL || !g_strv_contains(known, item->string)) {
            g_autofree char *hint = diag_suggest(item->string != NULL ? item->string : "", known);

            json_document_find(file, item, DIAG_KEY, &place);
            diag_add_at(diags, DIAG_ERROR, place,
                        "unknown setting '%s'%s; it takes seed, jobs, color",
                        item->string != NULL ? item->string : "", hint);
        }
    }
    if (diag_count_errors(diags) > 0) {
        g_autofree char *text = diag_list_to_text(diags);

        g_set_error(error, OPTIONS_ERROR, 0, "%s", g_strchomp(text));
        return NULL;
    }
    return g_steal_pointer(&file);
}

/* A value of .dcdrill.json in the working directory, as text; NULL when there is none. Caller
 * frees. */
static char *setting(const cJSON *settings, const char *name)
{
    const cJSON *value = json_member(settings, name);

    if (cJSON_IsString(value)) {
        return g_strdup(value->valuestring);
    }
    return cJSON_IsNumber(value) ? json_print_line(value) : NULL;
}

static char *environment_or(const char *variable, const cJSON *settings, const char *name)
{
    const char *value = g_getenv(variable);

    return value != NULL && value[0] != '\0' ? g_strdup(value) : setting(settings, name);
}

static bool read_jobs(Options *options, const cJSON *settings, GError **error)
{
    g_autofree char *text = environment_or("DCDRILL_JOBS", settings, "jobs");
    gint64 value;

    if (options->jobs == 0 && text != NULL) {
        if (!g_ascii_string_to_signed(text, 10, 1, 10000, &value, NULL)) {
            g_set_error(error, OPTIONS_ERROR, 0, "jobs must lie from 1 to 10000, not '%s'", text);
            return false;
        }
        options->jobs = (int)value;
    }
    if (options->jobs == 0) {
        options->jobs = (int)g_get_num_processors();
    }
    if (options->replication < 0) {
        g_set_error(error, OPTIONS_ERROR, 0, "'--replication' counts from 0");
        return false;
    }
    if (options->most_replications > 0 && options->precision == NULL) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "'--max-replications' is for '--precision'; to run so many use '-n'");
        return false;
    }
    if (options->most_replications == 0) {
        options->most_replications = MOST_REPLICATIONS;
    }
    return true;
}

static bool read_colour(const Raw *raw, const cJSON *settings, bool *has_colour, GError **error)
{
    g_autofree char *other = environment_or("DCDRILL_COLOR", settings, "color");
    const char *when = raw->no_colour ? "never" : raw->colour != NULL ? raw->colour : other;
    const char *no_colour = g_getenv("NO_COLOR");

    if (when != NULL && strcmp(when, "always") == 0) {
        *has_colour = true;
    } else if (when != NULL && strcmp(when, "never") == 0) {
        *has_colour = false;
    } else if (when == NULL || strcmp(when, "auto") == 0) {
        *has_colour = isatty(STDOUT_FILENO) != 0 && (no_colour == NULL || no_colour[0] == '\0') &&
                      g_strcmp0(g_getenv("TERM"), "dumb") != 0;
    } else {
        g_set_error(error, OPTIONS_ERROR, 0, "'--color' is auto, always or never, not '%s'", when);
        return false;
    }
    return true;
}

static bool read_values(Options *options, const Raw *raw, GError **error)
{
    SimSpan wall = 0;

    options->at = -1;
    g_autoptr(JsonDocument) file = NULL;
    const cJSON *settings = NULL;

    if (g_file_test(".dcdrill.json", G_FILE_TEST_EXISTS)) {
        file = settings_read(error);
        if (file == NULL) {
            return false;
        }
        settings = file->root;
    }
    if (options->seed == NULL) {
        options->seed = environment_or("DCDRILL_SEED", settings, "seed");
    }
    bool is_good = options_study_check(&options->study, error) &&
                   options_regression_check(&options->regression, error) &&
                   read_length("--until", raw->until, &options->until, error) &&
                   read_length("--wall-limit", raw->wall_limit, &wall, error) &&
                   read_count("--jobs", &options->jobs, error) &&
                   read_count("--replications", &options->replications, error) &&
                   read_count("--max-replications", &options->most_replications, error) &&
                   read_span("--at", raw->at, &options->at, error) &&
                   read_progress(raw->progress, &options->progress, error) &&
                   read_log_format(raw->log_format, &options->is_log_json, error) &&
                   read_jobs(options, settings, error) &&
                   read_colour(raw, settings, &options->has_colour, error);

    options->wall_limit_s = sim_span_to_s(wall);
    if (is_good && raw->confidence != NOT_GIVEN &&
        !(options->confidence >= 0.5 && options->confidence <= 0.9999)) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "'--confidence' must lie from 0.5 to 0.9999, like 0.95");
        return false;
    }
    return is_good;
}

/* --- the whole --- */

static Options *options_from(Raw *raw)
{
    Options *options = g_new0(Options, 1);

    options->files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; raw->files != NULL && raw->files[i] != NULL; i++) {
        if (i == 0) {
            options->command = g_strdup(raw->files[i]);
        } else {
            g_ptr_array_add(options->files, g_strdup(raw->files[i]));
        }
    }
    options->vars = g_steal_pointer(&raw->vars);
    options->var_files = g_steal_pointer(&raw->var_files);
    options->sets = g_steal_pointer(&raw->sets);
    options->outs = g_steal_pointer(&raw->outs);
    options->only = g_steal_pointer(&raw->only);
    options->skip = g_steal_pointer(&raw->skip);
    options->exit_zero_on = g_steal_pointer(&raw->exit_zero_on);
    options->precision = g_steal_pointer(&raw->precision);
    options->most_replications = raw->most_replications;
    options->confidence = raw->confidence != NOT_GIVEN ? raw->confidence : 0;
    options->seed = g_steal_pointer(&raw->seed);
    options->out_dir = g_steal_pointer(&raw->out_dir);
    options->trace = g_steal_pointer(&raw->trace);
    options->params = g_steal_pointer(&raw->params);
    options->as = g_steal_pointer(&raw->as);
    options->info = g_steal_pointer(&raw->info);
    options->from = g_steal_pointer(&raw->from);
    options->name = g_steal_pointer(&raw->name);
    options->type = g_steal_pointer(&raw->type);
    options->replications = raw->replications;
    options->replication = raw->replication;
    options->jobs = raw->jobs;
    options->is_json = raw->json;
    options->is_quiet = raw->quiet;
    options->is_debug = raw->debug;
    options->fail_fast = raw->fail_fast;
    options->resume = raw->resume;
    options->is_verified = raw->verify;
    options->origins = raw->origins;
    options->plan = raw->plan;
    options->overlay = raw->overlay;
    options->is_strict = raw->strict;
    options->study = raw->study;
    raw->study = (StudyFlags){0};
    options->regression = raw->regression;
    raw->regression = (RegressionFlags){0};
    return options;
}

/* A copy of the arguments in which "-j2" stands as "-j" "2": GLib reads no value that is joined to
 * a short flag. Caller frees. */
static char **arguments_part(int count, char **arguments)
{
    GPtrArray *copies = g_ptr_array_new();
    bool has_ended = false; /* after "--" nothing is a flag */

    g_ptr_array_add(copies, g_strdup("dcdrill"));
    for (int i = 0; i < count; i++) {
        const char *argument = arguments[i];
        bool is_short = argument[0] == '-' && argument[1] != '\0' && strchr("snjo", argument[1]);

        has_ended = has_ended || strcmp(argument, "--") == 0;
        if (!has_ended && is_short && argument[2] != '\0') {
            g_ptr_array_add(copies, g_strndup(argument, 2));
            argument += 2;
        }
        g_ptr_array_add(copies, g_strdup(argument));
    }
    g_ptr_array_add(copies, NULL);
    return (char **)g_ptr_array_free(copies, false);
}

/* GLib quotes names as books do; everything else here uses plain quotes. */
static void plain_quotes(GError *error)
{
    GString *text = g_string_new(error->message);

    g_string_replace(text, "\u201c", "'", 0);
    g_string_replace(text, "\u201d", "'", 0);
    g_free(error->message);
    error->message = g_string_free(text, false);
}

/* Of a family of closed forms, when one is named; else of the command. */
static char *help_of(const Options *options, const char *flags)
{
    const TheoryFamily *family = NULL;

    if (g_strcmp0(options->command, "theory") == 0 && options->files->len > 0) {
        family = theory_find(g_ptr_array_index(options->files, 0));
    }
    return family != NULL ? theory_explain(family) : command_help(options->command, flags);
}

Options *options_read(int count, char **arguments, char **help, GError **error)
{
    Raw raw = {.confidence = NOT_GIVEN,
               .replications = NOT_GIVEN,
               .most_replications = NOT_GIVEN,
               .jobs = NOT_GIVEN};
    g_autoptr(GOptionContext) context = context_new(&raw);
    g_autoptr(Options) options = NULL;
    char **list = arguments_part(count, arguments);

    if (!g_option_context_parse_strv(context, &list, error)) {
        plain_quotes(*error);
        g_strfreev(list);
        raw_clear(&raw);
        return NULL;
    }
    g_strfreev(list);
    options = options_from(&raw);
    if (raw.version) {
        *help = g_strdup("dcdrill " DCDRILL_VERSION "\n");
    } else if (raw.help || options->command == NULL) {
        g_autofree char *flags = g_option_context_get_help(context, true, NULL);

        *help = help_of(options, flags);
    } else if (!read_values(options, &raw, error)) {
        raw_clear(&raw);
        return NULL;
    }
    raw_clear(&raw);
    return g_steal_pointer(&options);
}

void options_free(Options *options)
{
    if (options == NULL) {
        return;
    }
    g_free(options->command);
    options_study_clear(&options->study);
    options_regression_clear(&options->regression);
    g_ptr_array_unref(options->files);
    g_strfreev(options->vars);
    g_strfreev(options->var_files);
    g_strfreev(options->sets);
    g_strfreev(options->outs);
    g_strfreev(options->only);
    g_strfreev(options->skip);
    g_strfreev(options->exit_zero_on);
    g_strfreev(options->precision);
    g_free(options->seed);
    g_free(options->out_dir);
    g_free(options->trace);
    g_free(options->params);
    g_free(options->as);
    g_free(options->info);
    g_free(options->from);
    g_free(options->name);
    g_free(options->type);
    g_free(options);
}

ScenarioChanges options_changes(const Options *options)
{
    return (ScenarioChanges){.vars = (const char *const *)options->vars,
                             .var_files = (const char *const *)options->var_files,
                             .sets = (const char *const *)options->sets,
                             .seed = options->seed,
                             .replications = options->replications,
                             .confidence = options->confidence,
                             .remembered = options->remembered};
}
