/* serial_order.c - a search for an order, by depth first. */
#include "sim/checkers/serial_order.h"

#include <string.h>

#define WINDOW_WORDS 4
#define WINDOW (64 * WINDOW_WORDS) /* statements that may overlap one that is not placed yet */
#define STATES_MOST 100000         /* branches looked at before giving up */

#define NOBODY UINT32_MAX

/* What has been placed so far, and what was written last. */
typedef struct Place {
    uint32_t first;                /* all rows before it are placed */
    uint32_t value;                /* row that wrote last; NOBODY: none */
    uint64_t placed[WINDOW_WORDS]; /* bits from `first` on */
} Place;

typedef struct Branch {
    Place place;
    uint32_t next; /* row to try next */
} Branch;

typedef struct Search {
    GArray *rows;         /* of Operation, those that must be placed */
    uint32_t *found;      /* by row: row that wrote what it found; NOBODY: nothing there */
    uint32_t *first_find; /* by row: the first that found what it wrote ... */
    uint32_t *next_find;  /* ... and by such a row the next one, in rising order; NOBODY: none */
    uint32_t first_of_nobody;
    GArray *stack;       /* of Branch */
    GHashTable *visited; /* of Place */
    bool is_too_wide, has_orphan;
} Search;

static bool is_write(const Operation *row)
{
    return row->value != 0;
}

static bool has_found(const Operation *row)
{
    return row->kind == OPERATION_READ || row->kind == OPERATION_CAS;
}

/* --- what is looked at ------------------------------------------------------------------------ */

/* Whether a row counts at all; those without an answer count when somebody found what they wrote.
 */
static bool counts(const Operation *row, GHashTable *looked_for)
{
    if (row->outcome == OPERATION_FAIL || (row->kind == OPERATION_READ && !row->is_serial)) {
        return false;
    }
    if (row->outcome == OPERATION_OK) {
        return is_write(row) || has_found(row);
    }
    return is_write(row) && g_hash_table_contains(looked_for, &row->value);
}

/* What somebody found who counts: a read that was answered, a CAS that was answered or whose own
 * value was found. Goes on until no unanswered CAS is left that counts now and did not before. */
static GHashTable *find_looked_for(const Operation *rows, size_t count)
{
    GHashTable *looked_for = g_hash_table_new(g_int64_hash, g_int64_equal);
    guint before;

    do {
        before = g_hash_table_size(looked_for);
        for (size_t i = count; i-- > 0;) {
            if (has_found(&rows[i]) && rows[i].found != 0 && counts(&rows[i], looked_for)) {
                g_hash_table_add(looked_for, (gpointer)&rows[i].found);
            }
        }
    } while (g_hash_table_size(looked_for) > before);
    return looked_for;
}

static SimTime end_of(const Operation *row)
{
    return row->outcome == OPERATION_OK ? row->ended : SIM_NEVER;
}

static GHashTable *gather_writers(Search *search)
{
    GHashTable *writers = g_hash_table_new(g_int64_hash, g_int64_equal);

    for (guint i = 0; i < search->rows->len; i++) {
        Operation *row = &g_array_index(search->rows, Operation, i);

        if (is_write(row)) {
            g_assert_false(g_hash_table_contains(writers, &row->value));
            g_hash_table_insert(writers, &row->value, GUINT_TO_POINTER(i));
        }
    }
    return writers;
}

static void link_finder(Search *search, uint32_t row, uint32_t writer)
{
    uint32_t *first = writer == NOBODY ? &search->first_of_nobody : &search->first_find[writer];

    search->found[row] = writer;
    search->next_find[row] = *first;
    *first = row;
}

static void link_all(Search *search)
{
    g_autoptr(GHashTable) writers = gather_writers(search);

    for (guint i = search->rows->len; i-- > 0;) {
        const Operation *row = &g_array_index(search->rows, Operation, i);
        gpointer writer = NULL;

        if (!has_found(row)) {
            continue;
        }
        if (row->found == 0) {
            link_finder(search, i, NOBODY);
        } else if (g_hash_table_lookup_extended(writers, &row->found, NULL, &writer)) {
            link_finder(search, i, GPOINTER_TO_UINT(writer));
        } else {
            search->has_orphan = true;
        }
    }
}

