/* snitch.c - the dynamic snitch. Left out: severity, which only an operator sets. A latency is
 * known when its answer is under way and not when it has arrived: one way too early. */
#include "models/data/cassandra/snitch.h"

#include "sim/base/fixed_math.h"

#define ALPHA_PER_S 0.75

/* An answer that will not come, and when its callback expires. */
typedef struct Missed {
    SimTime due;
    guint rank;
} Missed;

/* What one host of those that have been asked showed. */
typedef struct SnitchHost {
    SnitchReservoir reservoir;
    guint rank;
} SnitchHost;

struct Snitch {
    GPtrArray *hosts;   /* of SnitchHost: those ever asked, as they came. A few of thousands */
    SnitchHost **known; /* by rank; NULL: never asked */
    double *scores;     /* by rank; negative: none */
    GArray *missed;     /* of Missed */
    uint8_t *plain;     /* by rank: place in the plain snitch's order */
    SimTime began;
    bool is_due; /* an update is planned */
};

static void on_snitch_update(void *self, void *subject, uint64_t detail);
static void on_snitch_reset(void *self, void *subject, uint64_t detail);
static const EventType snitch_update = {"cassandra.snitch-update", on_snitch_update};
static const EventType snitch_reset = {"cassandra.snitch-reset", on_snitch_reset};

/* --- reservoir ----------------------------------------------------------------------------------
 */

static void swap(SnitchReservoir *reservoir, guint a, guint b)
{
    SnitchSample sample = reservoir->samples[a];
    double priority = reservoir->log_priorities[a];

    reservoir->samples[a] = reservoir->samples[b];
    reservoir->samples[b] = sample;
    reservoir->log_priorities[a] = reservoir->log_priorities[b];
    reservoir->log_priorities[b] = priority;
}

static void sift_up(SnitchReservoir *reservoir, guint place)
{
    const double *priorities = reservoir->log_priorities;

    while (place > 0 && priorities[place] < priorities[(place - 1) / 2]) {
        swap(reservoir, place, (place - 1) / 2);
        place = (place - 1) / 2;
    }
}

static void sift_down(SnitchReservoir *reservoir)
{
    const double *priorities = reservoir->log_priorities;
    guint place = 0;

    for (;;) {
        guint least = place;

        for (guint child = 2 * place + 1; child <= 2 * place + 2 && child < reservoir->count;
             child++) {
            least = priorities[child] < priorities[least] ? child : least;
        }
        if (least == place) {
            return;
        }
        swap(reservoir, place, least);
        place = least;
    }
}

void snitch_reservoir_add(SnitchReservoir *reservoir, int64_t value_ms, int64_t second, double u)
{
    SnitchSample sample = {(int32_t)second, (int32_t)MIN(value_ms, INT32_MAX)};
    double priority = ALPHA_PER_S * (double)second - fixed_log(u);

    if (reservoir->count < SNITCH_SAMPLES) {
        reservoir->samples[reservoir->count] = sample;
        reservoir->log_priorities[reservoir->count] = priority;
        sift_up(reservoir, reservoir->count++);
    } else if (priority > reservoir->log_priorities[0]) {
        reservoir->samples[0] = sample;
        reservoir->log_priorities[0] = priority;
        sift_down(reservoir);
    } else {
        return;
    }
    reservoir->is_changed = true;
}

/* All samples of one value. */
typedef struct Group {
    int32_t value_ms;
    double weight;
} Group;

/* Most values are a few milliseconds: these have a place each, others stand in order of value. */
#define SMALL_VALUES 64
typedef struct Groups {
    uint64_t present;           /* of the small ones, a bit each */
    double small[SMALL_VALUES]; /* 0 where not present */
    Group large[SNITCH_SAMPLES];
    guint large_count;
} Groups;

/* e^(-0.75 n): what a sample weighs that came n seconds before the newest. Held against fixed_exp
 * by test; a reservoir seldom reaches back further. */
