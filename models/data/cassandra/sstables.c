/* sstables.c - the tables of a node on disk, and which of them a compaction takes next. */
#include "models/data/cassandra/sstables.h"

#include "sim/base/sort.h"

#define BUCKET_LOW 0.5  /* bucket_low, bucket_high */
#define BUCKET_HIGH 1.5 /* of the mean size */
#define MIN_SSTABLE_BYTES (50 << 20)
#define FANOUT 10
#define LEVEL_0_MOST 32 /* MAX_COMPACTING_L0 */
#define FULL_LEVEL 1.001

void sstables_init(SsTables *tables)
{
    *tables = (SsTables){.tables = g_array_new(FALSE, FALSE, sizeof(SsTable)),
                         .sorted = g_array_new(FALSE, FALSE, sizeof(SsTable))};
}

void sstables_clear(SsTables *tables)
{
    g_clear_pointer(&tables->tables, g_array_unref);
    g_clear_pointer(&tables->sorted, g_array_unref);
}

static SsTable *table_at(const SsTables *tables, guint i)
{
    return &g_array_index(tables->tables, SsTable, i);
}

uint32_t sstables_add(SsTables *tables, int64_t size_bytes, guint level)
{
    SsTable table = {
        .size_bytes = size_bytes, .number = ++tables->last_number, .level = (uint8_t)level};

    g_assert_cmpint(size_bytes, >, 0);
    g_assert_cmpuint(level, <, SSTABLE_LEVELS);
    g_array_append_val(tables->tables, table);
    tables->size_bytes += size_bytes;
    return table.number;
}

