/* options_words.c - words and flags as one would type them for a shell. */
#include "sim/cli/options_words.h"

#include <stdbool.h>
#include <string.h>

char *options_quote(const char *word)
{
    bool is_plain = word[0] != '\0' && strpbrk(word, " \t\n\"'\\$`*?[](){}<>|&;!#~") == NULL;

    return is_plain ? g_strdup(word) : g_shell_quote(word);
}

void options_words_add(GString *text, const char *flag, char *const *values)
{
    for (guint i = 0; values != NULL && values[i] != NULL; i++) {
        g_autofree char *quoted = options_quote(values[i]);

        g_string_append_printf(text, " %s %s", flag, quoted);
    }
}
