/* test_engine.c - clock, loop, lives, holding, fingerprint and flight recorder. */
#include "sim/engine/engine.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

typedef struct Actor {
    EventOwner owner;
    Engine *engine;
    GString *heard; /* letters of the events that ran */
} Actor;

static void actor_hear(void *self, void *subject, uint64_t detail)
{
    Actor *actor = self;

    ck_assert_ptr_null(subject);
    g_string_append_c(actor->heard, (char)detail);
}

static void actor_end(void *self, void *subject, uint64_t detail)
{
    Actor *actor = self;

    actor_hear(self, subject, detail);
    engine_stop(actor->engine);
}

static const EventType hear = {"test/hear", actor_hear};
static const EventType hear_otherwise = {"test/hear-otherwise", actor_hear};
static const EventType end = {"test/end", actor_end};

static Actor actor_make(Engine *engine, uint32_t id)
{
    return (Actor){{.id = id}, engine, g_string_new(NULL)};
}

static EventId actor_say(Actor *actor, SimTime time, char letter)
{
    return engine_at(actor->engine, time, &actor->owner, &hear, NULL, (uint64_t)letter);
}

static void actor_expect(Actor *actor, const char *heard)
{
    ck_assert_str_eq(actor->heard->str, heard);
}

static void actor_clear(Actor *actor)
{
    g_string_free(actor->heard, TRUE);
}

