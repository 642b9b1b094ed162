/* resolver.c - the recursive resolvers of one region: several populations of caches, of which most
 * honour the time to live and some stretch it. A client always asks the same resolver. Sources:
 * Bhowmick et al., PAM 2023 (8.7 % of resolvers extend TTLs); Moura et al., IMC 2018 (fragmented
 * farms for 30 % of clients); RFC 8767 (serve-stale); RFC 2308 (negative answers). */
#include "models/dns/resolver_parts.h"

#include <string.h>

#include "sim/base/fixed_math.h"
#include "sim/world/history.h"

#define QUESTION_BYTES 60u
#define ADDRESS_BYTES 16u
#define UPSTREAM_TRIES 3

static void upstream_answers(void *self, void *subject, uint64_t detail);
static void upstream_is_silent(void *self, void *subject, uint64_t detail);

static const EventType upstream_has_answered = {"resolver.upstream-answer", upstream_answers};
static const EventType upstream_was_silent = {"resolver.upstream-timeout", upstream_is_silent};

/* --- faults -------------------------------------------------------------------------------------
 */

static double mislocated_share(const Resolver *self)
{
    return self->component.condition.shares[SHARE_DNS_MISLOCATE];
}

static bool is_hit(Resolver *self, EffectShare which)
{
    double share = self->component.condition.shares[which];

    return G_UNLIKELY(share > 0) && rng_chance(&self->faults, share);
}

/* The first resolvers of each class are those that a share of them means, always the same ones. */
static bool is_among(const Resolver *self, const Entry *entry, EffectShare which)
{
    double share = self->component.condition.shares[which];
    uint32_t rank = entry->resolver % (uint32_t)self->resolvers;

    return share > 0 && (double)rank < share * (double)self->resolvers;
}

/* Until when the entry may be used: a stubborn resolver keeps it for longer than it should. */
static SimTime usable_until(const Resolver *self, const Entry *entry)
{
    if (G_LIKELY(!is_among(self, entry, SHARE_DNS_STALE))) {
        return entry->expires;
    }
    return MAX(entry->expires, entry->filled + self->component.condition.spans[SPAN_DNS_FLOOR]);
}

/* The first forgery that hits the name, by order of begin; NULL: none does. */
static const Effect *find_forgery(Resolver *self, const char *name)
{
    const Effect *effect;

    for (guint i = 0; (effect = component_effect(&self->component, i, NULL)) != NULL; i++) {
        double share = effect->shares[SHARE_DNS_POISON];

        if (share > 0 && (effect->about == NULL || strcmp(effect->about, name) == 0) &&
            rng_chance(&self->faults, share)) {
            return effect;
        }
    }
    return NULL;
}

/* What a fault makes of an answer from upstream about `name`. */
static void forge(Resolver *self, const char *name, Answer *answer)
{
    const Effect *forgery;

    if (is_hit(self, SHARE_DNS_NXDOMAIN)) {
        *answer = (Answer){.code = DNS_NXDOMAIN,
                           .ttl_s = self->component.condition.spans[SPAN_DNS_NEGATIVE] / SIM_S};
    } else if ((forgery = find_forgery(self, name)) != NULL) {
        *answer = (Answer){.code = DNS_NOERROR,
                           .count = 1,
                           .addresses = {forgery->address},
                           .ttl_s = forgery->spans[SPAN_DNS_POISON] / SIM_S};
    }
}

/* --- luck ---------------------------------------------------------------------------------------
 * Who is told which address first decides which site he turns to for as long as his answer lives.
 * So it is drawn by question and by filling of a cache, not in the order in which they come: one
 * look-up more would move all users after it. */

static Rng luck_of_question(Resolver *self, const Message *question)
{
    uint64_t number = question->request != 0 ? message_luck(question) : rng_next(&self->draws);

    return rng_of_one(&self->questions_luck, number);
}

static Rng luck_of_filling(const Resolver *self, const Entry *entry, uint64_t what)
{
    const Entry *first = self->names[entry->name].entries;
    uint64_t rank = (uint64_t)entry->name << 32 | (uint64_t)(entry - first);

    return rng_of_one(&self->fillings_luck, rng_fold(rank, (uint64_t)entry->fillings << 8 | what));
}

