/* checker_story.c - histories by chance, and a judge by brute force. */
#include "tests/support/checker_story.h"

#define KEYS 2
#define SESSIONS 3

Story story_new(Rng *rng, uint64_t number)
{
    return (Story){.deeds = g_array_new(false, true, sizeof(Deed)),
                   .first_key = number * STORY_NAMES,
                   .first_session = 1 + number * STORY_NAMES,
                   .rng = rng};
}

void story_clear(Story *story)
{
    g_array_unref(story->deeds);
}

static gint compare_deeds(gconstpointer a, gconstpointer b)
{
    const Deed *one = a, *other = b;

    return (one->time > other->time) - (one->time < other->time);
}

static SimSpan some(Story *story, uint64_t most)
{
    return 1 + (SimSpan)rng_below(story->rng, most);
}

/* --- a store ---------------------------------------------------------------------------------- */

/* A statement on its way to the store. */
typedef struct Plan {
    SimTime happens; /* SIM_NEVER: never */
    bool is_answered;
    Deed deed;
} Plan;

static gint compare_plans(gconstpointer a, gconstpointer b)
{
    const Plan *one = a, *other = b;

    return (one->happens > other->happens) - (one->happens < other->happens);
}

/* Instants are unique: in each story each one that is drawn is a multiple of 1,024 and a number. */
static SimTime unique(GArray *plans, SimTime time)
{
    return time * 1024 + plans->len;
}

static void plan_purge(Story *story, GArray *plans, const Plan *delete)
{
    Plan purge = {.happens = unique(plans, delete->happens / 1024 + some(story, 40)),
                  .deed = {.type = DEED_PURGE, .key = delete->deed.key}};

    purge.deed.other = delete->happens; /* its version */
    purge.deed.time = purge.happens;
    g_array_append_val(plans, purge);
}

static void plan_session(Story *story, GArray *plans, uint64_t session, SimTime time)
{
    for (uint64_t left = 2 + rng_below(story->rng, 5); left > 0; left--) {
        double kind = rng_uniform(story->rng);
        Plan plan = {.is_answered = kind < 0.5 || !rng_chance(story->rng, 0.15)};
        DataRequest *request = &plan.deed.request;

        plan.deed.type = kind < 0.5 ? DEED_READ : DEED_WRITE;
        plan.deed.key = story->first_key + rng_below(story->rng, KEYS);
        *request = (DataRequest){.id = plans->len, .session = session, .is_delete = kind > 0.8};
        time += some(story, 10);
        request->invoked = time * 1024;
        time += some(story, 20);
        plan.happens = unique(plans, time + (plan.is_answered ? 0 : some(story, 50)));
        time += some(story, 10);
        request->ended = plan.deed.time = unique(plans, time);
        if (!plan.is_answered && rng_chance(story->rng, 0.5)) {
            plan.happens = SIM_NEVER;
        }
        g_array_append_val(plans, plan);
        if (request->is_delete && plan.deed.type == DEED_WRITE && plan.happens != SIM_NEVER &&
            rng_chance(story->rng, 0.5)) {
            plan_purge(story, plans, &plan);
        }
    }
}

typedef struct Shelf {
    int64_t version, purged;
    bool is_tombstone;
} Shelf;

static void happen(Story *story, Plan *plan, Shelf *shelf)
{
    Deed *deed = &plan->deed;

    switch (deed->type) {
    case DEED_WRITE:
        deed->version = plan->happens;
        *shelf = (Shelf){deed->version, shelf->purged, deed->request.is_delete};
        break;
    case DEED_READ:
        deed->version = shelf->is_tombstone && shelf->version <= shelf->purged ? 0 : shelf->version;
        deed->request.found_nothing = shelf->is_tombstone || deed->version == 0;
        break;
    default:
        deed->version = deed->other;
        deed->other = 0;
        shelf->purged = MAX(shelf->purged, deed->version);
        plan->is_answered = true;
        break;
    }
    if (plan->is_answered) {
        g_array_append_vals(story->deeds, deed, 1);
    }
}

static void add_final(Story *story, uint64_t key, int64_t newest, int64_t oldest, SimTime time)
{
    Deed final = {.type = DEED_FINAL, .key = key, .version = newest, .other = oldest, .time = time};

    g_array_append_val(story->deeds, final);
}

