/* operation_log.c - a row of statements; when it is full, every second key is forgotten. */
#include "sim/checkers/operation_log.h"

/* One key in a million is sample enough; what is still too much then is one key. */
#define SAMPLE_BITS_MOST 20

struct OperationLog {
    GArray *rows; /* of Operation, numbers rising */
    size_t most;
    uint64_t last; /* number given last */
    unsigned sample_bits;
    SimTime ends;
};

OperationLog *operation_log_new(size_t most)
{
    OperationLog *log = g_new0(OperationLog, 1);

    g_assert_cmpuint(most, >=, 2);
    log->rows = g_array_new(false, false, sizeof(Operation));
    log->most = most;
    log->ends = SIM_NEVER;
    return log;
}

void operation_log_free(OperationLog *log)
{
    if (log != NULL) {
        g_array_unref(log->rows);
        g_free(log);
    }
}

/* Finalizer of splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t mix(uint64_t word)
{
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

static bool is_sampled(const OperationLog *log, uint64_t key)
{
    return (mix(key) & ((UINT64_C(1) << log->sample_bits) - 1)) == 0;
}

bool operation_log_follows(const OperationLog *log, uint64_t key)
{
    return log->ends == SIM_NEVER && is_sampled(log, key);
}

/* Forgets every second key, until a quarter of the room is free. */
static void make_room(OperationLog *log, SimTime now)
{
    while (log->rows->len > log->most / 4 * 3 && log->sample_bits < SAMPLE_BITS_MOST) {
        guint kept = 0;

        log->sample_bits++;
        for (guint i = 0; i < log->rows->len; i++) {
            const Operation *row = &g_array_index(log->rows, Operation, i);

            if (is_sampled(log, row->key)) {
                g_array_index(log->rows, Operation, kept++) = *row;
            }
        }
        g_array_set_size(log->rows, kept);
    }
    if (log->rows->len >= log->most) {
        log->ends = now;
    }
}

uint64_t operation_log_begin(OperationLog *log, const Operation *operation)
{
    Operation row = *operation;

    if (operation_log_follows(log, row.key) && log->rows->len >= log->most) {
        make_room(log, row.invoked);
    }
    if (!operation_log_follows(log, row.key)) {
        return 0;
    }
    row.number = ++log->last;
    g_array_append_val(log->rows, row);
    return row.number;
}

Operation *operation_log_get(OperationLog *log, uint64_t number)
{
    guint low = 0, high = log->rows->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        Operation *row = &g_array_index(log->rows, Operation, middle);

        if (row->number == number) {
            return row;
        }
        if (row->number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const Operation *operation_log_all(const OperationLog *log, size_t *count)
{
    *count = log->rows->len;
    return (const Operation *)(void *)log->rows->data;
}

uint64_t operation_log_one_in(const OperationLog *log)
{
    return UINT64_C(1) << log->sample_bits;
}

SimTime operation_log_ends(const OperationLog *log)
{
    return log->ends;
}