/* --- answers ------------------------------------------------------------------------------------
 */

/* The entry that this look-up of the client meets; a farm's member is drawn for each look-up. */
static Entry *find_entry(Resolver *self, Name *name, uint64_t client, Rng *luck)
{
    guint count = (guint)self->resolvers;
    guint rank = resolver_mix_class(&self->mix, client) * count +
                 resolver_mix_instance(&self->mix, client, count);
    int whence = resolver_mix_whence(&self->mix, client, mislocated_share(self));
    const Cache *cache = &self->caches[rank];
    guint member = cache->members > 1 ? (guint)rng_below(luck, cache->members) : 0;
    Entry *entry = &name->entries[(guint)whence * self->members + cache->first + member];

    entry->name = (uint16_t)(name - self->names);
    entry->resolver = (uint16_t)rank;
    entry->whence = (uint8_t)whence;
    return entry;
}

static void answer_client(Resolver *self, const Entry *entry, const CallTicket *ticket,
                          Transport transport, SimSpan ttl, uint64_t turn)
{
    Message reply = {.op = MESSAGE_RESOLVE,
                     .transport = transport,
                     .code = entry->code,
                     .count = entry->count,
                     .time_to_live = ttl,
                     .size_bytes = QUESTION_BYTES + entry->count * ADDRESS_BYTES};
    guint first = entry->count > 1 ? (guint)rng_below_of(turn, entry->count) : 0;

    /* The set goes round from answer to answer (BIND 9 rrset-order, Unbound rrset-roundrobin). */
    for (guint i = 0; i < entry->count; i++) {
        reply.addresses[i] = entry->addresses[(first + i) % entry->count];
    }
    call_reply(&self->component, ticket, &reply);
}

static void answer_waiters(Resolver *self, Entry *entry, SimSpan ttl)
{
    Waiter *waiter = entry->waiters;

    entry->waiters = NULL;
    while (waiter != NULL) {
        Waiter *next = waiter->next;

        answer_client(self, entry, &waiter->ticket, waiter->transport, ttl, waiter->turn);
        pool_give(self->waiters, waiter);
        waiter = next;
    }
}

static SimSpan effective_ttl(const Resolver *self, const Entry *entry, const Answer *answer)
{
    SimSpan kept = MAX(answer->ttl_s * SIM_S, self->caches[entry->resolver].floor);

    return MIN(kept, self->cap) + self->last_second;
}

static void fill(Entry *entry, const Answer *answer, SimTime now, SimTime expires)
{
    entry->filled = entry->born = now;
    entry->code = (uint8_t)answer->code;
    entry->count = (uint8_t)answer->count;
    memcpy(entry->addresses, answer->addresses, sizeof entry->addresses);
    entry->expires = expires;
    entry->is_filled = true;
    entry->fillings++;
}

static void ask_upstream(const Resolver *self, const Entry *entry, bool is_before_start, Rng *luck,
                         Answer *answer)
{
    Route53Query query = {.name = self->names[entry->name].normal,
                          .place = self->places[entry->whence],
                          .region = self->regions[entry->whence],
                          .is_before_start = is_before_start,
                          .luck = luck};

    route53_ask(self->route53, &query, answer);
}

/* When an answer from before the run runs out, of a cache that is asked for the first time now; in
 * the past: it has none. A cache that was asked at any steady rate since ever is empty now and
 * then, more often the longer nobody asked: 2 exp(-t / life) - 1 is, without knowing the rate, the
 * share that has an answer at the first question. */
static SimTime expiry_from_before(const Resolver *self, SimTime now, SimSpan life, Rng *luck)
{
    double is_there = 2 * fixed_exp(-sim_span_to_s(now) / MAX(sim_span_to_s(life), 1e-9)) - 1;

    if (self->at_start == START_FILLED) {
        return (SimTime)rng_below(luck, (uint64_t)life + 1);
    }
    if (now >= life || is_there <= 0 || !rng_chance(luck, is_there)) {
        return 0;
    }
    return now + 1 + (SimTime)rng_below(luck, (uint64_t)(life - now));
}