/* From `begin` on; the newest versions go to `newest`, and when all is over is returned. */
static SimTime make_middle(Story *story, SimTime begin, int64_t newest[KEYS])
{
    g_autoptr(GArray) plans = g_array_new(false, true, sizeof(Plan));
    Shelf shelves[KEYS] = {0};
    SimTime last = begin * 1024;

    for (uint64_t i = 0; i < SESSIONS; i++) {
        plan_session(story, plans, story->first_session + i, begin);
    }
    g_array_sort(plans, compare_plans);
    for (guint i = 0; i < plans->len; i++) {
        Plan *plan = &g_array_index(plans, Plan, i);

        if (plan->happens != SIM_NEVER) {
            happen(story, plan, &shelves[plan->deed.key - story->first_key]);
            last = MAX(last, MAX(plan->happens, plan->deed.time));
        }
    }
    g_array_sort(story->deeds, compare_deeds);
    for (int i = 0; i < KEYS; i++) {
        newest[i] = MAX(newest[i], shelves[i].version);
    }
    return last / 1024 + 1;
}

void story_make_legal(Story *story)
{
    int64_t newest[KEYS] = {0};
    SimTime end = make_middle(story, 1, newest);

    for (uint64_t i = 0; i < KEYS; i++) {
        add_final(story, story->first_key + i, newest[i], newest[i], end * 1024);
    }
}

/* --- wild ------------------------------------------------------------------------------------- */

/* A version that no other write of this story has. */
static int64_t fresh_version(Story *story)
{
    while (true) {
        int64_t version = 1 + (int64_t)rng_below(story->rng, 60);
        bool is_taken = false;

        for (guint i = 0; i < story->deeds->len; i++) {
            const Deed *deed = &g_array_index(story->deeds, Deed, i);

            is_taken |= deed->type == DEED_WRITE && deed->version == version;
        }
        if (!is_taken) {
            return version;
        }
    }
}

static int64_t any_version(Story *story, bool *is_delete)
{
    guint place = (guint)rng_below(story->rng, story->deeds->len + 1);

    *is_delete = false;
    if (place < story->deeds->len) {
        const Deed *deed = &g_array_index(story->deeds, Deed, place);

        *is_delete = deed->type == DEED_WRITE && deed->request.is_delete;
        return deed->type == DEED_FINAL ? 0 : deed->version;
    }
    return (int64_t)rng_below(story->rng, 60);
}

static void add_wild(Story *story, uint64_t session, SimTime *time)
{
    double kind = rng_uniform(story->rng);
    bool is_delete = kind < 0.15;
    Deed deed = {.type = kind < 0.4    ? DEED_WRITE
                         : kind < 0.9  ? DEED_READ
                         : kind < 0.96 ? DEED_PURGE
                                       : DEED_LOSE,
                 .key = story->first_key + rng_below(story->rng, KEYS)};

    deed.request = (DataRequest){.id = story->deeds->len, .session = session};
    deed.request.invoked = *time += some(story, 8);
    deed.request.ended = deed.time = *time += some(story, 8);
    if (deed.type == DEED_WRITE) {
        deed.version = fresh_version(story);
        deed.request.is_delete = is_delete;
    } else {
        deed.version = any_version(story, &is_delete);
        deed.request.found_nothing = is_delete || deed.version == 0;
        deed.other = deed.type == DEED_LOSE ? (int64_t)rng_below(story->rng, 60) : 0;
    }
    g_array_append_val(story->deeds, deed);
}

void story_make_wild(Story *story)
{
    for (uint64_t i = 0; i < SESSIONS; i++) {
        SimTime time = some(story, 10);

        for (uint64_t left = 3 + rng_below(story->rng, 6); left > 0; left--) {
            add_wild(story, story->first_session + i, &time);
        }
    }
    for (guint i = 0; i < story->deeds->len; i++) { /* no two at one instant */
        Deed *deed = &g_array_index(story->deeds, Deed, i);

        deed->request.invoked *= 64;
        deed->request.ended = deed->time = deed->time * 64 + i;
    }
    g_array_sort(story->deeds, compare_deeds);
    for (uint64_t i = 0; i < KEYS; i++) {
        Deed shown = {.type = DEED_SHOWN,
                      .key = story->first_key + i,
                      .version = 1 + (int64_t)rng_below(story->rng, 60),
                      .time = 1 << 20};
        int64_t newest = (int64_t)rng_below(story->rng, 60);

        add_final(story, shown.key, newest,
                  rng_chance(story->rng, 0.5) ? newest : newest - newest / 2, 1 << 20);
        g_array_append_val(story->deeds, shown);
    }
}

/* --- planted ---------------------------------------------------------------------------------- */

static void plant(Story *story, DeedType type, int64_t version, SimTime time, uint64_t session,
                  bool is_delete)
{
    Deed deed = {.type = type,
                 .key = story->first_key,
                 .version = version,
                 .time = time * 1024,
                 .request = {.id = 1000 + story->deeds->len,
                             .session = session,
                             .invoked = (time - 1) * 1024 + 512,
                             .ended = time * 1024,
                             .is_delete = is_delete}};

    g_array_append_val(story->deeds, deed);
}