/* After `ends` writes may be missing: who found them proves nothing, and what a CAS wrote on top of
 * them was on top of anything. */
static void drop_unexplained(GArray *kept)
{
    g_autoptr(GHashTable) written = g_hash_table_new(g_int64_hash, g_int64_equal);
    guint left = 0;

    for (guint i = 0; i < kept->len; i++) {
        g_hash_table_add(written, &g_array_index(kept, Operation, i).value);
    }
    for (guint i = 0; i < kept->len; i++) {
        Operation *row = &g_array_index(kept, Operation, i);

        if (has_found(row) && row->found != 0 && !g_hash_table_contains(written, &row->found)) {
            row->kind = is_write(row) ? OPERATION_WRITE : OPERATION_READ;
            row->outcome = is_write(row) ? row->outcome : OPERATION_FAIL;
        }
    }
    for (guint i = 0; i < kept->len; i++) {
        if (g_array_index(kept, Operation, i).outcome != OPERATION_FAIL) {
            g_array_index(kept, Operation, left++) = g_array_index(kept, Operation, i);
        }
    }
    g_array_set_size(kept, left);
}

static GArray *gather_rows(const Operation *rows, size_t count, SimTime ends)
{
    g_autoptr(GHashTable) looked_for = find_looked_for(rows, count);
    GArray *kept = g_array_new(false, false, sizeof(Operation));

    for (size_t i = 0; i < count; i++) {
        if (counts(&rows[i], looked_for)) {
            g_array_append_val(kept, rows[i]);
        }
    }
    if (ends != SIM_NEVER) {
        drop_unexplained(kept);
    }
    return kept;
}

/* --- places ----------------------------------------------------------------------------------- */

static bool is_placed(const Place *place, uint32_t row)
{
    uint32_t bit = row - place->first;

    return row < place->first || (bit < WINDOW && (place->placed[bit / 64] >> (bit % 64) & 1) != 0);
}

static void shift_out(Place *place)
{
    while ((place->placed[0] & 1) != 0) {
        unsigned by = ~place->placed[0] == 0 ? 64 : (unsigned)__builtin_ctzll(~place->placed[0]);

        place->first += by;
        for (int i = 0; i < WINDOW_WORDS; i++) {
            uint64_t above = i + 1 < WINDOW_WORDS ? place->placed[i + 1] : 0;

            place->placed[i] = by == 64 ? above : place->placed[i] >> by | above << (64 - by);
        }
    }
}

static bool put(Search *search, Place *place, uint32_t row)
{
    uint32_t bit = row - place->first;

    if (bit >= WINDOW) {
        search->is_too_wide = true;
        return false;
    }
    place->placed[bit / 64] |= UINT64_C(1) << (bit % 64);
    shift_out(place);
    if (is_write(&g_array_index(search->rows, Operation, row))) {
        place->value = row;
    }
    return true;
}

static guint place_hash(gconstpointer key)
{
    const Place *place = key;
    uint64_t word = (uint64_t)place->first << 32 | place->value;

    for (int i = 0; i < WINDOW_WORDS; i++) {
        word = (word ^ place->placed[i]) * 0x9e3779b97f4a7c15u;
        word ^= word >> 29;
    }
    return (guint)word;
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
    const Place *one = a, *other = b;

    return one->first == other->first && one->value == other->value &&
           memcmp(one->placed, other->placed, sizeof one->placed) == 0;
}

/* --- the search ------------------------------------------------------------------------------- */

/* Rows from this one on cannot be next: something not placed ended before they were asked for. */
static uint32_t find_horizon(const Search *search, const Place *place)
{
    SimTime earliest = SIM_NEVER;
    uint32_t i = place->first;

    for (; i < search->rows->len; i++) {
        const Operation *row = &g_array_index(search->rows, Operation, i);

        if (row->invoked > earliest) {
            break;
        }
        if (!is_placed(place, i)) {
            earliest = MIN(earliest, end_of(row));
        }
    }
    return i;
}

