/* campaign_identity.c - what decides the bytes of a replication, as one short text. */
#include <string.h>
#include <sys/stat.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/run/campaign.h"

/* The lengths keep one part from running into the next. */
static void add(GChecksum *sum, const char *name, const void *bytes, size_t size)
{
    g_autofree char *head = g_strdup_printf("%s %zu\n", name, size);

    g_checksum_update(sum, (const guchar *)head, -1);
    g_checksum_update(sum, bytes, (gssize)size);
}

static void add_text(GChecksum *sum, const char *name, const char *text)
{
    add(sum, name, text, strlen(text));
}

/* Another build may do something else; by when and where it was built, since reading all of the
 * program would take longer than many a run. */
static void add_program(GChecksum *sum)
{
    struct stat status = {0};

    if (stat("/proc/self/exe", &status) == 0) {
        g_autofree char *text = g_strdup_printf(
            "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld", (gint64)status.st_size,
            (gint64)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);

        add_text(sum, "program", text);
    }
}

static void add_file(GChecksum *sum, const char *path)
{
    g_autofree char *bytes = NULL;
    gsize size;

    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
        g_file_get_contents(path, &bytes, &size, NULL)) {
        add(sum, path, bytes, size);
    }
}

/* The files in "empirical(file.csv)", wherever it stands in a distribution. */
static void add_measured(GChecksum *sum, const char *text)
{
    const char *const word = "empirical(";

    for (const char *at = strstr(text, word); at != NULL; at = strstr(at, word)) {
        at += strlen(word);
        g_autofree char *path = g_strstrip(g_strndup(at, strcspn(at, ",)")));

        add_file(sum, path);
    }
}

/* Whatever text of the scenario is the name of a file. */
static void add_named_files(GChecksum *sum, const Scenario *scenario, const cJSON *node)
{
    const cJSON *child;

    if (cJSON_IsString(node)) {
        g_autofree char *path = scenario_path(scenario, node, node->valuestring);

        add_file(sum, path);
        add_measured(sum, node->valuestring);
    }
    cJSON_ArrayForEach(child, node)
    {
        add_named_files(sum, scenario, child);
    }
}

/* A replication does not know how many there are. */
static char *resolved_text(const Scenario *scenario)
{
    cJSON *root = cJSON_Duplicate(scenario->root, true);
    cJSON *simulation = json_member(root, "simulation");
    char *text;

    if (simulation != NULL) {
        cJSON_DeleteItemFromObjectCaseSensitive(simulation, "replications");
    }
    text = json_print_line(root);
    cJSON_Delete(root);
    return text;
}

static char *sum_up(const Scenario *scenario, SimSpan until, bool is_of_this_build)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *end = g_strdup_printf("%" G_GINT64_FORMAT, until);
    g_autofree char *resolved = resolved_text(scenario);
    char *identity;

    if (is_of_this_build) {
        add_program(sum);
    }
    add_text(sum, "version", DCDRILL_VERSION);
    add_text(sum, "until", end);
    add_text(sum, "seed", scenario->simulation.seed_text);
    add_text(sum, "resolved", resolved);
    add_named_files(sum, scenario, scenario->root);
    identity = g_strdup(g_checksum_get_string(sum));
    g_checksum_free(sum);
    return identity;
}

char *campaign_identity(const Scenario *scenario, SimSpan until)
{
    return sum_up(scenario, until, true);
}

char *campaign_content(const Scenario *scenario, SimSpan until)
{
    return sum_up(scenario, until, false);
}