/* The violation, from `at` on, of versions `first` to `first + 9`; needs ten instants. */
static void plant_all(Story *story, Check check, SimTime at, int64_t first)
{
    uint64_t me = story->first_session + SESSIONS, other = me + 1;
    int64_t older = first + (int64_t)rng_below(story->rng, 4), newer = older + some(story, 5);
    bool is_acked = rng_chance(story->rng, 0.5);

    switch (check) {
    case CHECK_STALE:
        plant(story, DEED_WRITE, older, at, me, false);
        plant(story, DEED_WRITE, newer, at + 1, me, false);
        plant(story, DEED_READ, older, at + 2, other, false);
        break;
    case CHECK_BACK_IN_TIME:
        plant(story, DEED_READ, newer, at, me, false); /* of a write without an answer */
        plant(story, DEED_READ, older, at + 1, me, false);
        break;
    case CHECK_OWN_WRITE:
        plant(story, DEED_WRITE, newer, at, me, is_acked);
        plant(story, DEED_READ, older, at + 1, me, false);
        break;
    case CHECK_OVERWRITTEN:
        plant(story, DEED_WRITE, newer, at, me, false);
        plant(story, DEED_WRITE, older, at + 1, other, is_acked);
        break;
    case CHECK_RESURRECTED:
        plant(story, DEED_WRITE, older, at, me, false);
        plant(story, DEED_WRITE, newer, at + 1, me, true);
        plant(story, DEED_PURGE, newer, at + 2, 0, false);
        plant(story, is_acked ? DEED_READ : DEED_SHOWN, older, at + 3, other, false);
        break;
    case CHECK_LOST:
        plant(story, DEED_WRITE, newer, at, me, false);
        if (is_acked) { /* and what follows hides it */
            plant(story, DEED_LOSE, newer, at + 1, 0, false);
            g_array_index(story->deeds, Deed, story->deeds->len - 1).other = newer - 1;
        }
        break;
    default:
        break;
    }
}

void story_make_planted(Story *story, Check check)
{
    bool is_first = rng_chance(story->rng, 0.5) && check != CHECK_LOST;
    int64_t newest[KEYS] = {0};
    SimTime end;
    int64_t top;

    if (is_first) {
        plant_all(story, check, 1, 1);
        newest[0] = 10;
    }
    end = make_middle(story, 20, newest);
    top = newest[0];
    if (!is_first) {
        plant_all(story, check, end + 1, top + 1);
        newest[0] = top + 10;
    }
    if (check == CHECK_LOST) {
        const Deed *last = &g_array_index(story->deeds, Deed, story->deeds->len - 1);

        newest[0] = last->type == DEED_LOSE ? last->version + 1 : top;
    }
    for (uint64_t i = 0; i < KEYS; i++) {
        bool is_split = check == CHECK_DIVERGED && i == 0;

        add_final(story, story->first_key + i, newest[i] + (is_split ? 1 : 0), newest[i],
                  (end + 20) * 1024);
    }
}

/* --- telling ---------------------------------------------------------------------------------- */

void story_tell(const Story *story, DataBook *book)
{
    for (guint i = 0; i < story->deeds->len; i++) {
        const Deed *deed = &g_array_index(story->deeds, Deed, i);

        switch (deed->type) {
        case DEED_WRITE:
            data_book_write(book, deed->key, deed->version, &deed->request);
            break;
        case DEED_READ:
            data_book_read(book, deed->key, deed->version, &deed->request);
            break;
        case DEED_PURGE:
            data_book_copy(
                book, &(CopyRow){deed->key, deed->version, deed->time, "DC01-db1", COPY_PURGED});
            break;
        case DEED_LOSE:
            data_book_lose(book, deed->key, deed->other, deed->version, deed->time);
            break;
        case DEED_FINAL:
            data_book_final(book, deed->key, deed->version, deed->other, deed->time);
            break;
        case DEED_SHOWN:
            data_book_final_shown(book, deed->key, deed->version, deed->time);
            break;
        }
    }
}

StoryCounts story_counted(const DataTotals *before, const DataTotals *after)
{
    StoryCounts counts = {0};

    counts.each[CHECK_LOST] = after->writes_lost - before->writes_lost;
    counts.each[CHECK_RESURRECTED] = after->resurrected - before->resurrected;
    counts.each[CHECK_STALE] = after->reads_stale - before->reads_stale;
    counts.each[CHECK_BACK_IN_TIME] = after->reads_back_in_time - before->reads_back_in_time;
    counts.each[CHECK_OWN_WRITE] = after->reads_without_own - before->reads_without_own;
    counts.each[CHECK_OVERWRITTEN] = after->writes_overwritten - before->writes_overwritten;
    counts.each[CHECK_DIVERGED] = after->keys_diverged - before->keys_diverged;
    return counts;
}
