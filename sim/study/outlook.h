/* outlook.h - what a capacity means in months and money: when growth reaches each wall (requests,
 * disk, traffic quota), what the system costs by item and by million requests, what is paid for the
 * loss of a site alone. The inputs are "search": { "capacity": { ... } } of the scenario and a
 * price list. Plain arithmetic (theory families exhaustion and headroom; money.h); a range of
 * growth gives a range of dates. */
#pragma once

#include "sim/study/capacity.h"
#include "sim/study/money.h"

/* "search": { "capacity": ... }. */
typedef struct OutlookInputs {
    char *prices, *start;
    double target_low, target_high; /* requests a second that are promised */
    double mean_rate;               /* over a month */
    double linear_low, linear_high; /* growth a month, as a share of today */
    double compound_low, compound_high;
    double volume_gb; /* rented for each Cassandra node on top of its server's disk */
    double data_gb;   /* unique, at a live site, today */
    int64_t copies;   /* of each datum there */
    double answer_bytes, write_bytes, write_ratio;
    double resolvers, checks, check_options;
    SimSpan ttl;
    char *cpu;       /* pointer to the law of CPU a request */
    int64_t n_minus; /* sites lost at once that are searched too, unless --n-minus says */
} OutlookInputs;

/* One wall and when it is reached: months from the start, at the high and at the low growth. */
typedef struct OutlookWall {
    char *name, *unit;
    double capacity, current;
    double linear_first, linear_last, compound_first, compound_last; /* INFINITY: not */
} OutlookWall;

typedef struct OutlookItem {
    char *name;
    double monthly;
} OutlookItem;

typedef struct Outlook {
    OutlookInputs inputs;
    Prices prices;
    GPtrArray *walls; /* of OutlookWall */
    GPtrArray *items; /* of OutlookItem */
    double total, reserve_ratio;
    double cpu_now_s, cpu_most_s; /* a request; by the utilisation law at target_high */
} Outlook;

/* NULL without `error` when the scenario has no such inputs and `prices` is NULL; NULL and `error`
 * when they are wrong or a price is missing. `prices` stands before that of the inputs. */
Outlook *outlook_make(const Study *study, const char *path, const char *prices,
                      const Capacity *capacity, GError **error);

/* What a scenario costs a month: its servers and other items, and, where it has inputs or `prices`
 * are named, traffic beyond the quota and name servers by the price list. False and `error` when
 * inputs or prices are wrong. */
bool outlook_monthly(const Scenario *scenario, const char *prices, double *monthly, GError **error);

/* Reads the inputs, before anything is searched; with the prices where any are asked for. False and
 * `error` when they are wrong. Clear with outlook_inputs_clear. */
bool outlook_check(const Study *study, const char *path, const char *prices, OutlookInputs *inputs,
                   GError **error);
void outlook_inputs_clear(OutlookInputs *inputs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OutlookInputs, outlook_inputs_clear)
void outlook_free(Outlook *outlook);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outlook, outlook_free)
char *outlook_print(const Outlook *outlook);
cJSON *outlook_to_json(const Outlook *outlook);
