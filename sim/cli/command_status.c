/* command_status.c - what an operator sees at an instant: the cluster as one node sees it. */
#include <stdio.h>

#include "sim/cli/ask.h"
#include "sim/cli/command.h"

int command_status(const Options *options, const Kind *const *kinds)
{
    Question question = {.view = options->info != NULL ? options->info : "status",
                         .as = options->as};

    if (options->files->len != 1) {
        fprintf(stderr, "dcdrill: error: 'status' needs one scenario file\n");
        return EXIT_USAGE;
    }
    return ask(options, kinds, g_ptr_array_index(options->files, 0), &question);
}
