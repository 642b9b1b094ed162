/* fleet_mpi.c - replications handed out to ranks: a worker waits for an index, runs that
 * replication, sends the bytes of its file and waits again, until the index is the end. */
#include "sim/cli/fleet.h"

#include <mpi.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/file_whole.h"
#include "sim/run/campaign.h"

enum { TAG_HEAD = 1, TAG_BYTES, TAG_ORDER, ORDER_END = -1 };

/* What a worker says before its bytes. */
typedef struct Head {
    int run;
    int bytes; /* 0: it could not be run there; rank 0 runs it and says why */
} Head;

void fleet_begin(int *argc, char ***argv)
{
    MPI_Init(argc, argv);
}

int fleet_size(void)
{
    int size = 1;

    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

static int rank(void)
{
    int own = 0;

    MPI_Comm_rank(MPI_COMM_WORLD, &own);
    return own;
}

bool fleet_is_worker(void)
{
    return rank() != 0;
}

/* --- rank 0 --------------------------------------------------------------------------------- */

/* Takes what a worker sends; `from` receives who it is. */
static bool take(const char *directory, int *from, GError **error)
{
    Head head;
    MPI_Status status;
    bool is_kept = true;

    MPI_Recv(&head, 2, MPI_INT, MPI_ANY_SOURCE, TAG_HEAD, MPI_COMM_WORLD, &status);
    *from = status.MPI_SOURCE;
    if (head.bytes > 0) {
        g_autofree char *bytes = g_malloc((gsize)head.bytes);
        g_autofree char *path = campaign_run_path(directory, (guint)head.run);

        MPI_Recv(bytes, head.bytes, MPI_BYTE, *from, TAG_BYTES, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        is_kept = file_write_whole(path, bytes, (size_t)head.bytes, error);
    }
    return is_kept;
}

static void give(int worker, int order)
{
    MPI_Send(&order, 1, MPI_INT, worker, TAG_ORDER, MPI_COMM_WORLD);
}

static bool is_there(const char *directory, guint run)
{
    g_autofree char *path = campaign_run_path(directory, run);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Between rounds all workers wait; in each round whoever has sent its bytes gets the next index. */
bool fleet_fetch(void *context, const char *directory, guint first, guint end, GError **error)
{
    guint next = first;
    int under_way = 0;
    bool is_good = true;

    (void)context;
    for (int worker = 1; worker < fleet_size(); worker++) {
        while (next < end && is_there(directory, next)) {
            next++;
        }
        if (next < end) {
            give(worker, (int)next++);
            under_way++;
        }
    }
    while (under_way > 0) {
        int from;

        is_good = take(directory, &from, is_good ? error : NULL) && is_good;
        under_way--;
        while (next < end && is_there(directory, next)) {
            next++;
        }
        if (is_good && next < end) {
            give(from, (int)next++);
            under_way++;
        }
    }
    return is_good;
}

void fleet_end(void)
{
    for (int worker = 1; rank() == 0 && worker < fleet_size(); worker++) {
        give(worker, ORDER_END);
    }
    MPI_Finalize();
}

/* --- workers -------------------------------------------------------------------------------- */

/* The bytes of one replication's own file, or nothing. Caller frees. */
static char *run_one(const Scenario *scenario, const Options *options, const Kind *const *kinds,
                     int run, gsize *size)
{
    g_autofree char *path =
        g_strdup_printf("%s/dcdrill-rank-%ld-%d.sqlite", g_get_tmp_dir(), (long)getpid(), run);
    g_autoptr(DiagList) diags = scenario_diags_new(scenario);
    RunOrder order = {
        .scenario = scenario, .kinds = kinds, .run = run, .until = options->until, .path = path};
    char *bytes = NULL;

    *size = 0;
    if (run_execute(&order, diags, NULL) && !g_file_get_contents(path, &bytes, size, NULL)) {
        *size = 0;
    }
    unlink(path);
    if (*size > G_MAXINT32) { /* one message holds no more: it is run by rank 0 */
        *size = 0;
    }
    return bytes;
}

static void serve(const Scenario *scenario, const Options *options, const Kind *const *kinds)
{
    int order = ORDER_END;

    MPI_Recv(&order, 1, MPI_INT, 0, TAG_ORDER, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    while (order != ORDER_END) {
        gsize size = 0;
        g_autofree char *bytes =
            scenario != NULL ? run_one(scenario, options, kinds, order, &size) : NULL;
        Head head = {order, (int)size};

        MPI_Send(&head, 2, MPI_INT, 0, TAG_HEAD, MPI_COMM_WORLD);
        if (size > 0) {
            MPI_Send(bytes, (int)size, MPI_BYTE, 0, TAG_BYTES, MPI_COMM_WORLD);
        }
        MPI_Recv(&order, 1, MPI_INT, 0, TAG_ORDER, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
}

int fleet_work(const Options *options, const Kind *const *kinds)
{
    bool is_ours =
        options != NULL && strcmp(options->command, "run") == 0 && options->files->len == 1;
    ScenarioChanges changes = is_ours ? options_changes(options) : (ScenarioChanges){0};
    g_autoptr(DiagList) diags = NULL;
    g_autoptr(Scenario) scenario =
        is_ours ? scenario_read(g_ptr_array_index(options->files, 0), &changes, kinds, &diags)
                : NULL;

    serve(scenario, options, kinds);
    g_clear_pointer(&diags, diag_list_free); /* it looks into the scenario */
    return EXIT_PASSED;
}
