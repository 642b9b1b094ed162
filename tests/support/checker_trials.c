/* checker_trials.c - many histories, one after the other. */
#include "tests/support/checker_trials.h"

#include <string.h>

#include "sim/checkers/range_watch.h"
#include "sim/checkers/serial_proof.h"
#include "tests/support/checker_story.h"
#include "tests/support/serial_story.h"

#define HISTORIES_A_BOOK 1000 /* keys and sessions of all of them are different */

/* --- data ------------------------------------------------------------------------------------- */

/* Counts of the story by the book; the judge agrees. */
static StoryCounts play(DataBook *book, const Story *story, uint64_t number)
{
    DataTotals before = data_book_totals(book), after;
    StoryCounts judged = story_judge(story), counted;

    story_tell(story, book);
    after = data_book_totals(book);
    counted = story_counted(&before, &after);
    for (guint i = 0; i < CHECKS; i++) {
        if (counted.each[i] != judged.each[i]) {
            g_error("history %u: '%s' was counted %u times and is true %u times", (guint)number,
                    finding_checks[i], (guint)counted.each[i], (guint)judged.each[i]);
        }
    }
    if (judged.staleness_most > after.staleness_most) {
        g_error("history %u: a staler read was missed", (guint)number);
    }
    return counted;
}

typedef void MakeStory(Story *story, Check check);

/* Plays `histories` of a kind; `each` looks at what was counted. */
static void play_all(guint histories, const char *stream, MakeStory *make, Check check,
                     void (*look)(const StoryCounts *counts, Check check, uint64_t number))
{
    DataBook *book = data_book_new();
    Rng rng;

    rng_init(&rng, 20261122, stream);
    for (uint64_t i = 0; i < histories; i++) {
        Story story = story_new(&rng, i % HISTORIES_A_BOOK);
        StoryCounts counts;

        if (i > 0 && i % HISTORIES_A_BOOK == 0) {
            data_book_free(book);
            book = data_book_new();
        }
        make(&story, check);
        counts = play(book, &story, i);
        look(&counts, check, i);
        story_clear(&story);
    }
    data_book_free(book);
}

static void make_legal(Story *story, Check check)
{
    (void)check;
    story_make_legal(story);
}

static void make_wild(Story *story, Check check)
{
    (void)check;
    story_make_wild(story);
}

static void look_for_none(const StoryCounts *counts, Check check, uint64_t number)
{
    (void)check;
    for (guint i = 0; i < CHECKS; i++) {
        if (counts->each[i] != 0) {
            g_error("legal history %u: alarm of '%s'", (guint)number, finding_checks[i]);
        }
    }
}

static void look_for_one(const StoryCounts *counts, Check check, uint64_t number)
{
    if (counts->each[check] == 0) {
        g_error("history %u: the planted violation of '%s' was missed", (guint)number,
                finding_checks[check]);
    }
}

static void look_for_nothing(const StoryCounts *counts, Check check, uint64_t number)
{
    (void)counts;
    (void)check;
    (void)number;
}

/* --- one order -------------------------------------------------------------------------------- */

static SerialAnswer judge(const GArray *rows)
{
    return serial_order_judge((const Operation *)(const void *)rows->data, rows->len, SIM_NEVER);
}

static void serial_legal(guint histories)
{
    Rng rng;

    rng_init(&rng, 20261122, "test/serial-legal");
    for (guint i = 0; i < histories; i++) {
        g_autoptr(GArray) rows = serial_story_legal(&rng, 4, 5);

        if (judge(rows) != SERIAL_ORDERED) {
            g_error("legal statements %u: no order was found", i);
        }
    }
}

/* What is left of a proof has no order; without any one statement that nobody needs it has one. */
static void check_proof(const GArray *rows, guint number)
{
    g_autoptr(GArray) proof =
        serial_proof_shorten((const Operation *)(const void *)rows->data, rows->len, SIM_NEVER);

    if (judge(proof) != SERIAL_IMPOSSIBLE || proof->len > 4 || serial_story_has_order(proof)) {
        g_error("statements %u: the proof of %u statements proves nothing", number, proof->len);
    }
}

static void serial_planted(guint histories)
{
    Rng rng;

    rng_init(&rng, 20261122, "test/serial-planted");
    for (guint i = 0; i < histories; i++) {
        g_autoptr(GArray) rows = serial_story_planted(&rng, i % SERIAL_PLANTS);

        if (judge(rows) != SERIAL_IMPOSSIBLE) {
            g_error("planted statements %u: the violation was missed", i);
        }
        if (i % 10 == 0) {
            check_proof(rows, i);
        }
    }
}

