/* history_requests.c - cells of one second and one set of labels, found by index and not by hash.
 * Latencies are kept as they are and become a histogram when the recorder asks: a cell holds some
 * hundred of them, a histogram has room for thousands. Seconds that are complete are handed over
 * and their cells used again, so that memory does not grow with the length of a run. */
#include "sim/world/history_requests.h"

#include "sim/base/sort.h"

#define SITES_MOST 256 /* sites of a world, "none" included */

typedef struct Cell {
    HistoryCell shown;
    int64_t *latencies;
    guint count, capacity;
} Cell;

/* One client, region and dc. */
typedef struct Series {
    const char *client;
    const Site *region, *dc;
    Cell **cells; /* by second since `first`; NULL where nothing was asked */
    guint first, capacity;
} Series;

typedef struct Client {
    const char *seen; /* the pointer that requests carry */
    Series **series;  /* [region][dc], shared by pointers of the same text */
} Client;

struct RequestBook {
    SimSpan lead;       /* from the begin of second 0 to time 0 */
    GArray *clients;    /* of Client: few, searched from the front */
    GPtrArray *tables;  /* of Series **, owned */
    GPtrArray *series;  /* of Series, owned */
    GPtrArray *cells;   /* of Cell, owned */
    GPtrArray *spare;   /* of Cell, owned: taken and to be used again */
    GArray *open;       /* uint32_t: announced and under way, by second since `taken` */
    guint taken;        /* seconds before it are gone */
    Histogram *latency; /* of the cell shown last */
    bool is_sorted;
};

static void series_free(void *item)
{
    Series *series = item;

    g_free(series->cells);
    g_free(series);
}

static void cell_free(void *item)
{
    Cell *cell = item;

    if (cell != NULL) {
        g_clear_pointer(&cell->shown.reasons, g_hash_table_unref);
        g_free(cell->latencies);
        g_free(cell);
    }
}

RequestBook *request_book_new(void)
{
    RequestBook *book = g_new0(RequestBook, 1);

    book->clients = g_array_new(false, false, sizeof(Client));
    book->tables = g_ptr_array_new_with_free_func(g_free);
    book->series = g_ptr_array_new_with_free_func(series_free);
    book->cells = g_ptr_array_new_with_free_func(cell_free);
    book->spare = g_ptr_array_new_with_free_func(cell_free);
    book->open = g_array_new(false, true, sizeof(uint32_t));
    book->latency = histogram_new();
    return book;
}

void request_book_free(RequestBook *book)
{
    g_array_free(book->clients, true);
    g_ptr_array_free(book->tables, true);
    g_ptr_array_free(book->series, true);
    g_ptr_array_free(book->cells, true);
    g_ptr_array_free(book->spare, true);
    g_array_free(book->open, true);
    histogram_free(book->latency);
    g_free(book);
}

static Series **request_book_add_client(RequestBook *book, const char *client)
{
    Client added = {.seen = client};

    for (guint i = 0; i < book->clients->len && added.series == NULL; i++) {
        const Client *known = &g_array_index(book->clients, Client, i);

        added.series = strcmp(known->seen, client) == 0 ? known->series : NULL;
    }
    if (added.series == NULL) {
        added.series = g_new0(Series *, SITES_MOST * SITES_MOST);
        g_ptr_array_add(book->tables, added.series);
    }
    g_array_append_val(book->clients, added);
    return added.series;
}

static Series **request_book_client(RequestBook *book, const char *client)
{
    for (guint i = 0; i < book->clients->len; i++) {
        const Client *known = &g_array_index(book->clients, Client, i);

        if (known->seen == client) {
            return known->series;
        }
    }
    return request_book_add_client(book, client);
}

static guint site_rank(const Site *site)
{
    return site != NULL ? site->index + 1 : 0;
}

