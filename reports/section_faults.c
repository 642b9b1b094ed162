/* section_faults.c - what was done to the world, and what happened in it. */
#include <math.h>
#include <string.h>

#include "reports/sections.h"
#include "sim/base/words.h"

/* --- faults --------------------------------------------------------------------------------- */

/* An application of a fault over all replications that had it. */
typedef struct Applied {
    const ResultsFault *first;
    guint nth; /* which application of this fault in its replication */
    guint runs;
    SimTime applied_least, applied_most, lifted_least, lifted_most;
    int targets_least, targets_most, bit_least, bit_most;
} Applied;

static Applied *find_applied(GArray *all, const ResultsFault *fault, guint nth)
{
    Applied fresh = {fault,
                     nth,
                     0,
                     fault->applied,
                     fault->applied,
                     fault->lifted,
                     fault->lifted,
                     fault->targets,
                     fault->targets,
                     fault->bit,
                     fault->bit};

    for (guint i = 0; i < all->len; i++) {
        Applied *applied = &g_array_index(all, Applied, i);

        if (applied->nth == nth && strcmp(applied->first->name, fault->name) == 0) {
            return applied;
        }
    }
    g_array_append_val(all, fresh);
    return &g_array_index(all, Applied, all->len - 1);
}

static GArray *list_applied(const View *view)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Applied));
    guint count;
    const ResultsFault *faults = results_faults(view->results, &count);

    for (guint i = 0; i < count; i++) {
        const ResultsFault *fault = &faults[i];
        guint nth = 0;
        Applied *applied;

        for (guint j = 0; j < i; j++) {
            nth += faults[j].run == fault->run && strcmp(faults[j].name, fault->name) == 0 ? 1 : 0;
        }
        applied = find_applied(all, fault, nth);
        applied->runs++;
        applied->applied_least = MIN(applied->applied_least, fault->applied);
        applied->applied_most = MAX(applied->applied_most, fault->applied);
        applied->lifted_least = MIN(applied->lifted_least, fault->lifted);
        applied->lifted_most = MAX(applied->lifted_most, fault->lifted);
        applied->targets_least = MIN(applied->targets_least, fault->targets);
        applied->targets_most = MAX(applied->targets_most, fault->targets);
        applied->bit_least = MIN(applied->bit_least, fault->bit);
        applied->bit_most = MAX(applied->bit_most, fault->bit);
    }
    return all;
}

static char *join_times(SimTime least, SimTime most)
{
    g_autofree char *from = words_time(least);
    g_autofree char *to = words_time(most);

    return least == most ? g_steal_pointer(&from) : g_strdup_printf("%s to %s", from, to);
}

static char *join_counts(int least, int most)
{
    return least == most ? g_strdup_printf("%d", least) : g_strdup_printf("%d to %d", least, most);
}

static void put_fault(const Telling *telling, const Applied *applied)
{
    g_autofree char *begin = join_times(applied->applied_least, applied->applied_most);
    g_autofree char *end = join_times(applied->lifted_least, applied->lifted_most);
    g_autofree char *targets = join_counts(applied->targets_least, applied->targets_most);
    g_autofree char *bit = join_counts(applied->bit_least, applied->bit_most);

    page_row_begin(telling->page);
    page_cell(telling->page, applied->first->name);
    page_cell(telling->page, applied->first->func);
    page_cell(telling->page, begin);
    page_cell(telling->page, end);
    page_cell(telling->page, targets);
    page_cell_format(telling->page, "%s%s", bit, applied->bit_least == 0 ? " (nothing!)" : "");
    page_cell_format(telling->page, "%u of %u", applied->runs, telling->view->run_count);
    page_cell_class(telling->page, "prose", applied->first->targets_text);
    page_row_end(telling->page);
}

static void put_faults(const Telling *telling)
{
    static const char *const heads[] = {"Fault", "What",          "#Applied", "#Lifted", "#Targets",
                                        "#Bit",  "#Replications", "On",       NULL};
    g_autoptr(GArray) all = list_applied(telling->view);

    if (all->len == 0) {
        page_element(telling->page, "p", NULL, "Nothing was done to the world.");
        return;
    }
    page_table_begin(
        telling->page,
        "Faults. Times count from the end of the warm-up; 'bit' is on how many targets "
        "it changed anything. Ranges are over the replications; 'on' is that of the "
        "first.",
        heads);
    for (guint i = 0; i < all->len; i++) {
        put_fault(telling, &g_array_index(all, Applied, i));
    }
    page_table_end(telling->page);
}

