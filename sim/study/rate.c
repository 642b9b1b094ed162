/* rate.c - the offered load of a scenario as one number. */
#include "sim/study/rate.h"

#include <math.h>
#include <string.h>

#include "sim/base/sim_time.h"
#include "sim/config/json_place.h"

/* One value that is turned: a number, or "before" MEAN "after" of a law. */
typedef struct Turn {
    char *pointer;
    double number;        /* of a rate; 0: a law */
    char *before, *after; /* of the mean */
    double mean_s;
    double per_s; /* what it offers now */
} Turn;

struct Rate {
    GPtrArray *turns;
    double offered;
};

static void turn_free(Turn *turn)
{
    g_free(turn->pointer);
    g_free(turn->before);
    g_free(turn->after);
    g_free(turn);
}

void rate_free(Rate *rate)
{
    if (rate != NULL) {
        g_ptr_array_unref(rate->turns);
        g_free(rate);
    }
}

static bool refuse(GError **error, const char *pointer, const char *why)
{
    g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG, "'%s' %s", pointer, why);
    return false;
}

static void add_turn(Rate *rate, const char *pointer, Turn turn)
{
    Turn *copy = g_new(Turn, 1);

    *copy = turn;
    copy->pointer = g_strdup(pointer);
    g_ptr_array_add(rate->turns, copy);
    rate->offered += turn.per_s;
}

static bool add_number(Rate *rate, const char *pointer, double value, SimSpan unit, GError **error)
{
    if (!(value > 0)) {
        return refuse(error, pointer, "must be above 0 to be a load");
    }
    add_turn(rate, pointer, (Turn){.number = value, .per_s = value / sim_span_to_s(unit)});
    return true;
}

/* "exponential(mean=1ms)", or a plain "1ms". */
static bool add_law(Rate *rate, const char *pointer, const char *text, GError **error)
{
    const char *mean = strstr(text, "mean=");
    const char *begin = mean != NULL ? mean + strlen("mean=") : text;
    gsize length = mean != NULL ? strcspn(begin, ",) ") : strlen(begin);
    g_autofree char *number = g_strndup(begin, length);
    SimSpan span;

    if (!sim_span_parse(number, &span) || span <= 0) {
        return refuse(error, pointer, "is no law with a mean, like \"exponential(mean=1ms)\"");
    }
    add_turn(rate, pointer,
             (Turn){.before = g_strndup(text, (gsize)(begin - text)),
                    .after = g_strdup(begin + length),
                    .mean_s = sim_span_to_s(span),
                    .per_s = 1 / sim_span_to_s(span)});
    return true;
}

static bool add_value(Rate *rate, const char *pointer, const cJSON *value, SimSpan unit,
                      GError **error)
{
    if (cJSON_IsNumber(value)) {
        return add_number(rate, pointer, value->valuedouble, unit, error);
    }
    if (cJSON_IsString(value)) {
        return add_law(rate, pointer, value->valuestring, error);
    }
    return refuse(error, pointer, "is no number and no law: it cannot be the load");
}

static bool add_load(Rate *rate, const LoadEntry *load, GError **error)
{
    const cJSON *unit = json_member(load->tree, "timeUnit");
    g_autofree char *pointer = g_strdup_printf("/load/%s/rate", load->name);
    SimSpan span = SIM_S;

    if (json_member(load->tree, "stages") != NULL || json_member(load->tree, "startTime") != NULL) {
        return refuse(error, pointer,
                      "changes with time: a search for capacity needs a constant "
                      "load");
    }
    if (cJSON_IsString(unit)) {
        sim_span_parse(unit->valuestring, &span);
    }
    return json_member(load->tree, "rate") == NULL ||
           add_value(rate, pointer, json_member(load->tree, "rate"), span, error);
}

static bool add_sources(Rate *rate, const Scenario *scenario, GError **error)
{
    const cJSON *sources = json_pointer(scenario->root, "/system/queueing/sources");
    const cJSON *source;

    cJSON_ArrayForEach(source, sources)
    {
        g_autofree char *pointer =
            g_strdup_printf("/system/queueing/sources/%s/interarrival", source->string);

        if (!add_value(rate, pointer, json_member(source, "interarrival"), SIM_S, error)) {
            return false;
        }
    }
    return true;
}

static bool find_all(Rate *rate, const Scenario *scenario, const char *pointer, GError **error)
{
    const cJSON *node;

    if (pointer != NULL) {
        node = json_pointer(scenario->root, pointer);
        return node == NULL ? refuse(error, pointer, "is not in the scenario")
                            : add_value(rate, pointer, node, SIM_S, error);
    }
    for (guint i = 0; i < scenario->loads->len; i++) {
        if (!add_load(rate, g_ptr_array_index(scenario->loads, i), error)) {
            return false;
        }
    }
    return rate->turns->len > 0 || add_sources(rate, scenario, error);
}

Rate *rate_find(const Scenario *scenario, const char *pointer, GError **error)
{
    g_autoptr(Rate) rate = g_new0(Rate, 1);

    rate->turns = g_ptr_array_new_with_free_func((GDestroyNotify)turn_free);
    if (!find_all(rate, scenario, pointer, error)) {
        return NULL;
    }
    if (rate->turns->len == 0) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                    "'%s' offers no load that can be turned: it has neither a 'rate' below 'load' "
                    "nor sources of textbook queues; name one with --rate",
                    scenario->path);
        return NULL;
    }
    return g_steal_pointer(&rate);
}

double rate_offered(const Rate *rate)
{
    return rate->offered;
}

char **rate_sets(const Rate *rate, double per_s)
{
    char **sets = g_new0(char *, rate->turns->len + 1);
    double factor = per_s / rate->offered;

    for (guint i = 0; i < rate->turns->len; i++) {
        const Turn *turn = g_ptr_array_index(rate->turns, i);
        char number[G_ASCII_DTOSTR_BUF_SIZE];

        if (turn->number > 0) {
            g_ascii_formatd(number, sizeof number, "%.10g", turn->number * factor);
            sets[i] = g_strdup_printf("%s=%s", turn->pointer, number);
        } else {
            g_ascii_formatd(number, sizeof number, "%.0f", turn->mean_s / factor * 1e9);
            sets[i] =
                g_strdup_printf("%s=%s%sns%s", turn->pointer, turn->before, number, turn->after);
        }
    }
    return sets;
}
