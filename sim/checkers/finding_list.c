/* finding_list.c - a row of findings, at most a hundred of each check. */
#include "sim/checkers/finding_list.h"

#define FINDINGS_MOST 100 /* kept of each check */

const char *const finding_checks[CHECKS] = {
    [CHECK_LOST] = "no-lost-acked-write",
    [CHECK_RESURRECTED] = "no-resurrected-delete",
    [CHECK_STALE] = "staleness-bound",
    [CHECK_BACK_IN_TIME] = "monotonic-reads",
    [CHECK_OWN_WRITE] = "read-your-writes",
    [CHECK_OVERWRITTEN] = "lww-overwrite",
    [CHECK_UPDATE_LOST] = "no-lost-update",
    [CHECK_NOT_LINEARIZABLE] = "linearizable",
    [CHECK_REPLICAS_DOWN] = "replicas-down-per-range",
    [CHECK_DIVERGED] = "converges",
};

typedef struct Row {
    Finding shown;
    char *text;
} Row;

struct FindingList {
    GArray *rows; /* of Row */
    guint counts[CHECKS];
    guint mildest; /* place of the least stale read kept, once there is no more room */
};

FindingList *finding_list_new(void)
{
    FindingList *list = g_new0(FindingList, 1);

    list->rows = g_array_new(false, false, sizeof(Row));
    return list;
}

void finding_list_free(FindingList *list)
{
    for (guint i = 0; i < list->rows->len; i++) {
        g_free(g_array_index(list->rows, Row, i).text);
    }
    g_array_unref(list->rows);
    g_free(list);
}

bool finding_list_wants(const FindingList *list, Check check, double value)
{
    return list->counts[check] < FINDINGS_MOST ||
           (check == CHECK_STALE &&
            value > g_array_index(list->rows, Row, list->mildest).shown.value);
}

static void find_mildest(FindingList *list)
{
    bool is_first = true;

    for (guint i = 0; i < list->rows->len; i++) {
        const Finding *shown = &g_array_index(list->rows, Row, i).shown;

        if (shown->invariant == finding_checks[CHECK_STALE] &&
            (is_first ||
             shown->value < g_array_index(list->rows, Row, list->mildest).shown.value)) {
            list->mildest = i;
            is_first = false;
        }
    }
}

void finding_list_add(FindingList *list, Check check, SimTime time, double value, char *proof)
{
    Row row = {{finding_checks[check], time, value, proof}, proof};

    g_assert_true(finding_list_wants(list, check, value));
    if (list->counts[check] < FINDINGS_MOST) {
        list->counts[check]++;
        g_array_append_val(list->rows, row);
    } else {
        Row *mildest = &g_array_index(list->rows, Row, list->mildest);

        g_free(mildest->text);
        *mildest = row;
    }
    if (check == CHECK_STALE && list->counts[check] == FINDINGS_MOST) {
        find_mildest(list);
    }
}

guint finding_list_count(const FindingList *list)
{
    return list->rows->len;
}

const Finding *finding_list_get(const FindingList *list, guint index)
{
    g_assert_cmpuint(index, <, list->rows->len);
    return &g_array_index(list->rows, Row, index).shown;
}
