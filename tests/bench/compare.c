/* compare.c - holds measured ratios against stored ones, or stores them.
 *     compare NOW STORED            a line for each row; fails when one lost more than 15 %
 *     compare NOW STORED --lost     only the rows that lost, and fails then
 *     compare NOW STORED MACHINE    stores NOW with a description of the machine in words */
#include <cjson/cJSON.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file_whole.h"

#define LOSS_MOST 1.15

static cJSON *read_tree(const char *path)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    cJSON *tree;

    if (!g_file_get_contents(path, &text, NULL, &error)) {
        fprintf(stderr, "compare: %s\n", error->message);
        exit(2);
    }
    tree = cJSON_Parse(text);
    if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(tree, "rows"))) {
        fprintf(stderr, "compare: '%s' has no rows\n", path);
        exit(2);
    }
    return tree;
}

static const cJSON *rows_of(const cJSON *tree)
{
    return cJSON_GetObjectItemCaseSensitive(tree, "rows");
}

static const char *name_of(const cJSON *row)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(row, "name");

    return cJSON_IsString(name) ? name->valuestring : "";
}

static double figure_of(const cJSON *row, const char *key)
{
    const cJSON *figure = cJSON_GetObjectItemCaseSensitive(row, key);

    return cJSON_IsNumber(figure) ? figure->valuedouble : 0;
}

static const cJSON *find_row(const cJSON *rows, const char *name)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (strcmp(name_of(row), name) == 0) {
            return row;
        }
    }
    return NULL;
}

/* How many rows lost more than they may, or were not measured. */
static int count_losses(const cJSON *now, const cJSON *stored, bool only_lost)
{
    const cJSON *row;
    int losses = 0;

    printf("%-36s %10s %10s %8s\n", "measure", "stored", "now", "change");
    cJSON_ArrayForEach(row, stored)
    {
        const cJSON *measured = find_row(now, name_of(row));
        double before = figure_of(row, "ratio"), after = figure_of(measured, "ratio");
        bool is_lost = measured == NULL || !(after <= before * LOSS_MOST);

        losses += is_lost;
        if (only_lost && !is_lost) {
            continue;
        }
        if (measured == NULL) {
            printf("%-36s %10.4g %10s %8s  NOT MEASURED\n", name_of(row), before, "-", "-");
        } else {
            printf("%-36s %10.4g %10.4g %+7.1f%%%s\n", name_of(row), before, after,
                   (after / before - 1) * 100, is_lost ? "  LOST" : "");
        }
    }
    return losses;
}

static int store(cJSON *now, const char *path, const char *machine)
{
    g_autoptr(GError) error = NULL;
    char *text;
    bool is_good;

    cJSON_AddItemToObject(now, "machine", cJSON_CreateString(machine));
    text = cJSON_Print(now);
    is_good = file_write_whole(path, text, strlen(text), &error);
    if (!is_good) {
        fprintf(stderr, "compare: %s\n", error->message);
    }
    cJSON_free(text);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    bool only_lost = argc == 4 && strcmp(argv[3], "--lost") == 0;
    cJSON *now, *stored;
    int losses;

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: compare NOW STORED [--lost | MACHINE]\n");
        return 2;
    }
    now = read_tree(argv[1]);
    if (argc == 4 && !only_lost) {
        int status = store(now, argv[2], argv[3]);

        cJSON_Delete(now);
        return status;
    }
    stored = read_tree(argv[2]);
    losses = count_losses(rows_of(now), rows_of(stored), only_lost);
    printf("%d of %d lost more than 15 %% or were not measured\n", losses,
           cJSON_GetArraySize(rows_of(stored)));
    cJSON_Delete(now);
    cJSON_Delete(stored);
    return losses == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
