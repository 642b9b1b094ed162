/* options_text.c - flags as text, as one would type them again, and back. */
#include "sim/cli/options.h"

char *options_print_changes(const Options *options)
{
    GString *text = g_string_new(NULL);

    options_words_add(text, "--var-file", options->var_files);
    options_words_add(text, "--var", options->vars);
    options_words_add(text, "--set", options->sets);
    if (options->confidence > 0) {
        g_string_append_printf(text, " --confidence %g", options->confidence);
    }
    return g_string_free(text, false);
}

char *options_print_study(const Options *options)
{
    GString *text = g_string_new("dcdrill ");
    g_autofree char *changes = options_print_changes(options);
    char *const seed[] = {options->seed, NULL};

    g_string_append(text, options->command);
    for (guint i = 0; i < options->files->len; i++) {
        g_autofree char *path = options_quote(g_ptr_array_index(options->files, i));

        g_string_append_printf(text, " %s", path);
    }
    options_study_print(&options->study, text);
    options_words_add(text, "--seed", seed);
    if (options->replications > 0) {
        g_string_append_printf(text, " -n %d", options->replications);
    }
    g_string_append(text, changes);
    return g_string_free(text, false);
}

char *options_print_precision(const Options *options)
{
    GString *text = g_string_new(NULL);

    options_words_add(text, "--precision", options->precision);
    if (options->precision != NULL) {
        g_string_append_printf(text, " --max-replications %d", options->most_replications);
    }
    return g_string_free(text, false);
}

bool options_take_changes(Options *options, const char *flags, GError **error)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(Options) stored = NULL;
    g_autofree char *help = NULL;
    int count;

    if (flags == NULL || flags[0] == '\0' || options->sets != NULL || options->vars != NULL ||
        options->var_files != NULL) {
        return true;
    }
    if (!g_shell_parse_argv(flags, &count, &words, error)) {
        return false;
    }
    stored = options_read(count, words, &help, error);
    if (stored == NULL) {
        return false;
    }
    options->sets = g_steal_pointer(&stored->sets);
    options->vars = g_steal_pointer(&stored->vars);
    options->var_files = g_steal_pointer(&stored->var_files);
    return true;
}
