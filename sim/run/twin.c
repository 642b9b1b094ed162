/* twin.c - two processes, two pipes, one comparison. */
#include "sim/run/twin.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/file_whole.h"
#include "sim/scenario/scenario_read.h"

/* Longer than the second that coarse clocks count. */
#define DELAY_US 1100000

/* Of a block of records, as a pipe takes it. */
#define RECORDS_MOST 880

/* What happened: an event, or the message that it brought. Types and words are constants of the
 * program, which both lives and their parent share. */
typedef struct Record {
    SimTime time;
    const EventType *type; /* NULL: a message */
    uint32_t component;    /* to whom */
    uint32_t from;         /* the rest, of a message: */
    uint32_t op, size_bytes, code, flags;
    uint64_t detail; /* of both */
    uint64_t request, key, version;
} Record;

/* --- a life --------------------------------------------------------------------------------- */

typedef struct Life {
    int pipe;
    const World *world;
    guint count;
    Record records[RECORDS_MOST];
} Life;

static void write_all(int pipe, const void *bytes, size_t size)
{
    const char *next = bytes;

    while (size > 0) {
        ssize_t written = write(pipe, next, size);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            _exit(1); /* nobody compares any more */
        }
        next += written;
        size -= (size_t)written;
    }
}

static void flush(Life *life)
{
    write_all(life->pipe, life->records, life->count * sizeof(Record));
    life->count = 0;
}

static void put(Life *life, Record record)
{
    life->records[life->count++] = record;
    if (life->count == RECORDS_MOST) {
        flush(life);
    }
}

/* Names of all components, by rank, before the first event. */
static void on_begin(void *context, const World *world)
{
    Life *life = context;
    g_autoptr(GString) names = g_string_new(NULL);
    uint64_t size;

    for (guint i = 0; i < world_count(world); i++) {
        g_string_append_len(names, world_component(world, i)->name,
                            (gssize)strlen(world_component(world, i)->name) + 1);
    }
    size = names->len;
    life->world = world;
    write_all(life->pipe, &size, sizeof size);
    write_all(life->pipe, names->str, names->len);
}

static void on_event(void *context, SimTime time, const EventOwner *owner, const EventType *type,
                     void *subject, uint64_t detail)
{
    (void)subject; /* an address */
    put(context, (Record){.time = time, .type = type, .component = owner->id, .detail = detail});
}

static void on_hop(void *context, SimTime time, const Component *to, const Message *message)
{
    put(context, (Record){.time = time,
                          .component = component_id(to),
                          .from = message->from != NULL ? component_id(message->from) : UINT32_MAX,
                          .op = message->op,
                          .size_bytes = message->size_bytes,
                          .code = message->code,
                          .flags = message->flags,
                          .detail = message->detail,
                          .request = message->request,
                          .key = message->key,
                          .version = (uint64_t)message->version});
}

/* Leaves bytes of `pattern` where variables of functions to come will stand. */
G_GNUC_NO_INLINE static void dirty_stack(int pattern)
{
    volatile char bytes[1 << 17];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)pattern;
    }
}

#define SHUFFLED 2048

/* Takes blocks of all small sizes and gives most of them back in another order: what is allocated
 * later lies where and in which order it likes. Whatever is kept is never given back. */
static void shuffle_heap(void)
{
    void *blocks[SHUFFLED];

    for (size_t i = 0; i < SHUFFLED; i++) {
        blocks[i] = g_malloc(16 + i * 40 % 1024);
    }
    for (size_t i = 0; i < SHUFFLED; i++) {
        size_t place = i * 805 % SHUFFLED; /* odd: each once */

        if (place % 5 != 0) {
            g_free(blocks[place]);
        }
    }
}

static void prepare_memory(bool is_second)
{
    int pattern = is_second ? 0xe7 : 0x18;

    mallopt(M_PERTURB, pattern);
    if (is_second) {
        shuffle_heap();
    }
    dirty_stack(pattern);
}

static int live(const TwinOrder *order, const char *path, int pipe, bool is_second)
{
    g_autofree Life *life = g_new0(Life, 1);
    g_autoptr(DiagList) diags = scenario_diags_new(order->scenario);
    RunOrder one = {.scenario = order->scenario,
                    .kinds = order->kinds,
                    .run = order->run,
                    .until = order->until,
                    .path = path,
                    .begin = on_begin,
                    .event = on_event,
                    .event_context = life,
                    .hop = on_hop,
                    .hop_context = life};

    life->pipe = pipe;
    prepare_memory(is_second);
    if (is_second && order->is_delayed) {
        usleep(DELAY_US);
    }
    if (!run_execute(&one, diags, NULL)) {
        flush(life);
        return 1;
    }
    flush(life);
    return 0;
}

/* --- the parent ----------------------------------------------------------------------------- */

/* One of the two, as the parent sees it. */
typedef struct Twin {
    pid_t pid;
    int pipe;
    char *path;
    char *names; /* of components, each ended by a zero */
    uint64_t names_size;
    guint count; /* of `records` */
    Record records[RECORDS_MOST];
} Twin;

static bool twin_begin(Twin *twin, const TwinOrder *order, bool is_second, GError **error)
{
    int ends[2];
    pid_t parent = getpid();

    if (pipe(ends) != 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "cannot make a pipe: %s", g_strerror(errno));
        return false;
    }
    twin->pid = fork();
    if (twin->pid == 0) {
        close(ends[0]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == parent ? live(order, twin->path, ends[1], is_second) : 1);
    }
    close(ends[1]);
    twin->pipe = ends[0];
    if (twin->pid < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "cannot start a process: %s", g_strerror(errno));
        return false;
    }
    return true;
}

