/* losses.c - finds out at a loss of power which versions it took the last copy of. At the end of a
 * run this can no longer be told: the next write of the same key hides that the one before it was
 * gone. A version lives on as long as a replica stores it or a newer one, a hint for any replica
 * holds it, or a copy is on its way to a node that lives. Left out: copies in repairs under way,
 * which are on a replica that answered a read. */
#include "models/data/cassandra/losses.h"

#include "models/data/cassandra/counter.h"
#include "sim/base/sort.h"
#include "sim/world/history_store.h"

/* Acknowledgements that were on their way to users when the power failed have arrived by then. */
#define ANSWERS_ARRIVE (2 * SIM_S)

#define NO_LOSS UINT32_MAX

/* What one key had at the loss. */
typedef struct Loss {
    uint64_t key;
    uint32_t index, range, slot, replica; /* no room between: sorting compares bytes */
    int64_t lost;                         /* the newest version that was undone on any replica */
    int64_t left;                         /* the newest one that lives on elsewhere */
} Loss;

static void on_survey(void *self, void *subject, uint64_t detail);
static void on_answers_arrived(void *self, void *subject, uint64_t detail);
static const EventType survey_due = {"cassandra.losses-survey", on_survey};
static const EventType answers_arrived = {"cassandra.losses-judged", on_answers_arrived};

/* --- what is undone -----------------------------------------------------------------------------
 */

void losses_note(Cassandra *node)
{
    Cluster *cluster = node->cluster;

    if (node->log.count == 0) {
        return;
    }
    if (cluster->losses == NULL) {
        cluster->losses = g_array_new(FALSE, FALSE, sizeof(Loss));
        engine_after(node->engine, 0, &cluster->owner, &survey_due, cluster, 0);
    }
    for (size_t i = 0; i < node->log.count; i++) {
        uint32_t slot = node->log.entries[i].slot;
        Loss loss = {.index = slot / cluster->slots_per_key,
                     .slot = slot,
                     .replica = slot % cluster->slots_per_key,
                     .lost = store_get(&cluster->store, slot)};

        g_array_append_val(cluster->losses, loss);
    }
}

static gint compare_losses(gconstpointer a, gconstpointer b)
{
    const Loss *one = a, *other = b;

    if (one->index != other->index) {
        return one->index < other->index ? -1 : 1;
    }
    if (one->lost != other->lost) {
        return one->lost > other->lost ? -1 : 1;
    }
    return (one->slot > other->slot) - (one->slot < other->slot);
}

/* Of sorted ones one for each key; of several the newest. */
static void merge(GArray *losses)
{
    guint kept = 0;

    for (guint i = 0; i < losses->len; i++) {
        const Loss *loss = &g_array_index(losses, Loss, i);

        if (kept == 0 || g_array_index(losses, Loss, kept - 1).index != loss->index) {
            g_array_index(losses, Loss, kept++) = *loss;
        }
    }
    g_array_set_size(losses, kept);
}

/* --- what lives on ------------------------------------------------------------------------------
 */

/* The losses by index of key. */
typedef struct Survey {
    Cluster *cluster;
    GArray *losses;
    uint32_t *places; /* NO_LOSS: that key lost nothing */
} Survey;

static void see_copy(const Survey *survey, uint32_t slot, int64_t version)
{
    uint32_t place = survey->places[slot / survey->cluster->slots_per_key];

    if (place != NO_LOSS) {
        Loss *loss = &g_array_index(survey->losses, Loss, place);

        loss->left = MAX(loss->left, version);
    }
}

static void find_keys(const Survey *survey)
{
    const KeyTable *keys = &survey->cluster->keys;

    for (guint i = 0; i < survey->losses->len; i++) {
        survey->places[g_array_index(survey->losses, Loss, i).index] = i;
    }
    for (uint32_t i = 0; i < keys->capacity; i++) {
        const KeyEntry *entry = &keys->slots[i];

        if (entry->index < keys->count && survey->places[entry->index] != NO_LOSS) {
            Loss *loss = &g_array_index(survey->losses, Loss, survey->places[entry->index]);

            loss->key = entry->key;
            loss->range = entry->range;
        }
    }
}

static void look_at_stores(const Survey *survey)
{
    const Cluster *cluster = survey->cluster;

    for (guint i = 0; i < survey->losses->len; i++) {
        const Loss *loss = &g_array_index(survey->losses, Loss, i);
        uint32_t slot = loss->index * cluster->slots_per_key;
        guint replicas = ring_range(cluster->ring, loss->range)->count;

        for (guint k = 0; k < replicas; k++) {
            see_copy(survey, slot + k, store_get(&cluster->store, slot + k));
        }
    }
}

