/* serial_story.c - statements by chance, and all their orders. */
#include "tests/support/serial_story.h"

static SimSpan some(Rng *rng, uint64_t most)
{
    return 1 + (SimSpan)rng_below(rng, most);
}

static gint compare_asked(gconstpointer a, gconstpointer b)
{
    const Operation *one = a, *other = b;

    if (one->invoked != other->invoked) {
        return one->invoked < other->invoked ? -1 : 1;
    }
    return (one->number > other->number) - (one->number < other->number);
}

static GArray *in_order(GArray *rows)
{
    g_array_sort(rows, compare_asked);
    for (guint i = 0; i < rows->len; i++) {
        g_array_index(rows, Operation, i).number = i + 1;
    }
    return rows;
}

/* --- one register ----------------------------------------------------------------------------- */

/* A statement and when it happens; SIM_NEVER: never. */
typedef struct Plan {
    SimTime happens;
    bool wants_to; /* of a CAS: its condition holds */
    Operation row;
} Plan;

static gint compare_plans(gconstpointer a, gconstpointer b)
{
    const Plan *one = a, *other = b;

    if (one->happens != other->happens) {
        return one->happens < other->happens ? -1 : 1;
    }
    return (one->row.number > other->row.number) - (one->row.number < other->row.number);
}

static Plan make_plan(Rng *rng, SimTime *time, guint number)
{
    static const OperationKind kinds[] = {OPERATION_READ,  OPERATION_READ, OPERATION_CAS,
                                          OPERATION_CAS,   OPERATION_CAS,  OPERATION_WRITE,
                                          OPERATION_DELETE};
    Plan plan = {.wants_to = rng_chance(rng, 0.8)};
    double fate = rng_uniform(rng);

    plan.row.kind = kinds[rng_below(rng, G_N_ELEMENTS(kinds))];
    plan.row.is_serial = plan.row.kind == OPERATION_READ || plan.row.kind == OPERATION_CAS;
    plan.row.number = number;
    plan.row.through = "DC01-db1";
    plan.row.invoked = *time += some(rng, 10);
    plan.happens = *time += some(rng, 10);
    plan.row.ended = *time += some(rng, 10);
    plan.row.outcome = OPERATION_OK;
    if (fate < 0.15) {
        plan.row.outcome = OPERATION_UNKNOWN;
        plan.happens = fate < 0.05 ? SIM_NEVER : plan.happens + some(rng, 60);
        plan.row.ended = rng_chance(rng, 0.5) ? SIM_NEVER : plan.row.ended;
    } else if (fate < 0.2) {
        plan.row.outcome = OPERATION_FAIL;
        plan.happens = SIM_NEVER;
    }
    return plan;
}

static void happen(Plan *plan, int64_t *now, int64_t value)
{
    Operation *row = &plan->row;
    bool is_write = row->kind == OPERATION_WRITE || row->kind == OPERATION_DELETE ||
                    (row->kind == OPERATION_CAS && plan->wants_to);

    row->found = row->kind == OPERATION_READ || row->kind == OPERATION_CAS ? *now : 0;
    if (is_write) {
        row->value = value;
        *now = plan->happens != SIM_NEVER ? value : *now;
    }
}

GArray *serial_story_legal(Rng *rng, guint sessions, guint each)
{
    g_autoptr(GArray) plans = g_array_new(false, true, sizeof(Plan));
    GArray *rows = g_array_new(false, true, sizeof(Operation));
    int64_t now = 0;

    for (guint i = 0; i < sessions; i++) {
        SimTime time = some(rng, 10);

        for (guint left = 1 + (guint)rng_below(rng, each); left > 0; left--) {
            Plan plan = make_plan(rng, &time, plans->len + 1);

            g_array_append_val(plans, plan);
        }
    }
    g_array_sort(plans, compare_plans);
    for (guint i = 0; i < plans->len; i++) {
        Plan *plan = &g_array_index(plans, Plan, i);

        happen(plan, &now, 100 + i);
        g_array_append_val(rows, plan->row);
    }
    return in_order(rows);
}

/* --- planted ---------------------------------------------------------------------------------- */

static void plant(GArray *rows, OperationKind kind, SimTime invoked, int64_t found, int64_t value)
{
    Operation row = {.kind = kind,
                     .is_serial = kind == OPERATION_READ || kind == OPERATION_CAS,
                     .outcome = OPERATION_OK,
                     .through = "DC02-db1",
                     .number = rows->len + 1,
                     .invoked = invoked,
                     .ended = invoked + 5,
                     .found = found,
                     .value = value};

    g_array_append_val(rows, row);
}