/* Caches did not come into being with the run: what is asked for the first time may have been there
 * before, with an age that is uniform over its life. */
static void fill_as_before_start(Resolver *self, Entry *entry)
{
    Rng luck = luck_of_filling(self, entry, 0);
    Answer answer;
    SimTime expires;

    entry->was_used = true;
    if (self->component.starts > 1 || self->route53 == NULL || !self->route53->is_up) {
        return;
    }
    ask_upstream(self, entry, true, &luck, &answer);
    expires = expiry_from_before(self, world_now(self->component.world),
                                 effective_ttl(self, entry, &answer), &luck);
    if (expires > world_now(self->component.world)) {
        fill(entry, &answer, world_now(self->component.world), expires);
        entry->born = expires - effective_ttl(self, entry, &answer);
    }
}

/* --- upstream -----------------------------------------------------------------------------------
 */

static void send_upstream(Resolver *self, Entry *entry, uint64_t tries)
{
    Engine *engine = world_engine(self->component.world);
    Rng luck = luck_of_filling(self, entry, tries);
    SimSpan delay = draw_span(self->upstream, &luck);
    bool is_lost = rng_chance(&luck, self->upstream_loss);

    self->upstream_questions++;
    if (self->route53 != NULL) {
        const Effect *condition = &self->route53->condition;

        delay += MAX(condition->delay_added, 0);
        is_lost = is_lost || !self->route53->is_up || condition->paused ||
                  (condition->loss_ratio > 0 && rng_chance(&luck, condition->loss_ratio));
    }
    if (self->route53 == NULL || is_lost || delay >= self->upstream_timeout) {
        self->upstream_lost++;
        engine_after(engine, self->upstream_timeout, &self->component.owner, &upstream_was_silent,
                     entry, tries);
    } else {
        engine_after(engine, delay, &self->component.owner, &upstream_has_answered, entry, tries);
    }
}

static void upstream_answers(void *self, void *subject, uint64_t detail)
{
    Resolver *resolver = self;
    Entry *entry = subject;
    SimTime now = world_now(resolver->component.world);
    Rng luck = luck_of_filling(resolver, entry, 0);
    Answer answer;
    SimSpan ttl;

    if (!resolver->route53->is_up) {
        upstream_is_silent(self, subject, detail);
        return;
    }
    ask_upstream(resolver, entry, false, &luck, &answer);
    if (component_is_affected(&resolver->component)) {
        forge(resolver, resolver->names[entry->name].normal, &answer);
    }
    ttl = effective_ttl(resolver, entry, &answer);
    entry->is_pending = false;
    fill(entry, &answer, now, now + ttl);
    answer_waiters(resolver, entry, ttl);
}

static void note_failure(const Resolver *self, const char *answer)
{
    history_note(world_history(self->component.world), "resolver.gave-up", &self->component,
                 "answer", answer, NULL, NULL);
}

/* Whether what has expired may do in place of an answer. */
static bool may_serve(const Resolver *self, const Entry *entry)
{
    return entry->is_filled && entry->code == DNS_NOERROR &&
           world_now(self->component.world) - entry->expires <= self->stale_most &&
           (self->caches[entry->resolver].serves_stale ||
            is_among(self, entry, SHARE_DNS_SERVE_STALE));
}

/* Asks again; in the end gives an old answer (RFC 8767) or none. */
static void upstream_is_silent(void *self, void *subject, uint64_t detail)
{
    Resolver *resolver = self;
    Entry *entry = subject;
    Entry failure = {.code = DNS_SERVFAIL};

    if (detail < UPSTREAM_TRIES) {
        send_upstream(resolver, entry, detail + 1);
        return;
    }
    entry->is_pending = false;
    if (may_serve(resolver, entry)) {
        resolver->stale_answers++;
        note_failure(resolver, "stale");
        answer_waiters(resolver, entry, resolver->stale_ttl);
        return;
    }
    resolver->failures++;
    note_failure(resolver, "servfail");
    failure.waiters = entry->waiters;
    entry->waiters = NULL;
    answer_waiters(resolver, &failure, 0);
}

