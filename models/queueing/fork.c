/* fork.c - one customer becomes several parts, each at a station of its own; it goes on when enough
 * of them are done. A quorum read is a fork to three with a need of two. */
#include "models/queueing/network_parts.h"
#include "sim/config/json_place.h"

typedef struct Fork {
    Component component;
    /* configuration */
    char **to;
    int64_t need;
    bool cancel;
    const cJSON *then;
    /* derived */
    Component **branches; /* stations and forks */
    guint count;
    Route route;
    Customers *customers;
    /* measurement */
    uint64_t fork_joined, fork_lost;
    Histogram *fork_sojourn;
} Fork;

/* One customer that was split. */
struct Join {
    Fork *fork;
    Customer *whole; /* NULL: it has gone on, or nobody waits for it any more */
    SimTime came;
    Customer *parts;       /* that are still under way */
    guint under_way, done; /* how many */
    bool is_splitting;     /* some parts are still to be sent */
};

static void put_part(Join *join, Customer *part)
{
    part->join = join;
    part->part_before = NULL;
    part->part_next = join->parts;
    if (join->parts != NULL) {
        join->parts->part_before = part;
    }
    join->parts = part;
    join->under_way++;
}

static void take_part(Join *join, Customer *part)
{
    if (part->part_before == NULL) {
        join->parts = part->part_next;
    } else {
        part->part_before->part_next = part->part_next;
    }
    if (part->part_next != NULL) {
        part->part_next->part_before = part->part_before;
    }
    join->under_way--;
}

static void cancel_parts(Join *join)
{
    while (join->parts != NULL) {
        Customer *part = join->parts;

        take_part(join, part);
        customer_cancel(part, join->fork->customers);
    }
}

/* The customer is whole again, or never will be. The join outlives it while parts are under way. */
static void let_go(Join *join, CustomerEnd end)
{
    Fork *fork = join->fork;
    Customer *whole = join->whole;
    SimTime now = world_now(fork->component.world);
    SimSpan span = now - join->came;

    join->whole = NULL;
    whole->parts = NULL;
    if (fork->cancel) {
        cancel_parts(join);
    }
    if (join->under_way == 0) {
        pool_give(fork->customers->joins, join);
    }
    if (end == CUSTOMER_DONE) {
        fork->fork_joined++;
        histogram_add(fork->fork_sojourn, span);
        route_pass(&fork->route, whole);
    } else {
        fork->fork_lost++;
        customer_end(whole, CUSTOMER_LOST);
    }
}

static void decide(Join *join)
{
    if (join->is_splitting) {
        return;
    }
    if (join->whole != NULL && join->done >= join->fork->need) {
        let_go(join, CUSTOMER_DONE);
    } else if (join->whole != NULL && join->done + join->under_way < join->fork->need) {
        let_go(join, CUSTOMER_LOST);
    } else if (join->whole == NULL && join->under_way == 0) {
        pool_give(join->fork->customers->joins, join);
    }
}

void fork_enter(Component *component, Customer *customer)
{
    Fork *self = (Fork *)component;
    Join *join = pool_take(self->customers->joins);

    *join = (Join){
        .fork = self, .whole = customer, .came = world_now(component->world), .is_splitting = true};
    customer->parts = join;
    for (guint i = 0; i < self->count; i++) {
        Customer *part = pool_take(self->customers->customers);

        part->born = join->came;
        part->priority = customer->priority;
        put_part(join, part);
        route_enter(self->branches[i], part);
    }
    join->is_splitting = false;
    decide(join);
}

void join_hear(Customer *part, CustomerEnd end)
{
    Join *join = part->join;

    take_part(join, part);
    join->done += end == CUSTOMER_DONE;
    pool_give(join->fork->customers->customers, part);
    decide(join);
}

void join_cancel(Join *join)
{
    join->whole = NULL;
    cancel_parts(join);
    pool_give(join->fork->customers->joins, join);
}

PartRoute fork_route(Component *component)
{
    Fork *self = (Fork *)component;

    return (PartRoute){&self->route, self->then, "routing"};
}

Component *const *fork_branches(const Component *component, guint *count)
{
    const Fork *self = (const Fork *)component;

    *count = self->count;
    return self->branches;
}

int64_t fork_need(const Component *component)
{
    return ((const Fork *)component)->need;
}

size_t join_size(void)
{
    return sizeof(Join);
}

void fork_find_branches(Component *component, World *world, DiagList *diags)
{
    Fork *self = (Fork *)component;
    const cJSON *to = json_member(component->settings, "to");
    const cJSON *item = cJSON_IsArray(to) ? to->child : to;

    self->customers = queueing_customers(component);
    self->count = g_strv_length(self->to);
    g_assert_null(self->branches);
    self->branches = g_new0(Component *, MAX(self->count, 1));
    for (guint i = 0; i < self->count; i++) {
        self->branches[i] = route_find_goal(world, self->to[i], item, diags);
        item = item->next;
    }
    if (self->count == 0) {
        diag_add(diags, DIAG_ERROR, to, DIAG_KEY, "'to' needs at least one station or fork");
    }
    if (self->need > self->count) {
        diag_add(diags, DIAG_ERROR, json_member(component->settings, "need"), DIAG_KEY,
                 "'need' is %d and 'to' has %u branches", (int)self->need, self->count);
    }
    if (self->need == 0) {
        self->need = self->count;
    }
}

static bool leads_to(const Fork *self, const Fork *goal, guint depth)
{
    for (guint i = 0; i < self->count && depth > 0; i++) {
        const Component *branch = self->branches[i];

        if (branch == &goal->component ||
            (branch->kind == &fork_kind && leads_to((const Fork *)branch, goal, depth - 1))) {
            return true;
        }
    }
    return false;
}

bool fork_is_endless(const Component *component)
{
    const Fork *self = (const Fork *)component;

    return leads_to(self, self, world_of_kind(component->world, fork_kind.name)->len);
}

static void fork_free(Component *component)
{
    Fork *self = (Fork *)component;

    g_free(self->branches);
    route_clear(&self->route);
}

static const Field fork_fields[] = {
    FIELD_TEXTS(Fork, to, .flags = FIELD_REQUIRED,
                .help = "The stations and forks, one part to each"),
    FIELD_COUNT(Fork, need, .help = "How many parts must be done; without it all"),
    FIELD_FLAG(Fork, cancel, .initial = "false",
               .help = "Whether parts that are not needed any more are taken out where they are"),
    FIELD_JSON(Fork, then,
               .help = "Where the customer goes when it is whole again; without it out"),
    FIELD_END,
};

static const MetricDef fork_metrics[] = {
    METRIC_COUNTER(Fork, fork_joined, "Customers that were split and became whole again"),
    METRIC_COUNTER(Fork, fork_lost, "Customers of which too many parts were lost"),
    METRIC_HISTOGRAM(Fork, fork_sojourn, "s", "From the split to the join"),
    METRIC_END,
};

const Kind fork_kind = {
    .name = "fork",
    .help = "Splits a customer into parts and goes on when enough of them are done",
    .leaves_out = "work to split and to join: the closed forms have none",
    .size = sizeof(Fork),
    .scope = KIND_PART,
    .fields = fork_fields,
    .metrics = fork_metrics,
    .on_free = fork_free,
};