/* --- what happened -------------------------------------------------------------------------- */

/* Occurrences of an event with the same labels at the same site, over all replications. */
typedef struct Happening {
    const ResultsOccurrence *first;
    double *counts;  /* of each replication */
    SimTime *begins; /* first time in each replication; SIM_NEVER without */
    SimTime last;
} Happening;

static void clear_happening(Happening *happening)
{
    g_free(happening->counts);
    g_free(happening->begins);
}

static bool is_alike(const ResultsOccurrence *a, const ResultsOccurrence *b)
{
    return g_strcmp0(a->event, b->event) == 0 && g_strcmp0(a->dc, b->dc) == 0 &&
           g_strcmp0(a->label1, b->label1) == 0 && g_strcmp0(a->value1, b->value1) == 0 &&
           g_strcmp0(a->label2, b->label2) == 0 && g_strcmp0(a->value2, b->value2) == 0;
}

static Happening *find_happening(GArray *all, const ResultsOccurrence *seen, guint runs)
{
    Happening fresh = {.first = seen, .last = seen->last};

    for (guint i = 0; i < all->len; i++) {
        if (is_alike(g_array_index(all, Happening, i).first, seen)) {
            return &g_array_index(all, Happening, i);
        }
    }
    fresh.counts = g_new0(double, MAX(runs, 1));
    fresh.begins = g_new(SimTime, MAX(runs, 1));
    for (guint i = 0; i < runs; i++) {
        fresh.begins[i] = SIM_NEVER;
    }
    g_array_append_val(all, fresh);
    return &g_array_index(all, Happening, all->len - 1);
}

static guint find_run(const View *view, int run)
{
    guint index = 0;

    while (index + 1 < view->run_count && view->runs[index].run != run) {
        index++;
    }
    return index;
}

static int compare_happenings(const void *a, const void *b)
{
    const ResultsOccurrence *left = ((const Happening *)a)->first;
    const ResultsOccurrence *right = ((const Happening *)b)->first;
    const int orders[] = {g_strcmp0(left->event, right->event), g_strcmp0(left->dc, right->dc),
                          g_strcmp0(left->value1, right->value1),
                          g_strcmp0(left->value2, right->value2),
                          g_strcmp0(left->label1, right->label1)};

    for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
        if (orders[i] != 0) {
            return orders[i];
        }
    }
    return g_strcmp0(left->label2, right->label2);
}

static GArray *list_happenings(const View *view)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Happening));
    guint count;
    const ResultsOccurrence *occurrences = results_occurrences(view->results, &count);

    g_array_set_clear_func(all, (GDestroyNotify)clear_happening);
    for (guint i = 0; i < count && view->run_count > 0; i++) {
        const ResultsOccurrence *seen = &occurrences[i];
        Happening *happening = find_happening(all, seen, view->run_count);
        guint run = find_run(view, seen->run);

        happening->counts[run] += (double)seen->count;
        happening->begins[run] = MIN(happening->begins[run], seen->first);
        happening->last = MAX(happening->last, seen->last);
    }
    if (all->len > 0) {
        qsort(all->data, all->len, sizeof(Happening), compare_happenings);
    }
    return all;
}

static char *describe_labels(const ResultsOccurrence *seen)
{
    GString *text = g_string_new(seen->dc != NULL ? "at " : "");

    g_string_append(text, seen->dc != NULL ? seen->dc : "");
    if (seen->label1 != NULL && seen->value1 != NULL) {
        g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", seen->label1,
                               seen->value1);
    }
    if (seen->label2 != NULL && seen->value2 != NULL) {
        g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", seen->label2,
                               seen->value2);
    }
    return g_string_free(text, FALSE);
}