static const double weights[] = {
    0x1p+0,
    0x1.e3b40ebefcd7ep-2,
    0x1.c8f87724b5c1dp-3,
    0x1.afb718e8457f7p-4,
    0x1.97db0ccceb0afp-5,
    0x1.81509354f0d2ap-6,
    0x1.6c0504695c417p-7,
    0x1.57e6bfe8de51ap-8,
    0x1.44e51f113d4d6p-9,
    0x1.32f066b724b5dp-10,
    0x1.21f9ba40f31d5p-11,
    0x1.11f30f59bf24bp-12,
    0x1.02cf22526545ap-13,
    0x1.e902d64e003bbp-15,
    0x1.cdfc263f6a0bap-16,
    0x1.b473d6087e981p-17,
};

double snitch_weight(guint age_s)
{
    return age_s < G_N_ELEMENTS(weights) ? weights[age_s] : fixed_exp(-ALPHA_PER_S * (double)age_s);
}

static void add_large(Groups *groups, int32_t value_ms, double weight)
{
    Group *large = groups->large;
    guint place = groups->large_count;

    while (place > 0 && large[place - 1].value_ms > value_ms) {
        place--;
    }
    if (place > 0 && large[place - 1].value_ms == value_ms) {
        large[place - 1].weight += weight;
        return;
    }
    memmove(large + place + 1, large + place, (groups->large_count++ - place) * sizeof *large);
    large[place] = (Group){value_ms, weight};
}

static void add_to_groups(Groups *groups, int32_t value_ms, double weight)
{
    if (G_UNLIKELY(value_ms < 0 || value_ms >= SMALL_VALUES)) {
        add_large(groups, value_ms, weight);
    } else {
        groups->present |= UINT64_C(1) << value_ms;
        groups->small[value_ms] += weight;
    }
}

/* The last value before which no more than `half` of the weight stands. */
static int64_t find_middle(const Groups *groups, double half)
{
    double before = 0;
    int64_t middle = 0;

    for (uint64_t left = groups->present; left != 0 && before <= half; left &= left - 1) {
        middle = __builtin_ctzll(left);
        before += groups->small[middle];
    }
    for (guint i = 0; i < groups->large_count && before <= half; i++) {
        middle = groups->large[i].value_ms;
        before += groups->large[i].weight;
    }
    return middle;
}

/* The value of the last sample before which no more than half of all weight stands: of the last
 * value for whose first sample that holds. */
static int64_t find_median(const SnitchReservoir *reservoir)
{
    Groups groups;
    double sum = 0;
    int32_t newest = 0;

    groups.present = 0;
    groups.large_count = 0;
    memset(groups.small, 0, sizeof groups.small);
    for (guint i = 0; i < reservoir->count; i++) {
        newest = MAX(newest, reservoir->samples[i].second);
    }
    for (guint i = 0; i < reservoir->count; i++) {
        double weight = snitch_weight((guint)(newest - reservoir->samples[i].second));

        sum += weight;
        add_to_groups(&groups, reservoir->samples[i].value_ms, weight);
    }
    return find_middle(&groups, sum / 2);
}

int64_t snitch_reservoir_median(SnitchReservoir *reservoir)
{
    if (reservoir->is_changed) {
        reservoir->median_ms = find_median(reservoir);
        reservoir->is_changed = false;
    }
    return reservoir->median_ms;
}

/* --- sorting ------------------------------------------------------------------------------------
 */

/* Hosts without a score count as 0; equal ones keep their order. */
static void sort_by_score(uint8_t *hosts, double *scores, guint count)
{
    for (guint i = 1; i < count; i++) {
        uint8_t host = hosts[i];
        double score = scores[i];
        guint place = i;

        for (; place > 0 && MAX(scores[place - 1], 0) > MAX(score, 0); place--) {
            hosts[place] = hosts[place - 1];
            scores[place] = scores[place - 1];
        }
        hosts[place] = host;
        scores[place] = score;
    }
}