/* As many bytes as there are, up to `size`. */
static size_t read_all(int pipe, void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = read(pipe, (char *)bytes + done, size - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        done += (size_t)count;
    }
    return done;
}

static void read_names(Twin *twin)
{
    if (read_all(twin->pipe, &twin->names_size, sizeof twin->names_size) !=
        sizeof twin->names_size) {
        twin->names_size = 0;
    }
    twin->names = g_malloc0(twin->names_size + 1);
    read_all(twin->pipe, twin->names, twin->names_size);
}

static void read_records(Twin *twin)
{
    twin->count =
        (guint)(read_all(twin->pipe, twin->records, sizeof twin->records) / sizeof(Record));
}

/* Ends it if need be; true when it came to its end by itself. */
static bool twin_end(Twin *twin, bool is_over)
{
    int status = 1;

    if (twin->pid > 0) {
        if (!is_over) {
            kill(twin->pid, SIGKILL);
        }
        while (waitpid(twin->pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    close(twin->pipe);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- what is said of a difference ----------------------------------------------------------- */

static void append_name(GString *text, const Twin *twin, uint32_t component)
{
    const char *name = twin->names;

    for (uint32_t i = 0; i < component && name < twin->names + twin->names_size; i++) {
        name += strlen(name) + 1;
    }
    if (name < twin->names + twin->names_size) {
        g_string_append_printf(text, "'%s'", name);
    } else {
        g_string_append_printf(text, "no component (%u)", component);
    }
}

static void append_record(GString *text, const Twin *twin, guint index)
{
    const Record *record = &twin->records[index];
    char time[SIM_SPAN_TEXT];

    if (index >= twin->count) {
        g_string_append(text, "nothing: it was over");
        return;
    }
    g_string_append_printf(text, "time %s, ", sim_span_print(record->time, time));
    if (record->type != NULL) {
        g_string_append_printf(text, "'%s' of ", record->type->name);
        append_name(text, twin, record->component);
        g_string_append_printf(text, ", detail %" G_GUINT64_FORMAT, record->detail);
        return;
    }
    g_string_append_printf(text, "message %u to ", record->op);
    append_name(text, twin, record->component);
    g_string_append(text, " from ");
    append_name(text, twin, record->from);
    g_string_append_printf(text,
                           ", %u bytes, code %u, flags %u, detail %" G_GUINT64_FORMAT
                           ", request %" G_GUINT64_FORMAT ", key %" G_GUINT64_FORMAT
                           ", version %" G_GUINT64_FORMAT,
                           record->size_bytes, record->code, record->flags, record->detail,
                           record->request, record->key, record->version);
}

static char *tell_difference(const Twin twins[2], guint index, uint64_t events)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(
        text, "after %" G_GUINT64_FORMAT " events that were the same\n  one life:   ", events);
    append_record(text, &twins[0], index);
    g_string_append(text, "\n  other life: ");
    append_record(text, &twins[1], index);
    return g_string_free(text, false);
}

/* Reads on while both say the same. */
static char *compare_events(Twin twins[2], uint64_t *events)
{
    read_names(&twins[0]);
    read_names(&twins[1]);
    do {
        read_records(&twins[0]);
        read_records(&twins[1]);
        for (guint i = 0; i < MAX(twins[0].count, twins[1].count); i++) {
            if (i >= MIN(twins[0].count, twins[1].count) ||
                memcmp(&twins[0].records[i], &twins[1].records[i], sizeof(Record)) != 0) {
                return tell_difference(twins, i, *events);
            }
            *events += twins[0].records[i].type != NULL ? 1 : 0;
        }
    } while (twins[0].count == RECORDS_MOST);
    return NULL;
}

/* The same events and other results: something was measured that did not happen. */
static char *compare_results(const Twin twins[2])
{
    g_autofree char *one = NULL, *other = NULL;
    gsize one_size = 0, other_size = 0;
    bool is_same = g_file_get_contents(twins[0].path, &one, &one_size, NULL) &&
                   g_file_get_contents(twins[1].path, &other, &other_size, NULL) &&
                   one_size == other_size && memcmp(one, other, one_size) == 0;

    return is_same ? NULL : g_strdup("all events are the same, but what was measured is not");
}

static void compare(const TwinOrder *order, Twin twins[2], TwinResult *result)
{
    result->difference = compare_events(twins, &result->events);

    bool is_over = result->difference == NULL;
    bool is_good[2] = {twin_end(&twins[0], is_over), twin_end(&twins[1], is_over)};

    if (is_over && is_good[0] != is_good[1]) {
        result->difference =
            g_strdup_printf("all events are the same, but the %s life did not end well",
                            is_good[0] ? "other" : "one");
    } else if (is_over && is_good[0]) {
        result->difference = compare_results(twins);
    }
    result->end = result->difference != NULL ? TWIN_DIFFERENT : is_good[0] ? TWIN_SAME : TWIN_DIED;
    unlink(twins[1].path);
    if (result->end != TWIN_SAME) {
        unlink(order->path);
    }
}

bool twin_run(const TwinOrder *order, TwinResult *result, GError **error)
{
    g_autofree Twin *twins = g_new0(Twin, 2);
    bool is_begun;

    *result = (TwinResult){.end = TWIN_DIED};
    twins[0].path = g_strdup(order->path);
    twins[1].path = g_strconcat(order->path, ".twin", NULL);
    is_begun = twin_begin(&twins[0], order, false, error);
    if (is_begun && !twin_begin(&twins[1], order, true, error)) {
        twin_end(&twins[0], false);
        unlink(order->path);
        is_begun = false;
    }
    if (is_begun) {
        compare(order, twins, result);
    }
    for (guint i = 0; i < 2; i++) {
        g_free(twins[i].path);
        g_free(twins[i].names);
    }
    return is_begun;
}