START_TEST(events_of_one_instant_run_as_they_were_scheduled)
{
    Engine *engine = engine_new(1);
    Actor actor = actor_make(engine, 1);

    actor_say(&actor, 5, 'b');
    actor_say(&actor, 5, 'c');
    actor_say(&actor, 4, 'a');
    actor_say(&actor, 6, 'd');
    engine_run(engine, 5);
    actor_expect(&actor, "abc");
    ck_assert_int_eq(engine_now(engine), 5);
    engine_run(engine, 100);
    actor_expect(&actor, "abcd");
    ck_assert_int_eq(engine_now(engine), 100);
    ck_assert_uint_eq(engine_count_run(engine), 4);
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

START_TEST(a_stop_leaves_the_clock_at_its_event)
{
    Engine *engine = engine_new(1);
    Actor actor = actor_make(engine, 1);

    engine_at(engine, 7, &actor.owner, &end, NULL, 'x');
    actor_say(&actor, 7, 'y');
    engine_run(engine, 50);
    actor_expect(&actor, "x");
    ck_assert_int_eq(engine_now(engine), 7);
    engine_run(engine, 50);
    actor_expect(&actor, "xy");
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

START_TEST(events_of_a_former_life_do_not_happen)
{
    Engine *engine = engine_new(1);
    Actor actor = actor_make(engine, 1);

    actor_say(&actor, 5, 'a');
    actor.owner.incarnation++;
    actor_say(&actor, 6, 'b');
    engine_run(engine, 10);
    actor_expect(&actor, "b");
    ck_assert_uint_eq(engine_count_run(engine), 1);
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

START_TEST(cancelling_what_has_run_is_harmless)
{
    Engine *engine = engine_new(1);
    Actor actor = actor_make(engine, 1);
    EventId first = actor_say(&actor, 1, 'a');
    EventId second;

    engine_run(engine, 2);
    second = actor_say(&actor, 3, 'b');
    ck_assert(!engine_cancel(engine, first));
    ck_assert(!engine_cancel(engine, first));
    ck_assert_int_eq(engine_time_of(engine, second), 3);
    engine_run(engine, 4);
    actor_expect(&actor, "ab");
    ck_assert_int_eq(engine_time_of(engine, second), SIM_NEVER);
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

START_TEST(a_moved_event_runs_behind_those_of_its_new_time)
{
    Engine *engine = engine_new(1);
    Actor actor = actor_make(engine, 1);
    EventId moved = actor_say(&actor, 1, 'a');

    actor_say(&actor, 3, 'b');
    ck_assert(engine_move(engine, moved, 3));
    engine_run(engine, 10);
    actor_expect(&actor, "ba");
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

START_TEST(what_comes_due_for_a_held_owner_happens_at_its_release_in_order)
{
    Engine *engine = engine_new(1);
    Actor frozen = actor_make(engine, 1);
    Actor other = actor_make(engine, 2);
    EventId cancelled;

    actor_say(&frozen, 2, 'b');
    actor_say(&frozen, 1, 'a');
    cancelled = actor_say(&frozen, 3, 'x');
    actor_say(&frozen, 30, 'd');
    actor_say(&other, 2, 'o');
    engine_hold(engine, &frozen.owner);
    engine_run(engine, 10);
    actor_expect(&frozen, "");
    actor_expect(&other, "o");
    ck_assert_uint_eq(engine_count_pending(engine), 4);
    ck_assert(engine_cancel(engine, cancelled));
    actor_say(&frozen, 10, 'c');
    engine_release(engine, &frozen.owner);
    engine_run(engine, 10);
    /* 'c' was scheduled for this instant before the release put the others behind it. */
    actor_expect(&frozen, "cab");
    engine_run(engine, 40);
    actor_expect(&frozen, "cabd");
    ck_assert_uint_eq(engine_count_pending(engine), 0);
    actor_clear(&frozen);
    actor_clear(&other);
    engine_free(engine);
}
END_TEST

START_TEST(a_kept_event_is_void_when_its_owner_died_meanwhile)
{
    Engine *engine = engine_new(1);
    Actor actor = actor_make(engine, 1);

    actor_say(&actor, 1, 'a');
    engine_hold(engine, &actor.owner);
    engine_run(engine, 5);
    actor.owner.incarnation++;
    engine_release(engine, &actor.owner);
    engine_run(engine, 10);
    actor_expect(&actor, "");
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

static void actor_happen(void *self, void *subject, uint64_t detail)
{
    Actor *other = subject;

    engine_happen(other->engine, &other->owner, (uint32_t)detail, &hear, NULL, 'i');
    actor_hear(self, NULL, 'o');
}

static const EventType happen = {"test/happen", actor_happen};

START_TEST(an_event_can_happen_inside_another)
{
    Engine *engine = engine_new(1);
    Actor server = actor_make(engine, 1);
    Actor owner = actor_make(engine, 2);

    engine_at(engine, 1, &server.owner, &happen, &owner, 0);
    engine_at(engine, 2, &server.owner, &happen, &owner, 1); /* of another life */
    engine_run(engine, 5);
    actor_expect(&owner, "i");
    actor_expect(&server, "oo");
    ck_assert_uint_eq(engine_count_run(engine), 3);
    engine_hold(engine, &owner.owner);
    engine_at(engine, 6, &server.owner, &happen, &owner, 0);
    engine_run(engine, 7);
    actor_expect(&owner, "i");
    engine_release(engine, &owner.owner);
    engine_run(engine, 8);
    actor_expect(&owner, "ii");
    actor_clear(&server);
    actor_clear(&owner);
    engine_free(engine);
}
END_TEST

/* The fingerprint after one event of `type` on owner `id` at `time`. */
static uint64_t fingerprint_of(SimTime time, uint32_t id, const EventType *type)
{
    Engine *engine = engine_new(9);
    Actor actor = actor_make(engine, id);
    uint64_t fingerprint;

    engine_at(engine, time, &actor.owner, type, NULL, 'a');
    engine_run(engine, SIM_S);
    fingerprint = engine_fingerprint(engine);
    actor_clear(&actor);
    engine_free(engine);
    return fingerprint;
}

START_TEST(the_fingerprint_tells_time_owner_and_type)
{
    static const EventType namesake = {"test/hear", actor_hear};
    uint64_t plain = fingerprint_of(5, 1, &hear);

    ck_assert_uint_eq(plain, fingerprint_of(5, 1, &namesake));
    ck_assert_uint_ne(plain, fingerprint_of(6, 1, &hear));
    ck_assert_uint_ne(plain, fingerprint_of(5, 2, &hear));
    ck_assert_uint_ne(plain, fingerprint_of(5, 1, &hear_otherwise));
}
END_TEST

/* A fixed number: a change of the fold is a change of every golden fingerprint. */
START_TEST(the_fingerprint_is_the_same_everywhere)
{
    ck_assert_uint_eq(fingerprint_of(123456789, 7, &hear), UINT64_C(12659678220358845341));
}
END_TEST

/* More types than the table of names begins with; the second round has them at other addresses. */
START_TEST(many_types_keep_their_names_apart)
{
    enum { TYPES = 2000 };
    uint64_t fingerprints[2];

    for (int round = 0; round < 2; round++) {
        g_autofree EventType *types = g_new0(EventType, TYPES);
        g_autoptr(GStringChunk) names = g_string_chunk_new(4096);
        Engine *engine = engine_new(3);
        Actor actor = actor_make(engine, 1);

        for (int i = 0; i < TYPES; i++) {
            EventType *type = &types[round == 0 ? i : TYPES - 1 - i];
            g_autofree char *name = g_strdup_printf("test/type-%d", i);

            *type = (EventType){g_string_chunk_insert(names, name), actor_hear};
            engine_at(engine, i, &actor.owner, type, NULL, 'a');
            engine_at(engine, i + TYPES, &actor.owner, type, NULL, 'a');
        }
        engine_run(engine, 2 * TYPES);
        fingerprints[round] = engine_fingerprint(engine);
        actor_clear(&actor);
        engine_free(engine);
    }
    ck_assert_uint_eq(fingerprints[0], fingerprints[1]);
}
END_TEST

static void count_watched(void *context, SimTime time, const EventOwner *owner,
                          const EventType *type, void *subject, uint64_t detail)
{
    int *count = context;

    ck_assert_int_eq(time, 3);
    ck_assert_uint_eq(owner->id, 4);
    ck_assert_ptr_eq(type, &hear);
    ck_assert_ptr_null(subject);
    ck_assert_uint_eq(detail, 'w');
    (*count)++;
}

START_TEST(a_watcher_sees_each_event)
{
    Engine *engine = engine_new(1);
    Actor actor = actor_make(engine, 4);
    int count = 0;

    engine_watch(engine, count_watched, &count);
    actor_say(&actor, 3, 'w');
    engine_run(engine, 5);
    ck_assert_int_eq(count, 1);
    engine_watch(engine, NULL, NULL);
    actor_say(&actor, 6, 'v');
    engine_run(engine, 7);
    ck_assert_int_eq(count, 1);
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

START_TEST(streams_follow_seed_and_name_alone)
{
    Engine *engine = engine_new(5);
    Engine *same = engine_new(5);
    Rng first, second, other;

    engine_open_stream(engine, &other, "b/use");
    engine_open_stream(engine, &first, "a/use");
    engine_open_stream(same, &second, "a/use");
    ck_assert_uint_ne(rng_next(&other), rng_next(&first));
    rng_next(&second);
    ck_assert_uint_eq(rng_next(&first), rng_next(&second));
    engine_free(engine);
    engine_free(same);
}
END_TEST

/* What engine_print_flight writes, as text; caller frees. */
static char *flight_text(const Engine *engine)
{
    GString *text = g_string_new(NULL);
    char part[4096];
    ssize_t size;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    engine_print_flight(engine, ends[1]);
    close(ends[1]);
    while ((size = read(ends[0], part, sizeof(part))) > 0) {
        g_string_append_len(text, part, size);
    }
    close(ends[0]);
    return g_string_free(text, FALSE);
}

START_TEST(the_flight_recorder_prints_the_last_events_oldest_first)
{
    Engine *engine = engine_new(42);
    Actor actor = actor_make(engine, 6);
    g_autofree char *text = NULL;
    int lines = 0;

    for (int i = 0; i < 300; i++) {
        actor_say(&actor, SIM_S + i, 'a');
    }
    engine_run(engine, 2 * SIM_S);
    text = flight_text(engine);
    ck_assert(g_str_has_prefix(text, "seed 42, time 2.000000000s, last events:\n"
                                     "1.000000044s owner 6 test/hear 97\n"));
    ck_assert(g_str_has_suffix(text, "1.000000299s owner 6 test/hear 97\n"));
    for (const char *at = text; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    ck_assert_int_eq(lines, 1 + 256);
    actor_clear(&actor);
    engine_free(engine);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *tests = tcase_create("engine");

    tcase_add_test(tests, events_of_one_instant_run_as_they_were_scheduled);
    tcase_add_test(tests, a_stop_leaves_the_clock_at_its_event);
    tcase_add_test(tests, events_of_a_former_life_do_not_happen);
    tcase_add_test(tests, cancelling_what_has_run_is_harmless);
    tcase_add_test(tests, a_moved_event_runs_behind_those_of_its_new_time);
    tcase_add_test(tests, what_comes_due_for_a_held_owner_happens_at_its_release_in_order);
    tcase_add_test(tests, a_kept_event_is_void_when_its_owner_died_meanwhile);
    tcase_add_test(tests, an_event_can_happen_inside_another);
    tcase_add_test(tests, the_fingerprint_tells_time_owner_and_type);
    tcase_add_test(tests, the_fingerprint_is_the_same_everywhere);
    tcase_add_test(tests, many_types_keep_their_names_apart);
    tcase_add_test(tests, a_watcher_sees_each_event);
    tcase_add_test(tests, streams_follow_seed_and_name_alone);
    tcase_add_test(tests, the_flight_recorder_prints_the_last_events_oldest_first);
    suite_add_tcase(suite, tests);
    return suite;
}
