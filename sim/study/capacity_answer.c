/* capacity_answer.c - which of the promised rates hold, in a few lines. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/study/capacity.h"

const char *capacity_word(const CapacityCase *one, double rate)
{
    const Frontier *frontier = one->frontier;

    switch (frontier->end) {
    case FRONTIER_ALWAYS:
        return g_array_index(frontier->points, FrontierPoint, frontier->points->len - 1).rate >=
                       rate
                   ? "holds"
                   : "is not decided";
    case FRONTIER_NEVER:
        return g_array_index(frontier->points, FrontierPoint, 0).rate <= rate ? "does not hold"
                                                                              : "is not decided";
    case FRONTIER_ENDED:
        return "is not decided";
    case FRONTIER_FOUND:
    case FRONTIER_WIDE:
        break;
    }
    bool is_sure = !frontier->is_wall || frontier->sure >= rate;

    return frontier->low >= rate && is_sure ? "holds"
           : frontier->high < rate          ? "does not hold"
                                            : "is not decided";
}

/* "3000 a second holds intact, without DC01; does not hold without DC03". */
static void add_rate(GString *text, const Capacity *capacity, double rate)
{
    static const char *const words[] = {"holds", "does not hold", "is not decided"};

    g_autofree char *number = words_value(rate, "1/s");

    g_string_append_printf(text, "  %s a second", number);
    for (guint i = 0, told = 0; i < G_N_ELEMENTS(words); i++) {
        guint with = 0;

        for (guint k = 0; k < capacity->cases->len; k++) {
            const CapacityCase *one = g_ptr_array_index(capacity->cases, k);

            if (strcmp(capacity_word(one, rate), words[i]) == 0) {
                const char *comma = with > 0 ? "," : told > 0 ? ";" : "";

                g_string_append_printf(text, "%s%s%s %s", comma, with == 0 ? " " : "",
                                       with == 0 ? words[i] : "", one->name);
                with++;
                told++;
            }
        }
    }
    g_string_append_c(text, '\n');
}

static bool holds_everywhere(const Capacity *capacity, double rate)
{
    for (guint i = 0; i < capacity->cases->len; i++) {
        if (strcmp(capacity_word(g_ptr_array_index(capacity->cases, i), rate), "holds") != 0) {
            return false;
        }
    }
    return true;
}

static void add_cpu(GString *text, const Capacity *capacity)
{
    const Frontier *frontier = capacity->cpu != NULL ? capacity->cpu->frontier : NULL;
    g_autoptr(GStringChunk) said = g_string_chunk_new(128);
    g_autofree char *most = NULL;

    if (frontier == NULL) {
        return;
    }
    if (isnan(frontier->rate)) {
        const FrontierPoint *points = (const FrontierPoint *)(const void *)frontier->points->data;

        g_string_append_printf(text,
                               "  %s: no limit was found between %s and %s of CPU a request\n",
                               capacity->cpu->name, words_in(said, points[0].rate, "s"),
                               words_in(said, points[frontier->points->len - 1].rate, "s"));
        return;
    }
    most = words_with_interval(frontier->rate, frontier->low, frontier->high, "s");
    g_string_append_printf(text, "  it stops holding (%s) at %s of CPU a request; now %s\n",
                           capacity->cpu->name, most, words_in(said, capacity->cpu_now_s, "s"));
}

char *capacity_answer(const Capacity *capacity)
{
    GString *text = g_string_new(NULL);
    const CapacityCase *worst = capacity_worst(capacity);
    g_autofree char *most = NULL;

    if (capacity->target_high <= 0) {
        return g_string_free(text, FALSE);
    }
    most = capacity_describe(worst);
    g_string_append_printf(
        text, "Answer: %s with %s; worst case, %s: %s%s%s\n",
        holds_everywhere(capacity, capacity->target_high) ? "the promise holds in full"
        : holds_everywhere(capacity, capacity->target_low)
            ? "the lower end of the promise holds"
            : "the promise does not hold, or not surely,",
        capacity->cases->len > 1 ? "every loss that was tried" : "nothing lost", worst->name, most,
        worst->frontier->binding != NULL ? "; first to give way: " : "",
        worst->frontier->binding != NULL ? worst->frontier->binding : "");
    add_rate(text, capacity, capacity->target_low);
    if (capacity->target_high > capacity->target_low) {
        add_rate(text, capacity, capacity->target_high);
    }
    add_cpu(text, capacity);
    return g_string_free(text, FALSE);
}