static void look_at_hints(const Survey *survey, const Cassandra *node)
{
    for (guint i = 0; i < survey->cluster->node_count; i++) {
        const HintQueue *queue = &node->hints[i];

        for (uint64_t place = queue->page; place < queue->end; place++) {
            const Hint *hint = &queue->items[place - queue->base];

            if ((hint->slot & COUNTER_SLOT) == 0) {
                see_copy(survey, hint->slot, hint->version);
            }
        }
    }
}

/* Copies that left before the fall arrive all the same. */
static void look_at_writes(const Survey *survey, const Cassandra *node)
{
    for (const Write *write = node->writes.first; write != NULL; write = write->next) {
        for (uint32_t left = write->pending & write->range->mask; left != 0; left &= left - 1) {
            guint index = (guint)__builtin_ctz(left);
            const Cassandra *replica = survey->cluster->nodes[write->range->replicas[index]];

            if (!write->is_counter && replica->component.owner.incarnation == write->lives[index]) {
                see_copy(survey, write->slot + index, write->version);
            }
        }
    }
}

static void drop_what_lives(GArray *losses)
{
    guint kept = 0;

    for (guint i = 0; i < losses->len; i++) {
        const Loss *loss = &g_array_index(losses, Loss, i);

        if (loss->left < loss->lost) {
            g_array_index(losses, Loss, kept++) = *loss;
        }
    }
    g_array_set_size(losses, kept);
}

/* Tells which replicas held what is lost: `all` are the losses of each replica, sorted like those
 * that count. */
static void tell_copies(const Survey *survey, const GArray *all)
{
    const Cluster *cluster = survey->cluster;
    History *history = world_history(cluster->nodes[0]->component.world);
    guint place = 0;

    for (guint i = 0; i < all->len && survey->losses->len > 0; i++) {
        const Loss *copy = &g_array_index(all, Loss, i), *before = copy - 1;
        const Loss *loss = &g_array_index(survey->losses, Loss, place);

        if (i > 0 && before->slot == copy->slot) {
            continue;
        }
        while (loss->index < copy->index && place + 1 < survey->losses->len) {
            loss = &g_array_index(survey->losses, Loss, ++place);
        }
        if (loss->index == copy->index && copy->lost > loss->left) {
            const RingRange *range = ring_range(cluster->ring, loss->range);
            guint replica = range->replicas[copy->replica];

            history_copy(history, COPY_LOST, loss->key, copy->lost,
                         &cluster->nodes[replica]->component);
        }
    }
}

/* All that fell at this instant has fallen. */
static void on_survey(void *self, void *subject, uint64_t detail)
{
    Cluster *cluster = subject;
    Survey survey = {.cluster = cluster, .losses = g_steal_pointer(&cluster->losses)};
    Engine *engine = cluster->nodes[0]->engine;
    g_autoptr(GArray) all = NULL;

    (void)self;
    (void)detail;
    survey.places = g_new(uint32_t, cluster->keys.count);
    memset(survey.places, 0xff, cluster->keys.count * sizeof *survey.places);
    sort_array(survey.losses, compare_losses);
    all = g_array_copy(survey.losses);
    merge(survey.losses);
    find_keys(&survey);
    look_at_stores(&survey);
    for (guint i = 0; i < cluster->node_count; i++) {
        look_at_hints(&survey, cluster->nodes[i]);
        look_at_writes(&survey, cluster->nodes[i]);
    }
    g_free(survey.places);
    drop_what_lives(survey.losses);
    tell_copies(&survey, all);
    g_ptr_array_add(cluster->surveys, survey.losses);
    engine_after(engine, ANSWERS_ARRIVE, &cluster->owner, &answers_arrived, cluster,
                 (uint64_t)engine_now(engine));
}

static void on_answers_arrived(void *self, void *subject, uint64_t detail)
{
    Cluster *cluster = subject;
    History *history = world_history(cluster->nodes[0]->component.world);
    g_autoptr(GArray) losses = g_ptr_array_steal_index(cluster->surveys, 0);

    (void)self;
    for (guint i = 0; i < losses->len; i++) {
        const Loss *loss = &g_array_index(losses, Loss, i);

        history_write_lost(history, loss->key, loss->left, loss->lost, (SimTime)detail);
    }
}

void losses_free(Cluster *cluster)
{
    g_clear_pointer(&cluster->losses, g_array_unref);
    g_clear_pointer(&cluster->surveys, g_ptr_array_unref);
}
