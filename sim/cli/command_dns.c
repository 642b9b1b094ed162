/* command_dns.c - what the name servers say at an instant, and why. */
#include <stdio.h>

#include "sim/cli/ask.h"
#include "sim/cli/command.h"

static const char *word_of(const char *text)
{
    return text != NULL ? text : "";
}

int command_dns(const Options *options, const Kind *const *kinds)
{
    const char *words[] = {word_of(options->name), word_of(options->type), word_of(options->from),
                           NULL};
    Question question = {.view = "dig", .as = options->as, .words = words};

    if (options->files->len != 1) {
        fprintf(stderr, "dcdrill: error: 'dns' needs one scenario file\n");
        return EXIT_USAGE;
    }
    return ask(options, kinds, g_ptr_array_index(options->files, 0), &question);
}