/* How many that found the present value are not placed; `*one`: one of them. */
static uint32_t count_finders(const Search *search, const Place *place, uint32_t *one)
{
    uint32_t waiting = 0;
    uint32_t row =
        place->value == NOBODY ? search->first_of_nobody : search->first_find[place->value];

    for (; row != NOBODY; row = search->next_find[row]) {
        if (!is_placed(place, row)) {
            waiting++;
            *one = row;
        }
    }
    return waiting;
}

/* Places the reads of the present value that can be next. */
static bool place_reads(Search *search, Place *place)
{
    uint32_t horizon = find_horizon(search, place);
    uint32_t row =
        place->value == NOBODY ? search->first_of_nobody : search->first_find[place->value];

    for (; row != NOBODY; row = search->next_find[row]) {
        if (is_placed(place, row) || is_write(&g_array_index(search->rows, Operation, row))) {
            continue;
        }
        if (row >= horizon) {
            horizon = find_horizon(search, place);
        }
        if (row >= horizon) {
            break;
        }
        if (!put(search, place, row)) {
            return false;
        }
    }
    return true;
}

/* Whether `row` can be the next write: nobody else may still look for the present value. */
static bool can_follow(const Search *search, const Place *place, uint32_t row, uint32_t waiting,
                       uint32_t waits)
{
    const Operation *operation = &g_array_index(search->rows, Operation, row);

    if (is_placed(place, row) || !is_write(operation)) {
        return false;
    }
    if (operation->kind == OPERATION_CAS) {
        return search->found[row] == place->value && waiting == 1 && waits == row;
    }
    return waiting == 0;
}

static void push(Search *search, const Place *place)
{
    Branch branch = {.place = *place, .next = place->first};

    if (!g_hash_table_contains(search->visited, place)) {
        g_hash_table_add(search->visited, g_memdup2(place, sizeof *place));
        g_array_append_val(search->stack, branch);
    }
}

/* Tries the next write of the branch on top; takes the branch away when there is none. True when
 * everything is placed. */
static bool step(Search *search)
{
    Branch *top = &g_array_index(search->stack, Branch, search->stack->len - 1);
    uint32_t waits = NOBODY, waiting = count_finders(search, &top->place, &waits);
    uint32_t horizon = find_horizon(search, &top->place);
    Place place;

    while (top->next < horizon && !can_follow(search, &top->place, top->next, waiting, waits)) {
        top->next++;
    }
    if (top->next >= horizon) {
        g_array_set_size(search->stack, search->stack->len - 1);
        return false;
    }
    place = top->place;
    if (!put(search, &place, top->next++) || !place_reads(search, &place)) {
        return false;
    }
    if (place.first == search->rows->len) {
        return true;
    }
    push(search, &place);
    return false;
}

static SerialAnswer look(Search *search)
{
    Place place = {.value = NOBODY};

    if (search->has_orphan) {
        return SERIAL_IMPOSSIBLE;
    }
    if (!place_reads(search, &place)) {
        return SERIAL_UNDECIDED;
    }
    if (place.first == search->rows->len) {
        return SERIAL_ORDERED;
    }
    push(search, &place);
    while (search->stack->len > 0) {
        if (step(search)) {
            return SERIAL_ORDERED;
        }
        if (g_hash_table_size(search->visited) > STATES_MOST + search->rows->len) {
            return SERIAL_UNDECIDED;
        }
    }
    return search->is_too_wide ? SERIAL_UNDECIDED : SERIAL_IMPOSSIBLE;
}

SerialAnswer serial_order_judge(const Operation *rows, size_t count, SimTime ends)
{
    Search search = {.rows = gather_rows(rows, count, ends), .first_of_nobody = NOBODY};
    size_t size = (search.rows->len + 1) * sizeof(uint32_t);
    SerialAnswer answer;

    search.found = g_malloc(size);
    search.first_find = g_malloc(size);
    search.next_find = g_malloc(size);
    memset(search.first_find, 0xff, size);
    search.stack = g_array_new(false, false, sizeof(Branch));
    search.visited = g_hash_table_new_full(place_hash, place_equal, g_free, NULL);
    link_all(&search);
    answer = look(&search);
    g_array_unref(search.rows);
    g_array_unref(search.stack);
    g_hash_table_unref(search.visited);
    g_free(search.found);
    g_free(search.first_find);
    g_free(search.next_find);
    return answer;
}