/* The last begin of a fault in `run` not after `time`; SIM_NEVER without one. */
static SimTime find_cause(const View *view, int run, SimTime time)
{
    SimTime cause = SIM_NEVER;
    guint count;
    const ResultsFault *faults = results_faults(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == run && faults[i].applied <= time &&
            (cause == SIM_NEVER || faults[i].applied > cause)) {
            cause = faults[i].applied;
        }
    }
    return cause;
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right ? 1 : 0;
}

/* How long after the last fault it first happened: median, from the fastest to the slowest
 * replication. A dash when it happened before any fault in one of them. */
static void put_delay(const Telling *telling, const Happening *happening)
{
    const View *view = telling->view;
    g_autofree double *delays = g_new0(double, MAX(view->run_count, 1));
    guint known = 0;

    for (guint i = 0; i < view->run_count; i++) {
        SimTime first = happening->begins[i];
        SimTime cause = find_cause(view, view->runs[i].run, first);

        if (first == SIM_NEVER) {
            continue;
        }
        if (cause == SIM_NEVER) {
            page_cell(telling->page, WORDS_NONE);
            return;
        }
        delays[known++] = sim_span_to_s(first - cause);
    }
    qsort(delays, known, sizeof *delays, compare_numbers);
    g_autofree char *median = words_value(delays[(known - 1) / 2], "s");
    g_autofree char *range = words_interval(delays[0], delays[known - 1], "s");

    page_cell_range(telling->page, median, known > 1 ? range : NULL);
}

static void put_happening(const Telling *telling, const Happening *happening)
{
    const View *view = telling->view;
    Estimate mean = estimate_mean(happening->counts, view->run_count, view->confidence);
    g_autofree char *labels = describe_labels(happening->first);
    g_autofree char *last = words_time(happening->last);
    g_autofree char *count = words_count(mean.value);
    g_autofree char *low = words_count(fmax(mean.low, 0));
    g_autofree char *high = words_count(mean.high);
    g_autofree char *range =
        isnan(mean.low) ? NULL
                        : g_strdup_printf("[%s; %s]%s", low, high, mean.is_reliable ? "" : " *");
    g_autofree char *begins = NULL;
    SimTime earliest = SIM_NEVER;
    SimTime latest = G_MININT64;
    guint runs = 0;

    for (guint i = 0; i < view->run_count; i++) {
        if (happening->begins[i] != SIM_NEVER) {
            earliest = MIN(earliest, happening->begins[i]);
            latest = MAX(latest, happening->begins[i]);
            runs++;
        }
    }
    begins = join_times(earliest, latest);
    page_row_begin(telling->page);
    page_cell(telling->page, happening->first->event);
    page_cell(telling->page, labels);
    page_cell_range(telling->page, count, range);
    page_cell_format(telling->page, "%u of %u", runs, view->run_count);
    page_cell(telling->page, begins);
    put_delay(telling, happening);
    page_cell(telling->page, last);
    page_row_end(telling->page);
}

static void put_happenings(const Telling *telling)
{
    static const char *const heads[] = {
        "Event",         "Where, what", "#Times in a replication",
        "#Replications", "#First",      "#First after a fault began",
        "#Last",         NULL};
    const guint shown = 40;
    g_autoptr(GArray) all = list_happenings(telling->view);

    if (all->len == 0) {
        page_element(telling->page, "p", NULL, "Nothing worth a note happened.");
        return;
    }
    if (all->len > shown) {
        page_open(telling->page, "details", NULL);
        page_element_format(telling->page, "summary", NULL, "What happened: %u kinds of events",
                            all->len);
    }
    page_table_begin(
        telling->page,
        "What happened in the world. Times in a replication: mean, interval by Student's "
        "t. First: earliest to latest replication. After a fault began: how long it "
        "took from the last fault before it, median and fastest to slowest "
        "replication. * too few replications for a reliable interval.",
        heads);
    for (guint i = 0; i < all->len; i++) {
        put_happening(telling, &g_array_index(all, Happening, i));
    }
    page_table_end(telling->page);
    if (all->len > shown) {
        page_close(telling->page, "details");
    }
}

void section_faults(const Telling *telling)
{
    section_begin(telling, "faults", "What was done, and what happened");
    put_faults(telling);
    put_happenings(telling);
    section_end(telling);
}