/* --- questions ----------------------------------------------------------------------------------
 */

static char *normal_name(const char *text)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);

    return g_strconcat(lower, g_str_has_suffix(lower, ".") ? NULL : ".", NULL);
}

/* The tables of a name; NULL when there are too many names. */
static Name *find_name(Resolver *self, const char *text)
{
    Name *name;

    for (guint i = 0; i < self->name_count; i++) {
        if (self->names[i].asked == text) {
            return &self->names[i];
        }
    }
    for (guint i = 0; i < self->name_count; i++) {
        if (strcmp(self->names[i].text, text) == 0) {
            return &self->names[i];
        }
    }
    if (self->name_count == NAMES_MOST) {
        return NULL;
    }
    name = &self->names[self->name_count++];
    name->asked = text;
    name->text = g_strdup(text);
    name->normal = normal_name(text);
    name->entries = g_new0(Entry, (gsize)self->members * (gsize)WHENCES);
    return name;
}

static void wait_for_upstream(Resolver *self, Entry *entry, const Message *message, uint64_t turn)
{
    Waiter *waiter = pool_take(self->waiters);

    waiter->ticket = message->ticket;
    waiter->transport = message->transport;
    waiter->turn = turn;
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    if (!entry->is_pending) {
        entry->is_pending = true;
        send_upstream(self, entry, 1);
    }
}

static void resolver_on_message(Component *self, const Message *message)
{
    Resolver *resolver = (Resolver *)self;
    SimTime now = world_now(self->world);
    Name *name;
    Entry *entry;
    Rng luck;

    if (message->op != MESSAGE_RESOLVE) {
        return;
    }
    resolver->questions++;
    if (is_hit(resolver, SHARE_DNS_DROP)) {
        return;
    }
    name = find_name(resolver, message->subject);
    if (name == NULL || is_hit(resolver, SHARE_DNS_SERVFAIL)) {
        Entry failure = {.code = DNS_SERVFAIL};

        answer_client(resolver, &failure, &message->ticket, message->transport, 0, 0);
        return;
    }
    luck = luck_of_question(resolver, message);
    entry = find_entry(resolver, name, message->detail, &luck);
    if (!entry->was_used) {
        fill_as_before_start(resolver, entry);
    }
    if (entry->is_filled && usable_until(resolver, entry) > now) {
        resolver->hits++;
        histogram_add(resolver->dns_answer_age, now - entry->born);
        answer_client(resolver, entry, &message->ticket, message->transport,
                      usable_until(resolver, entry) - now, rng_next(&luck));
        return;
    }
    wait_for_upstream(resolver, entry, message, rng_next(&luck));
}

/* --- the kind -----------------------------------------------------------------------------------
 */

/* A restart empties the caches; who waits is told by the network. */
static void resolver_on_stop(Component *self, const Effect *why)
{
    Resolver *resolver = (Resolver *)self;
    gsize count = (gsize)resolver->members * (gsize)WHENCES;

    (void)why;
    for (guint i = 0; i < resolver->name_count; i++) {
        for (gsize k = 0; k < count; k++) {
            Entry *entry = &resolver->names[i].entries[k];

            if (!entry->was_used) {
                continue;
            }
            while (entry->waiters != NULL) {
                Waiter *next = entry->waiters->next;

                pool_give(resolver->waiters, entry->waiters);
                entry->waiters = next;
            }
            *entry = (Entry){.was_used = true, .fillings = entry->fillings};
        }
    }
}

/* Names that are forged must be ones of the zone. */
static char *resolver_on_refuse(const Component *self, const Effect *effect)
{
    const Resolver *resolver = (const Resolver *)self;

    return effect->shares[SHARE_DNS_POISON] > 0 && effect->about != NULL
               ? route53_refuse_name(resolver->route53, effect->about)
               : NULL;
}