static Series *request_book_series(RequestBook *book, const UserRequest *request)
{
    Series **table = request_book_client(book, request->client);
    guint region = site_rank(request->region), dc = site_rank(request->dc);
    Series **place = &table[region * SITES_MOST + dc];

    g_assert_cmpuint(region, <, SITES_MOST);
    g_assert_cmpuint(dc, <, SITES_MOST);
    if (*place == NULL) {
        *place = g_new0(Series, 1);
        (*place)->client = request->client;
        (*place)->region = request->region;
        (*place)->dc = request->dc;
        (*place)->first = book->taken;
        g_ptr_array_add(book->series, *place);
    }
    return *place;
}

static Cell *request_book_new_cell(RequestBook *book, const Series *series, guint second)
{
    Cell *cell = book->spare->len > 0
                     ? g_ptr_array_steal_index_fast(book->spare, book->spare->len - 1)
                     : g_new0(Cell, 1);

    cell->shown = (HistoryCell){.second = second,
                                .begin = (SimTime)second * SIM_S - book->lead,
                                .client = series->client,
                                .region = series->region,
                                .dc = series->dc};
    cell->count = 0;
    g_ptr_array_add(book->cells, cell);
    book->is_sorted = false;
    return cell;
}

static Cell *request_book_find(RequestBook *book, Series *series, guint second)
{
    guint place = second - series->first;

    g_assert_cmpuint(second, >=, series->first); /* else it was not announced */
    if (place >= series->capacity) {
        guint capacity = MAX(2 * series->capacity, place + 64);

        series->cells = g_renew(Cell *, series->cells, capacity);
        memset(series->cells + series->capacity, 0, sizeof(Cell *) * (capacity - series->capacity));
        series->capacity = capacity;
    }
    if (series->cells[place] == NULL) {
        series->cells[place] = request_book_new_cell(book, series, second);
    }
    return series->cells[place];
}

static void cell_add_latency(Cell *cell, SimSpan latency)
{
    if (cell->count == cell->capacity) {
        cell->capacity = MAX(2 * cell->capacity, 8);
        cell->latencies = g_renew(int64_t, cell->latencies, cell->capacity);
    }
    cell->latencies[cell->count++] = latency;
}

static void cell_add_reason(HistoryCell *cell, const char *reason)
{
    gpointer count;

    if (cell->reasons == NULL) {
        cell->reasons = g_hash_table_new(g_str_hash, g_str_equal);
    }
    count = g_hash_table_lookup(cell->reasons, reason);
    g_hash_table_insert(cell->reasons, (void *)(uintptr_t)reason, (void *)((uintptr_t)count + 1));
}

void request_book_set_epoch(RequestBook *book, SimTime epoch)
{
    g_assert_cmpuint(book->cells->len, ==, 0);
    book->lead = (SIM_S - epoch % SIM_S) % SIM_S;
}

static guint request_book_second(const RequestBook *book, SimTime time)
{
    return (guint)((time + book->lead) / SIM_S);
}

void request_book_begin(RequestBook *book, SimTime intended)
{
    guint place = request_book_second(book, intended) - book->taken;

    g_assert_cmpuint(request_book_second(book, intended), >=, book->taken);
    if (place >= book->open->len) {
        g_array_set_size(book->open, place + 1);
    }
    g_array_index(book->open, uint32_t, place)++;
}

static void request_book_end(RequestBook *book, guint second)
{
    guint place = second - book->taken;

    if (place < book->open->len && g_array_index(book->open, uint32_t, place) > 0) {
        g_array_index(book->open, uint32_t, place)--;
    }
}

void request_book_add(RequestBook *book, const UserRequest *request)
{
    guint second = request_book_second(book, request->intended);
    Cell *cell = request_book_find(book, request_book_series(book, request), second);

    request_book_end(book, second);
    g_assert_cmpint(request->ended, >=, request->intended);
    g_assert_cmpuint(request->attempts, >=, 1);
    cell->shown.attempts += request->attempts;
    if (request->is_ok) {
        cell->shown.ok++;
        cell->shown.late += request->is_late ? 1 : 0;
        cell_add_latency(cell, request->ended - request->intended);
    } else {
        cell->shown.failed++;
        cell_add_reason(&cell->shown, request->reason != NULL ? request->reason : "unknown");
    }
}

