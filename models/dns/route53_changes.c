/* route53_changes.c - the control plane: changes of records are submitted, PENDING until all name
 * servers have them and INSYNC from then on; it can stand still while answers go on. A change is
 * held against the zone as it then is, all of it or nothing. Sources: Route 53 Developer Guide
 * ("changes generally propagate within 60 seconds"); API reference 2013-04-01
 * (ChangeResourceRecordSets, GetChange); AWS summary of 7 December 2021 (the API impaired, answers
 * unaffected). Left out: name servers that have a change before others, rate limits of the API. */
#include "models/dns/route53_parts.h"
#include "models/dns/route53_read.h"
#include "sim/world/history.h"

static void change_arrives(void *self, void *subject, uint64_t detail);
static void plan_is_due(void *self, void *subject, uint64_t detail);

static const EventType change_is_insync = {"route53.change-insync", change_arrives};
static const EventType plan_is_carried_out = {"route53.change-due", plan_is_due};

static Plan *plan_at(const Route53 *self, guint rank)
{
    return g_ptr_array_index(self->plans, rank);
}

static int find_plan(const Route53 *self, const char *name)
{
    for (guint i = 0; i < self->plans->len; i++) {
        if (strcmp(plan_at(self, i)->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* --- set-up -------------------------------------------------------------------------------------
 */

static void plan_free(gpointer item)
{
    Plan *plan = item;

    for (guint i = 0; i < plan->changes->len; i++) {
        record_set_free(g_array_index(plan->changes, Change, i).set);
    }
    g_array_unref(plan->changes);
    g_free(plan->name);
    g_free(plan);
}

static void read_plan(Route53 *self, const cJSON *node, DiagList *diags)
{
    g_autoptr(JsonDocument) document =
        cJSON_IsString(node) ? route53_open(node, node->valuestring, diags) : NULL;
    Plan *plan;

    if (document == NULL) {
        return;
    }
    plan = g_new0(Plan, 1);
    plan->name = g_strdup(node->string);
    plan->changes = route53_read_changes(document, diags);
    g_ptr_array_add(self->plans, plan);
    if (plan->changes->len > 0) {
        zone_free(zone_change(self->zone, plan->changes, self->checks, diags));
    }
}

void changes_read(Route53 *self, DiagList *diags)
{
    const cJSON *node;

    self->plans = g_ptr_array_new_with_free_func(plan_free);
    self->pending = g_array_new(false, false, sizeof(guint));
    cJSON_ArrayForEach(node, self->change_files)
    {
        read_plan(self, node, diags);
    }
}

void changes_free(Route53 *self)
{
    g_clear_pointer(&self->plans, g_ptr_array_unref);
    g_clear_pointer(&self->pending, g_array_unref);
}

char *changes_refuse(const Route53 *self, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *hint = NULL;

    if (find_plan(self, name) >= 0) {
        return NULL;
    }
    for (guint i = 0; i < self->plans->len; i++) {
        g_ptr_array_add(names, plan_at(self, i)->name);
    }
    g_ptr_array_add(names, NULL);
    hint = diag_suggest(name, (const char *const *)names->pdata);
    return g_strdup_printf("'changes' of 'route53' has no '%s'%s", name, hint);
}

/* --- a change's life ----------------------------------------------------------------------------
 */

static void note(Route53 *self, Plan *plan, const char *status)
{
    plan->status = status;
    plan->since = world_now(self->component.world);
    history_note(world_history(self->component.world), "route53.record-change", &self->component,
                 "change", plan->name, "status", status);
}

bool changes_are_frozen(const Route53 *self)
{
    return !self->component.is_up || self->component.condition.shares[SHARE_DNS_FROZEN] > 0;
}

/* The control plane takes it: it is on its way to the name servers. */
static void take(Route53 *self, guint rank)
{
    engine_after(world_engine(self->component.world),
                 route53_propagation(self, self->change_propagation), &self->component.owner,
                 &change_is_insync, NULL, rank);
}

static void submit(Route53 *self, guint rank)
{
    self->changes_submitted++;
    note(self, plan_at(self, rank), "PENDING");
    if (changes_are_frozen(self)) {
        g_array_append_val(self->pending, rank);
    } else {
        take(self, rank);
    }
}

static void plan_is_due(void *self, void *subject, uint64_t detail)
{
    (void)subject;
    submit(self, (guint)detail);
}

/* The zone as it is by now may have no place for it any more: then it is as if never submitted. */
static void change_arrives(void *self, void *subject, uint64_t detail)
{
    Route53 *route53 = self;
    Plan *plan = plan_at(route53, (guint)detail);
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);
    Zone *changed = zone_change(route53->zone, plan->changes, route53->checks, unheard);

    (void)subject;
    if (changed == NULL) {
        route53->changes_refused++;
        note(route53, plan, "refused");
        return;
    }
    zone_free(route53->zone);
    route53->zone = changed;
    route53->changes_insync++;
    note(route53, plan, "INSYNC");
}

/* Faults are numbered in the order of their begin; each submits its change once. */
static void submit_new(Route53 *self)
{
    const Effect *effect;
    uint64_t fault, last = self->last_fault;

    for (guint i = 0; (effect = component_effect(&self->component, i, &fault)) != NULL; i++) {
        int rank = effect->about != NULL ? find_plan(self, effect->about) : -1;

        if (fault <= self->last_fault || effect->shares[SHARE_DNS_CHANGE] <= 0 || rank < 0) {
            continue;
        }
        last = MAX(last, fault);
        if (effect->spans[SPAN_DNS_CHANGE] > 0) {
            engine_after(world_engine(self->component.world), effect->spans[SPAN_DNS_CHANGE],
                         &self->component.owner, &plan_is_carried_out, NULL, (uint64_t)rank);
        } else {
            submit(self, (guint)rank);
        }
    }
    self->last_fault = last;
}

void changes_on_condition(Route53 *self)
{
    submit_new(self);
    if (changes_are_frozen(self)) {
        return;
    }
    for (guint i = 0; i < self->pending->len; i++) {
        take(self, g_array_index(self->pending, guint, i));
    }
    g_array_set_size(self->pending, 0);
}
