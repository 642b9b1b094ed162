/* options_text.c - flags as text, as one would type them again, and back. */
#include "sim/cli/options.h"

#include <string.h>

char *options_quote(const char *word)
{
    bool is_plain = word[0] != '\0' && strpbrk(word, " \t\n\"'\\$`*?[](){}<>|&;!#~") == NULL;

    return is_plain ? g_strdup(word) : g_shell_quote(word);
}

static void print_flags(GString *text, const char *flag, char *const *values)
{
    for (guint i = 0; values != NULL && values[i] != NULL; i++) {
        g_autofree char *quoted = options_quote(values[i]);

        g_string_append_printf(text, " %s %s", flag, quoted);
    }
}

char *options_print_changes(const Options *options)
{
    GString *text = g_string_new(NULL);

    print_flags(text, "--var-file", options->var_files);
    print_flags(text, "--var", options->vars);
    print_flags(text, "--set", options->sets);
    if (options->confidence > 0) {
        g_string_append_printf(text, " --confidence %g", options->confidence);
    }
    return g_string_free(text, false);
}

char *options_print_precision(const Options *options)
{
    GString *text = g_string_new(NULL);

    print_flags(text, "--precision", options->precision);
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