SimTime request_book_taken_until(const RequestBook *book)
{
    return MAX((SimTime)book->taken * SIM_S - book->lead, 0);
}

guint request_book_count(const RequestBook *book)
{
    return book->cells->len;
}

static gint cell_compare(gconstpointer a, gconstpointer b)
{
    const HistoryCell *one = &(*(Cell *const *)a)->shown, *other = &(*(Cell *const *)b)->shown;
    int order;

    if (one->second != other->second) {
        return one->second < other->second ? -1 : 1;
    }
    order = strcmp(one->client, other->client);
    if (order != 0) {
        return order;
    }
    if (site_rank(one->region) != site_rank(other->region)) {
        return site_rank(one->region) < site_rank(other->region) ? -1 : 1;
    }
    return (site_rank(one->dc) > site_rank(other->dc)) -
           (site_rank(one->dc) < site_rank(other->dc));
}

static void request_book_sort(RequestBook *book)
{
    if (!book->is_sorted) {
        sort_pointers(book->cells, cell_compare);
        book->is_sorted = true;
    }
}

static const HistoryCell *request_book_show(RequestBook *book, Cell *cell)
{
    histogram_reset(book->latency);
    for (guint i = 0; i < cell->count; i++) {
        histogram_add(book->latency, cell->latencies[i]);
    }
    cell->shown.latency = book->latency;
    return &cell->shown;
}

const HistoryCell *request_book_cell(RequestBook *book, guint index)
{
    g_assert_cmpuint(index, <, book->cells->len);
    request_book_sort(book);
    return request_book_show(book, g_ptr_array_index(book->cells, index));
}

/* --- taking ----------------------------------------------------------------------------------- */

/* The first second that is not complete. */
static guint request_book_complete(const RequestBook *book, SimTime now)
{
    guint second = book->taken, current = request_book_second(book, now);

    while (second < current && (second - book->taken >= book->open->len ||
                                g_array_index(book->open, uint32_t, second - book->taken) == 0)) {
        second++;
    }
    return second;
}

SimTime request_book_settled(const RequestBook *book, SimTime now)
{
    return (SimTime)request_book_complete(book, now) * SIM_S - book->lead;
}

static void series_forget(Series *series, guint second)
{
    guint gone = MIN(second - series->first, series->capacity);
    guint left = series->capacity - gone;

    if (gone > 0) {
        memmove(series->cells, series->cells + gone, sizeof(Cell *) * left);
        memset(series->cells + left, 0, sizeof(Cell *) * gone);
    }
    series->first = second;
}

static void request_book_forget(RequestBook *book, guint second, guint cells)
{
    for (guint i = 0; i < cells; i++) {
        Cell *cell = g_ptr_array_index(book->cells, i);

        g_clear_pointer(&cell->shown.reasons, g_hash_table_unref);
        g_ptr_array_add(book->spare, cell);
        g_ptr_array_index(book->cells, i) = NULL;
    }
    g_ptr_array_remove_range(book->cells, 0, cells);
    for (guint i = 0; i < book->series->len; i++) {
        series_forget(g_ptr_array_index(book->series, i), second);
    }
    g_array_remove_range(book->open, 0, MIN(second - book->taken, book->open->len));
    book->taken = second;
}

void request_book_take(RequestBook *book, SimTime now, HistoryEachCell *each, void *context)
{
    guint second = request_book_complete(book, now);
    guint taken = 0;

    if (second == book->taken) {
        return;
    }
    request_book_sort(book);
    for (; taken < book->cells->len; taken++) {
        Cell *cell = g_ptr_array_index(book->cells, taken);

        if (cell->shown.second >= second) {
            break;
        }
        each(request_book_show(book, cell), context);
    }
    request_book_forget(book, second, taken);
}