static void serial_wild(guint histories)
{
    guint ordered = 0;
    Rng rng;

    rng_init(&rng, 20261122, "test/serial-wild");
    for (guint i = 0; i < histories; i++) {
        g_autoptr(GArray) rows = serial_story_wild(&rng, 2 + (guint)rng_below(&rng, 5));
        bool has_order = serial_story_has_order(rows);

        if (judge(rows) != (has_order ? SERIAL_ORDERED : SERIAL_IMPOSSIBLE)) {
            g_error("statements %u: trying all orders says otherwise", i);
        }
        ordered += has_order;
    }
    g_assert_cmpuint(ordered, >, histories / 20);
    g_assert_cmpuint(ordered, <, histories - histories / 20);
}

/* --- ranges ----------------------------------------------------------------------------------- */

#define RANGES 6
#define REPLICAS 8
#define RANGE_COPIES 3

typedef struct Ring {
    uint32_t members[RANGES][RANGE_COPIES];
    bool is_down[REPLICAS];
    guint told; /* most that the watch has told of */
} Ring;

static void on_down(void *context, SimTime time, guint down, guint count, const char *names)
{
    Ring *ring = context;

    (void)time;
    (void)names;
    g_assert_cmpuint(count, ==, RANGE_COPIES);
    ring->told = MAX(ring->told, down);
}

static RangeWatch *make_ring(Rng *rng, Ring *ring, guint allowed)
{
    RangeWatch *watch = range_watch_new();

    for (uint32_t i = 0; i < REPLICAS; i++) {
        range_watch_replica(watch, i, "replica");
    }
    for (guint i = 0; i < RANGES; i++) {
        uint32_t first = (uint32_t)rng_below(rng, REPLICAS);

        for (uint32_t k = 0; k < RANGE_COPIES; k++) {
            ring->members[i][k] = (first + k) % REPLICAS;
        }
        range_watch_add(watch, ring->members[i], RANGE_COPIES);
    }
    range_watch_allow(watch, allowed, on_down, ring);
    return watch;
}

static guint most_down(const Ring *ring)
{
    guint most = 0;

    for (guint i = 0; i < RANGES; i++) {
        guint down = 0;

        for (guint k = 0; k < RANGE_COPIES; k++) {
            down += ring->is_down[ring->members[i][k]];
        }
        most = MAX(most, down);
    }
    return most;
}

/* One replica a step stops or comes back; in a legal history never so that more than `allowed` of a
 * range are down. */
static void play_ring(Rng *rng, guint number, guint allowed, bool is_legal)
{
    Ring ring = {.told = 0};
    RangeWatch *watch = make_ring(rng, &ring, allowed);
    guint most = 0, seen;
    SimTime since;

    for (SimTime time = 0; time < 20; time++) {
        uint32_t replica = (uint32_t)rng_below(rng, REPLICAS);

        ring.is_down[replica] = !ring.is_down[replica];
        if (is_legal && most_down(&ring) > allowed) {
            ring.is_down[replica] = false;
            continue;
        }
        range_watch_change(watch, replica, !ring.is_down[replica], time);
        most = MAX(most, most_down(&ring));
    }
    seen = range_watch_most(watch, &since);
    if (seen != most || ring.told != (most > allowed ? most : 0)) {
        g_error("deaths %u: %u were down at once, %u counted, %u told", number, most, seen,
                ring.told);
    }
    range_watch_free(watch);
}

static void ranges(guint histories, bool is_legal)
{
    Rng rng;

    rng_init(&rng, 20261122, is_legal ? "test/ranges-legal" : "test/ranges-wild");
    for (guint i = 0; i < histories; i++) {
        play_ring(&rng, i, 1 + i % 2, is_legal);
    }
}

/* --- all -------------------------------------------------------------------------------------- */

void checker_trial_legal(guint histories)
{
    play_all(histories, "test/legal", make_legal, CHECKS, look_for_none);
    serial_legal(histories);
    ranges(histories, true);
}

void checker_trial_planted(Check check, guint histories)
{
    if (check == CHECK_NOT_LINEARIZABLE) {
        serial_planted(histories);
    } else if (check == CHECK_REPLICAS_DOWN) {
        ranges(histories, false);
    } else {
        play_all(histories, finding_checks[check], story_make_planted, check, look_for_one);
    }
}

void checker_trial_wild(guint histories)
{
    play_all(histories, "test/wild", make_wild, CHECKS, look_for_nothing);
    serial_wild(histories);
}