static bool is_bad(const double *scores, guint count, double badness)
{
    double here[RING_REPLICAS_MOST], sorted[RING_REPLICAS_MOST];
    guint known = 0;

    for (guint i = 0; i < count; i++) {
        if (scores[i] >= 0) {
            guint place = known;

            for (; place > 0 && sorted[place - 1] > scores[i]; place--) {
                sorted[place] = sorted[place - 1];
            }
            sorted[place] = scores[i];
            here[known++] = scores[i];
        }
    }
    for (guint i = 0; i < known; i++) {
        if (here[i] > sorted[i] * (1 + badness)) {
            return true;
        }
    }
    return false;
}

bool snitch_sort(uint8_t *hosts, double *scores, guint count, double badness)
{
    if (badness > 0 && !is_bad(scores, count, badness)) {
        return false;
    }
    sort_by_score(hosts, scores, count);
    return true;
}

uint8_t snitch_plain_place(const Cassandra *node, guint rank)
{
    const Cassandra *other = node->cluster->nodes[rank];

    if (other == node) {
        return 0;
    }
    if (other->site != node->site) {
        return 3;
    }
    return strcmp(other->rack, node->rack) == 0 ? 1 : 2;
}

guint snitch_order(Cassandra *node, const RingRange *range, uint32_t live, uint8_t *order)
{
    const Snitch *snitch = node->snitch;
    double scores[RING_REPLICAS_MOST];
    guint places[SNITCH_PLAIN_PLACES] = {0}, count = 0;

    for (guint i = 0; i < range->count; i++) {
        if ((live >> i & 1) != 0) {
            places[snitch->plain[range->replicas[i]]]++;
        }
    }
    for (guint place = 0; place < SNITCH_PLAIN_PLACES; place++) { /* where each begins */
        guint begin = count;

        count += places[place];
        places[place] = begin;
    }
    for (guint i = 0; i < range->count; i++) {
        if ((live >> i & 1) != 0) {
            guint at = places[snitch->plain[range->replicas[i]]]++;

            scores[at] = snitch->scores[range->replicas[i]];
            order[at] = (uint8_t)i;
        }
    }
    node->snitch_sorts +=
        snitch_sort(order, scores, count, node->dynamic_snitch_badness_threshold) ? 1 : 0;
    return count;
}

/* --- samples ------------------------------------------------------------------------------------
 */

/* At the next of the regular instants; those that find nothing new need no event. */
static void plan_update(Cassandra *node)
{
    Snitch *snitch = node->snitch;
    SimSpan interval = node->dynamic_snitch_update_interval;

    if (!snitch->is_due) {
        snitch->is_due = true;
        engine_after(node->engine, interval - (node_now(node) - snitch->began) % interval,
                     &node->component.owner, &snitch_update, NULL, 0);
    }
}

static SnitchHost *know_host(Snitch *snitch, guint rank)
{
    if (snitch->known[rank] == NULL) {
        SnitchHost *host = g_new0(SnitchHost, 1);

        host->rank = rank;
        snitch->known[rank] = host;
        g_ptr_array_add(snitch->hosts, host);
    }
    return snitch->known[rank];
}

void snitch_heard(Cassandra *node, guint rank, SimSpan latency)
{
    Snitch *snitch = node->snitch;

    if (snitch != NULL) {
        snitch_reservoir_add(&know_host(snitch, rank)->reservoir, latency / SIM_MS,
                             (node_now(node) - snitch->began) / SIM_S,
                             1 - rng_uniform(&node->snitch_rng));
        plan_update(node);
    }
}

void snitch_missed(Cassandra *node, guint rank, SimTime asked_at)
{
    if (node->snitch != NULL) {
        Missed missed = {asked_at + node->read_request_timeout, rank};

        g_array_append_val(node->snitch->missed, missed);
    }
}

