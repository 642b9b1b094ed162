/* lints_storage.c - disks and policies that will hurt; where disks are modelled. */
#include "models/data/cassandra/lints.h"

#include "models/data/cassandra/storage.h"
#include "sim/config/json_place.h"

#define HEADROOM_MOST 0.5 /* of what system and commit log leave, with size tiers */

/* The place of a setting of the section, or of the section, or of all. */
static const cJSON *place_of(const Cassandra *node, const char *name)
{
    const cJSON *section = json_member(node->component.settings, "storage");
    const cJSON *setting = json_member(section, name);

    return setting != NULL ? setting : section != NULL ? section : node->component.settings;
}

static double share_of(const Storage *storage)
{
    double rest = (double)(host_disk_size(storage->node->component.host) - storage->other_bytes -
                           storage->total_space_bytes);

    return rest <= 0 ? 1e9 : (double)storage->tables.size_bytes / rest;
}

/* The node whose disk is the fullest; NULL: no disk is modelled. */
static const Storage *find_fullest(const Lint *lint)
{
    const GPtrArray *nodes = world_of_kind(lint->world, "cassandra");
    const Storage *fullest = NULL;

    for (guint i = 0; i < nodes->len; i++) {
        const Storage *storage = node_of(nodes->pdata[i])->storage;

        if (storage != NULL && (fullest == NULL || share_of(storage) > share_of(fullest))) {
            fullest = storage;
        }
    }
    return fullest;
}

void lints_look_at_headroom(const Lint *lint)
{
    const Storage *storage = find_fullest(lint);

    if (storage == NULL || storage->options.strategy != COMPACTION_SIZE_TIERED ||
        share_of(storage) <= HEADROOM_MOST) {
        return;
    }
    lint_warn(lint, place_of(storage->node, "modelled"), DIAG_VALUE,
              "'%s' has %.1f GB of data on a disk of %.0f GB: system and commit log take %.1f GB, "
              "and size-tiered compaction may need as much again as its largest tables; plan 40 to "
              "50 %% of the rest",
              component_place(&storage->node->component), (double)storage->tables.size_bytes / 1e9,
              (double)host_disk_size(storage->node->component.host) / 1e9,
              (double)(storage->other_bytes + storage->total_space_bytes) / 1e9);
}

void lints_look_at_log_space(const Lint *lint)
{
    const Storage *storage = find_fullest(lint);
    int64_t quarter = storage == NULL ? 0 : host_disk_size(storage->node->component.host) / 4;

    if (storage != NULL && storage->total_space_bytes > quarter) {
        lint_warn(lint, place_of(storage->node, "commitlog_total_space"), DIAG_VALUE,
                  "the commit log may take %.1f GB, more than a quarter of the disk of '%s': a "
                  "start replays it all",
                  (double)storage->total_space_bytes / 1e9,
                  component_place(&storage->node->component));
    }
}

void lints_look_at_policies(const Lint *lint)
{
    const Storage *storage = find_fullest(lint);
    const StorageSettings *settings;

    if (storage == NULL) {
        return;
    }
    settings = &storage->node->storage_settings;
    if (settings->disk_failure_policy == DISK_BEST_EFFORT ||
        settings->disk_failure_policy == DISK_IGNORE) {
        lint_warn(lint, place_of(storage->node, "disk_failure_policy"), DIAG_VALUE,
                  "with '%s' a node that cannot write stays up: its memtables are flushed no more, "
                  "memory fills and its writes wait while peers and drivers believe it well",
                  disk_policy_names[settings->disk_failure_policy]);
    }
    if (settings->commit_failure_policy == COMMIT_STOP_COMMIT ||
        settings->commit_failure_policy == COMMIT_IGNORE) {
        lint_warn(lint, place_of(storage->node, "commit_failure_policy"), DIAG_VALUE,
                  "with '%s' a node whose commit log finds no room stays up and lets all its "
                  "writes wait",
                  commit_policy_names[settings->commit_failure_policy]);
    }
}

/* Settings of the section that nothing reads. */
void lints_look_at_unmodelled(const Lint *lint)
{
    const GPtrArray *nodes = world_of_kind(lint->world, "cassandra");
    const Cassandra *node = node_of(nodes->pdata[0]);
    const cJSON *section = json_member(node->component.settings, "storage");

    if (node->storage == NULL && section != NULL && json_member(section, "modelled") == NULL) {
        lint_warn(lint, section, DIAG_VALUE,
                  "without \"modelled\": true the settings of 'storage' do nothing");
    }
}
