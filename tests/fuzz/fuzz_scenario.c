/* fuzz_scenario.c - the scenario reader survives any text: it says what is wrong or reads it, and a
 * scenario that it took prints, plans and reads back. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/scenario/plan.h"
#include "sim/scenario/scenario_page.h"
#include "sim/scenario/scenario_read.h"

extern const Kind *const all_kinds[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const Scenario *scenario)
{
    g_free(scenario_print(scenario));
    g_free(scenario_print_origins(scenario));
    g_free(plan_print(scenario));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("scenario", 0);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    DiagList *diags = NULL;
    Scenario *scenario;

    if (file < 0 || write(file, data, size) != (ssize_t)size) {
        close(file);
        return 0;
    }
    scenario = scenario_read(path, NULL, all_kinds, &diags);
    g_assert_true((scenario == NULL) == (diag_count_errors(diags) > 0));
    g_free(diag_list_to_text(diags));
    diag_list_free(diags);
    if (scenario != NULL) {
        use(scenario);
    }
    scenario_free(scenario);
    close(file);
    return 0;
}
