/* command_schema.c - the JSON Schema of scenario files, for editors. */
#include <stdio.h>

#include "sim/cli/command.h"

int command_schema(const Options *options, const Kind *const *kinds)
{
    cJSON *schema = scenario_schema(kinds, options->overlay);
    char *text = cJSON_Print(schema);

    puts(text);
    cJSON_free(text);
    cJSON_Delete(schema);
    return EXIT_PASSED;
}