static void resolver_on_free(Component *self)
{
    Resolver *resolver = (Resolver *)self;

    for (guint i = 0; i < resolver->name_count; i++) {
        g_free(resolver->names[i].text);
        g_free(resolver->names[i].normal);
        g_free(resolver->names[i].entries);
    }
    g_free(resolver->caches);
    if (resolver->waiters != NULL) {
        pool_free(resolver->waiters);
    }
}

#define BHOWMICK                                                                                   \
    "Bhowmick et al., PAM 2023: 8.74 % of resolvers extend TTLs; split is an assumption"
#define LOCATION "assumption"

#define MIX_RATIO(member, ...)                                                                     \
    FIELD_ROW(Resolver, mix.member, #member, FIELD_TYPE_RATIO, double, __VA_ARGS__)

static const char *const start_words[] = {"filled", "steady", NULL};

static const Field resolver_fields[] = {
    FIELD_COUNT(Resolver, resolvers, .initial = "32", .lowest = "1", .highest = "10000",
                .help = "Resolvers of each class in a region", .source = "assumption"),
    MIX_RATIO(farm_ratio, .initial = "0.3",
              .help = "Share of the clients with an honest resolver whose resolver is a farm of "
                      "independent caches",
              .source = "Moura et al., IMC 2018: caching not effective for about 30 %"),
    FIELD_COUNT(Resolver, farm_size, .initial = "4", .lowest = "1", .highest = "64",
                .help = "Independent caches of a farm", .source = "assumption"),
    MIX_RATIO(small_ratio, .initial = "0.03",
              .help = "Share of clients whose resolver keeps answers a minute or two at least",
              .source = BHOWMICK),
    MIX_RATIO(medium_ratio, .initial = "0.03",
              .help = "Share of clients whose resolver keeps answers 5 to 10 min at least",
              .source = BHOWMICK),
    MIX_RATIO(large_ratio, .initial = "0.0174",
              .help = "Share of clients whose resolver keeps answers up to an hour at least",
              .source = BHOWMICK),
    MIX_RATIO(sticky_ratio, .initial = "0.01",
              .help = "Share of clients whose resolver keeps answers for hours",
              .source = BHOWMICK),
    FIELD_DRAW(Resolver, small_floor, .initial = "uniform(60s, 120s)",
               .help = "Least time to live of the small class",
               .source = "RIPE Atlas: floors of 60 and 120 s at Internet providers"),
    FIELD_DRAW(Resolver, medium_floor, .initial = "uniform(300s, 600s)",
               .help = "Least time to live of the medium class",
               .source = "RIPE Atlas: floors of 150 to 600 s at Internet providers"),
    FIELD_DRAW(Resolver, large_floor, .initial = "uniform(900s, 3600s)",
               .help = "Least time to live of the large class",
               .source = "RIPE Atlas: a floor of 3600 s at an Internet provider"),
    FIELD_DRAW(Resolver, sticky_floor, .initial = "uniform(3600s, 14400s)",
               .help = "Least time to live of the sticky class", .source = "assumption"),
    FIELD_RATIO(Resolver, serve_stale_ratio, .initial = "0.25",
                .help = "Share of resolvers that give expired answers when Route 53 is silent",
                .source = "assumption; RFC 8767"),
    FIELD_SPAN(Resolver, stale_ttl, .initial = "30s", .lowest = "0s",
               .help = "Time to live of an expired answer", .source = "RFC 8767, section 4"),
    FIELD_SPAN(Resolver, stale_most, .initial = "1d", .lowest = "0s",
               .help = "Longest time after its end that an expired answer is given",
               .source = "RFC 8767, section 5: between 1 and 3 days"),
    FIELD_SPAN(Resolver, cap, .initial = "1d", .lowest = "1s",
               .help = "No answer is kept for longer, whatever its time to live",
               .source = "Unbound cache-max-ttl: 1 day; Google 6 h, BIND 7 days, EC2's resolver "
                         "60 s (Moura, RIPE Labs 2017)"),
    FIELD_SPAN(Resolver, last_second, .initial = "0s", .lowest = "0s", .highest = "10s",
               .help = "An answer lives so much longer than its time to live",
               .source = "measured: unbound 1.17.1 counts whole seconds and serves an answer with "
                         "a time to live of 0 for 1s"),
    FIELD_CHOICE(Resolver, at_start, .more = start_words, .initial = "filled",
                 .help = "What caches hold when the run begins: each an answer of any age, which "
                         "runs out in step with the others' for some minutes, or some of them "
                         "nothing, as after a long time",
                 .source = "renewal theory: a cache is empty from the end of an answer to the next "
                           "question"),
    MIX_RATIO(unmapped_ratio, .initial = "0.01",
              .help = "Share of clients whose address no location table knows", .source = LOCATION),
    MIX_RATIO(without_ecs_ratio, .initial = "0.03",
              .help = "Share of clients with a public resolver that hides the client's subnet",
              .source = LOCATION),
    MIX_RATIO(without_ecs_country_ratio, .initial = "0.1",
              .help = "Share of these that seem to be in another country", .source = LOCATION),
    MIX_RATIO(without_ecs_continent_ratio, .initial = "0.01",
              .help = "Share of these that seem to be on another continent", .source = LOCATION),
    MIX_RATIO(foreign_ratio, .initial = "0.02",
              .help = "Share of clients with a resolver in another country, or a VPN",
              .source = LOCATION),
    MIX_RATIO(foreign_continent_ratio, .initial = "0.5",
              .help = "Share of these whose resolver is on another continent", .source = LOCATION),
    FIELD_DRAW(Resolver, upstream, .initial = "uniform(5ms, 40ms)",
               .help = "Round trip to the nearest name server of Route 53 (anycast)",
               .source = "assumption"),
    FIELD_RATIO(Resolver, upstream_loss, .initial = "0.001",
                .help = "Share of questions to Route 53 or their answers that are lost",
                .source = "assumption: wired paths lose 0.02 to 0.1 %"),
    FIELD_SPAN(Resolver, upstream_timeout, .initial = "800ms", .lowest = "10ms",
               .help = "Wait before a question to Route 53 is asked again, three times in all",
               .source = "BIND 9: 800 ms for the first tries"),
    FIELD_END,
};

static const MetricDef resolver_metrics[] = {
    METRIC_COUNTER(Resolver, questions, "Questions of clients"),
    METRIC_COUNTER(Resolver, hits, "Questions answered from a cache"),
    METRIC_COUNTER(Resolver, upstream_questions, "Questions sent to Route 53"),
    METRIC_COUNTER(Resolver, upstream_lost, "Questions to Route 53 that were not answered"),
    METRIC_COUNTER(Resolver, failures, "Times that a name could not be resolved at all"),
    METRIC_HISTOGRAM(Resolver, dns_answer_age, "s",
                     "Age of the answers given from a cache: since the name servers gave them"),
    METRIC_COUNTER(Resolver, stale_answers, "Times that an expired answer had to do"),
    METRIC_END,
};

static const NoteDef resolver_notes[] = {
    {.name = "resolver.gave-up",
     .help = "A resolver asked the name servers in vain, and failed or served what had expired",
     .labels = {"answer"},
     .values = {"servfail|stale"}},
    NOTE_END,
};

const Kind resolver_kind = {
    .name = "resolver",
    .help = "The recursive resolvers of a region",
    .leaves_out = "forwarders at home, prefetching, caches of failures: all "
                  "matter for hours or milliseconds, not for the minutes of a fail-over. What "
                  "resolvers remember of name servers that were silent (unbound 15 min a host, "
                  "with longer and longer pauses): here each question after a failure asks again "
                  "at once, so that names come back up to minutes sooner after an outage of the "
                  "authority itself. With "
                  "'at_start' filled caches of few users stay in step with the begin of the run "
                  "for some minutes: shares of who holds an old answer are up to 2 points off then",
    .size = sizeof(Resolver),
    .scope = KIND_PER_REGION,
    .fields = resolver_fields,
    .metrics = resolver_metrics,
    .notes = resolver_notes,
    .on_wire = resolver_on_wire,
    .on_stop = resolver_on_stop,
    .on_message = resolver_on_message,
    .on_refuse = resolver_on_refuse,
    .on_free = resolver_on_free,
};
