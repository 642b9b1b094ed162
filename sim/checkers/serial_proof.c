/* serial_proof.c - from a row of statements to findings. */
#include "sim/checkers/serial_proof.h"

#include "sim/base/sort.h"

#define TRIES_MOST 2000 /* of shortening one history */
#define TOLD_MOST 20    /* statements in one proof */

/* --- shortening ------------------------------------------------------------------------------- */

static bool is_impossible(const GArray *rows, SimTime ends)
{
    return serial_order_judge((const Operation *)(const void *)rows->data, rows->len, ends) ==
           SERIAL_IMPOSSIBLE;
}

/* Adds to `stays` who wrote what those that stay have found, and so on. */
static void keep_writers(const GArray *rows, bool *stays)
{
    g_autoptr(GHashTable) writers = g_hash_table_new(g_int64_hash, g_int64_equal);

    for (guint i = 0; i < rows->len; i++) {
        g_hash_table_insert(writers, &g_array_index(rows, Operation, i).value, GUINT_TO_POINTER(i));
    }
    for (guint i = 0; i < rows->len; i++) {
        for (guint at = i; stays[at];) {
            const Operation *row = &g_array_index(rows, Operation, at);
            gpointer writer = NULL;

            if (row->found == 0 ||
                !g_hash_table_lookup_extended(writers, &row->found, NULL, &writer) ||
                stays[GPOINTER_TO_UINT(writer)]) {
                break;
            }
            at = GPOINTER_TO_UINT(writer);
            stays[at] = true;
        }
    }
}

/* The rows without `size` of them from `begin` on, as far as nobody else needs them. */
static GArray *without(const GArray *rows, guint begin, guint size)
{
    g_autofree bool *stays = g_new(bool, rows->len);
    GArray *rest = g_array_new(false, false, sizeof(Operation));

    for (guint i = 0; i < rows->len; i++) {
        stays[i] = i < begin || i >= begin + size;
    }
    keep_writers(rows, stays);
    for (guint i = 0; i < rows->len; i++) {
        if (stays[i]) {
            g_array_append_val(rest, g_array_index(rows, Operation, i));
        }
    }
    return rest;
}

GArray *serial_proof_shorten(const Operation *rows, size_t count, SimTime ends)
{
    GArray *left = g_array_new(false, false, sizeof(Operation));
    guint tries = 0;
    guint size;

    g_array_append_vals(left, rows, (guint)count);
    for (size = MAX(left->len / 2, 1); size >= 1 && tries < TRIES_MOST;) {
        bool was_shortened = false;

        for (guint begin = 0; begin < left->len && tries < TRIES_MOST; tries++) {
            GArray *rest = without(left, begin, size);

            if (rest->len < left->len && is_impossible(rest, ends)) {
                g_array_unref(left);
                left = rest;
                was_shortened = true;
            } else {
                g_array_unref(rest);
                begin += size;
            }
        }
        if (size == 1 && !was_shortened) {
            break;
        }
        size = size > 1 ? size / 2 : 1;
    }
    return left;
}

/* --- words ------------------------------------------------------------------------------------ */

static void tell_outcome(GString *text, const Operation *row, SimTime epoch)
{
    if (row->outcome == OPERATION_OK) {
        g_string_append_printf(text, "answered at %.6f s", sim_span_to_s(row->ended - epoch));
    } else if (row->outcome == OPERATION_FAIL) {
        g_string_append(text, "failed");
    } else {
        g_string_append(text, "never known to have succeeded");
    }
}

static void tell_found(GString *text, int64_t found)
{
    if (found == 0) {
        g_string_append(text, "found nothing");
    } else {
        g_string_append_printf(text, "found %" G_GINT64_FORMAT, found);
    }
}

static void tell_row(GString *text, const Operation *row, SimTime epoch)
{
    static const char *const words[] = {[OPERATION_READ] = "read",
                                        [OPERATION_WRITE] = "write",
                                        [OPERATION_DELETE] = "delete",
                                        [OPERATION_CAS] = "compare-and-set"};

    g_string_append_printf(text, "%s%s through %s, asked at %.6f s, ",
                           row->is_serial ? "serial " : "plain ", words[row->kind], row->through,
                           sim_span_to_s(row->invoked - epoch));
    tell_outcome(text, row, epoch);
    g_string_append(text, ", ");
    if (row->kind == OPERATION_READ || row->kind == OPERATION_CAS) {
        tell_found(text, row->found);
    }
    if (row->value != 0) {
        g_string_append_printf(text, "%swrote %" G_GINT64_FORMAT,
                               row->kind == OPERATION_CAS ? " and " : "", row->value);
    } else if (row->kind == OPERATION_CAS) {
        g_string_append(text, " and wrote nothing");
    }
}

static char *tell(const GArray *rows, SimTime epoch)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text,
                           "no order of these %u statements on key %" G_GUINT64_FORMAT
                           " explains what was found",
                           rows->len, g_array_index(rows, Operation, 0).key);
    for (guint i = 0; i < MIN(rows->len, TOLD_MOST); i++) {
        g_string_append_printf(text, "%s(%u) ", i == 0 ? ": " : "; ", i + 1);
        tell_row(text, &g_array_index(rows, Operation, i), epoch);
    }
    if (rows->len > TOLD_MOST) {
        g_string_append_printf(text, "; and %u more", rows->len - TOLD_MOST);
    }
    return g_string_free(text, false);
}

/* --- all keys --------------------------------------------------------------------------------- */

static gint compare_rows(gconstpointer a, gconstpointer b)
{
    const Operation *one = a, *other = b;

    if (one->key != other->key) {
        return one->key < other->key ? -1 : 1;
    }
    return (one->number > other->number) - (one->number < other->number);
}

static bool has_serial(const Operation *rows, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (rows[i].is_serial) {
            return true;
        }
    }
    return false;
}

static void judge_key(SerialTotals *totals, const Operation *rows, guint count,
                      FindingList *findings, SimTime epoch)
{
    SerialAnswer answer = serial_order_judge(rows, count, totals->ends);

    totals->keys++;
    totals->statements += count;
    totals->keys_undecided += answer == SERIAL_UNDECIDED;
    if (answer != SERIAL_IMPOSSIBLE) {
        return;
    }
    totals->keys_impossible++;
    if (finding_list_wants(findings, CHECK_NOT_LINEARIZABLE, 1)) {
        g_autoptr(GArray) proof = serial_proof_shorten(rows, count, totals->ends);

        finding_list_add(findings, CHECK_NOT_LINEARIZABLE,
                         g_array_index(proof, Operation, proof->len - 1).invoked, 1,
                         tell(proof, epoch));
    }
}

SerialTotals serial_proof_find(const OperationLog *log, FindingList *findings, SimTime epoch)
{
    SerialTotals totals = {.one_in = operation_log_one_in(log), .ends = operation_log_ends(log)};
    g_autoptr(GArray) rows = g_array_new(false, false, sizeof(Operation));
    size_t count;
    const Operation *all = operation_log_all(log, &count);

    g_array_append_vals(rows, all, (guint)count);
    sort_array(rows, compare_rows);
    for (guint begin = 0, end; begin < rows->len; begin = end) {
        const Operation *first = &g_array_index(rows, Operation, begin);

        for (end = begin + 1;
             end < rows->len && g_array_index(rows, Operation, end).key == first->key;) {
            end++;
        }
        if (has_serial(first, end - begin)) {
            judge_key(&totals, first, end - begin, findings, epoch);
        }
    }
    return totals;
}