void snitch_tell(const Read *read, guint index, SimTime arrival, SimSpan later)
{
    SimTime asked_at = read->asked_at[index];
    guint rank = read->range->replicas[index];

    if (arrival == SIM_NEVER) {
        snitch_missed(read->node, rank, asked_at);
    } else {
        snitch_heard(read->node, rank, arrival + later - asked_at);
    }
}

void snitch_sweep(Cassandra *node)
{
    GArray *missed = node->snitch == NULL ? NULL : node->snitch->missed;
    guint kept = 0;

    for (guint i = 0; missed != NULL && i < missed->len; i++) {
        Missed one = g_array_index(missed, Missed, i);

        if (one.due <= node_now(node)) {
            snitch_heard(node, one.rank, node->read_request_timeout);
        } else {
            g_array_index(missed, Missed, kept++) = one;
        }
    }
    if (missed != NULL) {
        g_array_set_size(missed, kept);
    }
}

/* --- scores -------------------------------------------------------------------------------------
 */

static void on_snitch_update(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Snitch *snitch = node->snitch;
    int64_t most_ms = 1;

    (void)subject;
    (void)detail;
    snitch->is_due = false;
    for (guint i = 0; i < snitch->hosts->len; i++) {
        SnitchHost *host = snitch->hosts->pdata[i];
        int64_t median_ms = snitch_reservoir_median(&host->reservoir);

        most_ms = MAX(most_ms, median_ms);
    }
    for (guint i = 0; i < snitch->hosts->len; i++) {
        const SnitchHost *host = snitch->hosts->pdata[i];

        snitch->scores[host->rank] =
            host->reservoir.count == 0 ? -1 : (double)host->reservoir.median_ms / (double)most_ms;
    }
}

static void forget_samples(Snitch *snitch)
{
    for (guint i = 0; i < snitch->hosts->len; i++) {
        SnitchReservoir *reservoir = &((SnitchHost *)snitch->hosts->pdata[i])->reservoir;

        reservoir->count = 0;
        reservoir->median_ms = 0;
        reservoir->is_changed = false;
    }
}

static void on_snitch_reset(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    forget_samples(node->snitch);
    plan_update(node);
    engine_after(node->engine, node->dynamic_snitch_reset_interval, &node->component.owner,
                 &snitch_reset, NULL, 0);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void snitch_start(Cassandra *node)
{
    guint count = node->cluster->node_count;

    if (!node->dynamic_snitch || node->cluster->legs != NULL) { /* with legs nothing is measured */
        return;
    }
    if (node->snitch == NULL) {
        node->snitch = g_new0(Snitch, 1);
        node->snitch->hosts = g_ptr_array_new_with_free_func(g_free);
        node->snitch->known = g_new0(SnitchHost *, count);
        node->snitch->scores = g_new(double, count);
        node->snitch->plain = g_new(uint8_t, count);
        for (guint i = 0; i < count; i++) {
            node->snitch->plain[i] = snitch_plain_place(node, i);
        }
        node->snitch->missed = g_array_new(FALSE, FALSE, sizeof(Missed));
    }
    node->snitch->began = node_now(node);
    g_array_set_size(node->snitch->missed, 0);
    forget_samples(node->snitch);
    for (guint i = 0; i < count; i++) {
        node->snitch->scores[i] = -1;
    }
    node->snitch->is_due = false;
    engine_after(node->engine, node->dynamic_snitch_reset_interval, &node->component.owner,
                 &snitch_reset, NULL, 0);
}

void snitch_free(Cassandra *node)
{
    if (node->snitch != NULL) {
        g_ptr_array_free(node->snitch->hosts, TRUE);
        g_free(node->snitch->known);
        g_free(node->snitch->scores);
        g_free(node->snitch->plain);
        g_array_free(node->snitch->missed, TRUE);
        g_clear_pointer(&node->snitch, g_free);
    }
}