GArray *serial_story_planted(Rng *rng, guint kind)
{
    GArray *rows = serial_story_legal(rng, 3, 4);
    SimTime at = 100000;

    plant(rows, OPERATION_WRITE, at, 0, 9001);
    switch (kind) {
    case 0: /* an old value is found after a newer one was acknowledged */
        plant(rows, OPERATION_CAS, at + 10, 9001, 9002);
        plant(rows, OPERATION_READ, at + 20, 9001, 0);
        break;
    case 1: /* two were conditional on the same */
        plant(rows, OPERATION_CAS, at + 10, 9001, 9002);
        plant(rows, OPERATION_CAS, at + 10 + some(rng, 9), 9001, 9003);
        break;
    case 2: /* one that failed is found */
        plant(rows, OPERATION_CAS, at + 10, 9001, 9002);
        g_array_index(rows, Operation, rows->len - 1).outcome = OPERATION_FAIL;
        plant(rows, OPERATION_READ, at + 20, 9002, 0);
        break;
    case 3: /* what nobody wrote is found, or nothing, or it before it was asked for */
        plant(rows, OPERATION_READ, at + 10, rng_chance(rng, 0.5) ? 8000 : 0, 0);
        plant(rows, OPERATION_READ, at - 90, 9001, 0);
        break;
    default: /* one without an answer is seen, then not, then seen */
        plant(rows, OPERATION_CAS, at + 10, 9001, 9002);
        g_array_index(rows, Operation, rows->len - 1).outcome = OPERATION_UNKNOWN;
        plant(rows, OPERATION_READ, at + 20, 9002, 0);
        plant(rows, OPERATION_READ, at + 30, 9001, 0);
        break;
    }
    return in_order(rows);
}

GArray *serial_story_wild(Rng *rng, guint count)
{
    GArray *rows = g_array_new(false, true, sizeof(Operation));

    for (guint i = 0; i < count; i++) {
        SimTime time = some(rng, 40);
        Plan plan = make_plan(rng, &time, i + 1);

        plan.row.found = (int64_t)rng_below(rng, count + 1);
        if (plan.row.kind == OPERATION_WRITE || plan.row.kind == OPERATION_DELETE) {
            plan.row.found = 0;
        }
        plan.row.value =
            plan.row.kind != OPERATION_READ && (plan.wants_to || plan.row.kind != OPERATION_CAS)
                ? (int64_t)i + 1
                : 0;
        g_array_append_val(rows, plan.row);
    }
    return in_order(rows);
}

/* --- all orders ------------------------------------------------------------------------------- */

typedef struct Trial {
    const GArray *rows;
    bool is_placed[64];
} Trial;

static const Operation *row_at(const Trial *trial, guint i)
{
    return &g_array_index(trial->rows, Operation, i);
}

static bool must_be_placed(const Operation *row)
{
    return row->outcome == OPERATION_OK;
}

/* Nothing that must still be placed had its answer before this was asked for. */
static bool may_be_next(const Trial *trial, const Operation *row)
{
    for (guint i = 0; i < trial->rows->len; i++) {
        if (!trial->is_placed[i] && must_be_placed(row_at(trial, i)) &&
            row_at(trial, i)->ended < row->invoked) {
            return false;
        }
    }
    return true;
}

static bool try_from(Trial *trial, int64_t now)
{
    bool is_over = true;

    for (guint i = 0; i < trial->rows->len; i++) {
        is_over &= trial->is_placed[i] || !must_be_placed(row_at(trial, i));
    }
    if (is_over) {
        return true;
    }
    for (guint i = 0; i < trial->rows->len; i++) {
        const Operation *row = row_at(trial, i);
        bool finds = row->kind == OPERATION_READ || row->kind == OPERATION_CAS;

        if (trial->is_placed[i] || row->outcome == OPERATION_FAIL || (finds && row->found != now) ||
            !may_be_next(trial, row)) {
            continue;
        }
        trial->is_placed[i] = true;
        if (try_from(trial, row->value != 0 ? row->value : now)) {
            return true;
        }
        trial->is_placed[i] = false;
    }
    return false;
}

bool serial_story_has_order(const GArray *rows)
{
    Trial trial = {.rows = rows};

    g_assert_cmpuint(rows->len, <=, 64);
    return try_from(&trial, 0);
}