/* Numbers rise. */
SsTable *sstables_find(const SsTables *tables, uint32_t number)
{
    guint low = 0, high = tables->tables->len;

    while (low < high) {
        guint middle = (low + high) / 2;

        if (table_at(tables, middle)->number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    g_assert_true(low < tables->tables->len && table_at(tables, low)->number == number);
    return table_at(tables, low);
}

void sstables_remove(SsTables *tables, uint32_t number)
{
    const SsTable *table = sstables_find(tables, number);

    tables->size_bytes -= table->size_bytes;
    g_array_remove_index(tables->tables, (guint)(table - table_at(tables, 0)));
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static void fill_tiers(SsTables *tables, int64_t left, int64_t size)
{
    int64_t count = MAX(1, left / size);
    int64_t digits[32];
    guint tiers = 0;

    for (; count > 0 && tiers < G_N_ELEMENTS(digits); count /= 4) {
        digits[tiers++] = count % 4;
    }
    while (tiers > 0) { /* the oldest, which are the largest, first */
        for (int64_t i = 0; i < digits[tiers - 1]; i++) {
            sstables_add(tables, MAX(1, size << 2 * (tiers - 1)), 0);
        }
        tiers--;
    }
}

static double level_most(const CompactionOptions *options, guint level)
{
    double most = (double)options->sstable_size * (level == 0 ? 4 : 1);

    for (; level > 0; level--) {
        most *= FANOUT;
    }
    return most;
}

static void fill_levels(SsTables *tables, const CompactionOptions *options, int64_t left)
{
    for (guint level = 1; left > 0 && level < SSTABLE_LEVELS; level++) {
        int64_t here = (int64_t)MIN((double)left, level_most(options, level));

        left -= here;
        for (; here > 0; here -= MIN(here, options->sstable_size)) {
            sstables_add(tables, MIN(here, options->sstable_size), level);
        }
    }
}

/* --- size tiers ---------------------------------------------------------------------------------
 */

static gint by_size(gconstpointer a, gconstpointer b)
{
    const SsTable *one = a, *other = b;

    if (one->size_bytes != other->size_bytes) {
        return one->size_bytes < other->size_bytes ? -1 : 1;
    }
    return one->number < other->number ? -1 : 1;
}

/* Those of `level` that are free, by size. */
static void sort_free(SsTables *tables, guint level)
{
    g_array_set_size(tables->sorted, 0);
    for (guint i = 0; i < tables->tables->len; i++) {
        const SsTable *table = table_at(tables, i);

        if (!table->is_compacting && table->level == level) {
            g_array_append_val(tables->sorted, *table);
        }
    }
    sort_array(tables->sorted, by_size);
}

/* The end of the bucket that begins at `first` of the sorted tables: they come in order of size, so
 * that each belongs to the bucket before it or begins a new one. */
static guint bucket_end(const GArray *sorted, guint first)
{
    double sum = 0;
    guint i = first;

    for (; i < sorted->len; i++) {
        double size = (double)g_array_index(sorted, SsTable, i).size_bytes;
        double mean = i == first ? size : sum / (i - first);
        bool is_alike = size > mean * BUCKET_LOW && size < mean * BUCKET_HIGH;

        if (!is_alike && !(size < MIN_SSTABLE_BYTES && mean < MIN_SSTABLE_BYTES)) {
            break;
        }
        sum += size;
    }
    return i;
}

static bool choose_tier(SsTables *tables, const CompactionOptions *options, guint level,
                        GArray *numbers)
{
    sort_free(tables, level);
    for (guint first = 0, end; first < tables->sorted->len; first = end) {
        end = bucket_end(tables->sorted, first);
        if (end - first >= options->min_threshold) {
            end = MIN(end, first + (guint)options->max_threshold);
            for (guint i = first; i < end; i++) {
                g_array_append_val(numbers, g_array_index(tables->sorted, SsTable, i).number);
            }
            return true;
        }
    }
    return false;
}

static guint pending_tiers(SsTables *tables, const CompactionOptions *options, guint level)
{
    guint most = (guint)options->max_threshold, pending = 0;

    sort_free(tables, level);
    for (guint first = 0, end; first < tables->sorted->len; first = end) {
        end = bucket_end(tables->sorted, first);
        pending += end - first >= options->min_threshold ? (end - first + most - 1) / most : 0;
    }
    return pending;
}

/* --- levels -------------------------------------------------------------------------------------
 */

typedef struct Level {
    guint count, free_count;
    double free_bytes;
} Level;

static Level look_at_level(const SsTables *tables, guint number)
{
    Level level = {0};

    for (guint i = 0; i < tables->tables->len; i++) {
        const SsTable *table = table_at(tables, i);

        if (table->level == number) {
            level.count++;
            level.free_count += table->is_compacting ? 0 : 1;
            level.free_bytes += table->is_compacting ? 0 : (double)table->size_bytes;
        }
    }
    return level;
}

/* The `count` oldest of a level: levelled tables take turns. Returns their bytes. */
static int64_t take_oldest(const SsTables *tables, guint level, guint count, GArray *numbers)
{
    int64_t bytes = 0;

    for (guint i = 0; i < tables->tables->len && count > 0; i++) {
        const SsTable *table = table_at(tables, i);

        if (table->level == level && !table->is_compacting) {
            g_array_append_val(numbers, table->number);
            bytes += table->size_bytes;
            count--;
        }
    }
    return bytes;
}

/* One table of a full level with those of the next one that it overlaps: its share of them. */
static bool choose_from_level(const SsTables *tables, guint level, GArray *numbers)
{
    Level here = look_at_level(tables, level), next = look_at_level(tables, level + 1);
    guint overlapping = (next.count + here.count - 1) / here.count;

    if (overlapping > next.free_count) { /* another compaction has them */
        return false;
    }
    take_oldest(tables, level, 1, numbers);
    take_oldest(tables, level + 1, overlapping, numbers);
    return true;
}

/* Tables of level 0 overlap all of level 1; as long as they are less than one full table they are
 * merged among themselves. */
static bool choose_from_level_0(const SsTables *tables, const CompactionOptions *options,
                                GArray *numbers, guint *target)
{
    Level here = look_at_level(tables, 0), next = look_at_level(tables, 1);
    int64_t bytes;

    if (here.free_count < 2) {
        return false;
    }
    bytes = take_oldest(tables, 0, MIN(here.free_count, LEVEL_0_MOST), numbers);
    *target = 0;
    if (bytes > options->sstable_size) {
        if (next.free_count < next.count) {
            g_array_set_size(numbers, 0);
            return false;
        }
        take_oldest(tables, 1, next.count, numbers);
        *target = 1;
    }
    return true;
}

static bool choose_level(SsTables *tables, const CompactionOptions *options, GArray *numbers,
                         guint *target)
{
    Level bottom = look_at_level(tables, 0);

    for (guint level = SSTABLE_LEVELS - 2; level > 0; level--) {
        if (look_at_level(tables, level).free_bytes <= FULL_LEVEL * level_most(options, level)) {
            continue;
        }
        *target = 0;
        if (bottom.free_count > LEVEL_0_MOST && choose_tier(tables, options, 0, numbers)) {
            return true;
        }
        *target = level + 1;
        if (choose_from_level(tables, level, numbers)) {
            return true;
        }
    }
    return choose_from_level_0(tables, options, numbers, target);
}

static guint pending_levels(const SsTables *tables, const CompactionOptions *options)
{
    double pending = 0;

    for (guint level = 0; level < SSTABLE_LEVELS; level++) {
        double over = look_at_level(tables, level).free_bytes - level_most(options, level);

        pending += over > 0 ? over / (double)options->sstable_size : 0;
    }
    return (guint)pending + (pending > (guint)pending ? 1 : 0);
}

/* --- either -------------------------------------------------------------------------------------
 */

/* Compactions that would have been done by now. */
static void merge_rest(SsTables *tables, const CompactionOptions *options)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    while (choose_tier(tables, options, 0, numbers)) {
        int64_t bytes = 0;

        for (guint i = 0; i < numbers->len; i++) {
            uint32_t number = g_array_index(numbers, uint32_t, i);

            bytes += sstables_find(tables, number)->size_bytes;
            sstables_remove(tables, number);
        }
        sstables_add(tables, bytes, 0);
        g_array_set_size(numbers, 0);
    }
}

void sstables_fill(SsTables *tables, const CompactionOptions *options, int64_t size_bytes,
                   int64_t flush_bytes)
{
    if (size_bytes <= 0) {
        return;
    }
    if (options->strategy == COMPACTION_LEVELED) {
        fill_levels(tables, options, size_bytes);
    } else {
        fill_tiers(tables, size_bytes, MIN(MAX(1, flush_bytes), size_bytes));
        merge_rest(tables, options);
    }
}

bool sstables_choose(SsTables *tables, const CompactionOptions *options, GArray *numbers,
                     guint *level)
{
    *level = 0;
    return options->strategy == COMPACTION_LEVELED ? choose_level(tables, options, numbers, level)
                                                   : choose_tier(tables, options, 0, numbers);
}

guint sstables_pending(SsTables *tables, const CompactionOptions *options)
{
    return options->strategy == COMPACTION_LEVELED ? pending_levels(tables, options)
                                                   : pending_tiers(tables, options, 0);
}

guint sstables_count_for_read(const SsTables *tables, const CompactionOptions *options)
{
    guint bottom;

    if (options->strategy == COMPACTION_SIZE_TIERED) {
        return tables->tables->len;
    }
    bottom = look_at_level(tables, 0).count;
    return bottom + (bottom < tables->tables->len ? 1 : 0);
}
