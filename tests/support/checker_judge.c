/* checker_judge.c - violations of a story, word for word and by looking through all of it. */
#include "tests/support/checker_story.h"

static const Deed *deed_at(const Story *story, guint i)
{
    return &g_array_index(story->deeds, Deed, i);
}

/* The answer had come when the other was asked. */
static bool was_before(const Deed *one, SimTime asked)
{
    return one->request.ended <= asked;
}

static bool is_write_of(const Deed *deed, uint64_t key)
{
    return deed->type == DEED_WRITE && deed->key == key;
}

/* The newest tombstone of `key` that was purged before deed number `until`. */
static int64_t purged_of(const Story *story, uint64_t key, guint until)
{
    int64_t purged = 0;

    for (guint i = 0; i < until; i++) {
        const Deed *deed = deed_at(story, i);

        if (deed->type == DEED_PURGE && deed->key == key) {
            purged = MAX(purged, deed->version);
        }
    }
    return purged;
}

/* Whether nothing newer had been acknowledged before: what was promised is that it is the newest.
 */
static bool was_newest(const Story *story, guint number)
{
    const Deed *write = deed_at(story, number);

    for (guint i = 0; i < number; i++) {
        if (is_write_of(deed_at(story, i), write->key) &&
            deed_at(story, i)->version > write->version) {
            return false;
        }
    }
    return true;
}

static bool is_deleted(const Story *story, guint number, SimTime asked)
{
    const Deed *shown = deed_at(story, number);
    int64_t purged = purged_of(story, shown->key, number);

    for (guint i = 0; i < number; i++) {
        const Deed *deed = deed_at(story, i);

        if (is_write_of(deed, shown->key) && deed->request.is_delete && was_newest(story, i) &&
            deed->version > shown->version && deed->version <= purged && was_before(deed, asked)) {
            return true;
        }
    }
    return false;
}

static void judge_read(const Story *story, guint number, StoryCounts *counts)
{
    const Deed *read = deed_at(story, number);
    int64_t shown = read->version != 0 ? read->version : purged_of(story, read->key, number);
    SimTime asked = read->request.invoked, earliest = SIM_NEVER;
    bool goes_back = false, misses_own = false;

    for (guint i = 0; i < number; i++) {
        const Deed *deed = deed_at(story, i);
        bool is_newer = deed->key == read->key && deed->version > shown && was_before(deed, asked);
        bool is_mine = deed->request.session == read->request.session;

        if (is_newer && deed->type == DEED_WRITE) {
            earliest = MIN(earliest, deed->request.ended);
        }
        goes_back |= is_newer && is_mine && deed->type == DEED_READ;
        misses_own |= is_newer && is_mine && deed->type == DEED_WRITE;
    }
    counts->each[CHECK_BACK_IN_TIME] += goes_back;
    counts->each[CHECK_OWN_WRITE] += misses_own;
    if (earliest != SIM_NEVER) {
        counts->each[CHECK_STALE]++;
        counts->staleness_most = MAX(counts->staleness_most, asked - earliest);
    }
    if (read->version > 0 && !read->request.found_nothing) {
        counts->each[CHECK_RESURRECTED] += is_deleted(story, number, asked);
    }
}

static void judge_write(const Story *story, guint number, StoryCounts *counts)
{
    const Deed *write = deed_at(story, number);

    for (guint i = 0; i < number; i++) {
        const Deed *deed = deed_at(story, i);

        if (is_write_of(deed, write->key) && deed->version > write->version &&
            was_before(deed, write->request.invoked)) {
            counts->each[CHECK_OVERWRITTEN]++;
            return;
        }
    }
}

/* Whether what one deed tells destroys an acknowledged version. */
static bool destroys(const Deed *deed, const Deed *write)
{
    if (deed->key != write->key) {
        return false;
    }
    if (deed->type == DEED_LOSE) {
        return write->version > deed->other && write->version <= deed->version;
    }
    return deed->type == DEED_FINAL && write->version > deed->version;
}

static bool is_lost(const Story *story, guint number)
{
    for (guint i = number + 1; i < story->deeds->len; i++) {
        if (destroys(deed_at(story, i), deed_at(story, number))) {
            return true;
        }
    }
    return false;
}

StoryCounts story_judge(const Story *story)
{
    StoryCounts counts = {0};

    for (guint i = 0; i < story->deeds->len; i++) {
        const Deed *deed = deed_at(story, i);

        if (deed->type == DEED_READ) {
            judge_read(story, i, &counts);
        } else if (deed->type == DEED_WRITE) {
            judge_write(story, i, &counts);
            counts.each[CHECK_LOST] += was_newest(story, i) && is_lost(story, i);
        } else if (deed->type == DEED_FINAL) {
            counts.each[CHECK_DIVERGED] += deed->version != deed->other;
        } else if (deed->type == DEED_SHOWN) {
            counts.each[CHECK_RESURRECTED] += is_deleted(story, i, deed->time);
        }
    }
    return counts;
}
