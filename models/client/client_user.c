/* client_user.c - what a user remembers between requests: access network, answers, connection. */
#include <string.h>

#include "models/client/client_parts.h"
#include "sim/base/fixed_math.h"
#include "sim/config/json_place.h"

/* Access networks: round trip added to the path (lognormal) and loss. Source: widely published
 * figures for each technology; loss is an assumption. */
typedef struct Access {
    const char *name;
    double median_ms, sigma, loss_ratio;
} Access;

static const Access access_classes[] = {
    {"fibre", 2.0, 0.4, 0.0001}, {"cable", 12.0, 0.4, 0.0005},  {"adsl", 28.0, 0.5, 0.002},
    {"wifi", 15.0, 0.6, 0.0025}, {"lte", 42.0, 0.45, 0.003},    {"5g", 20.0, 0.45, 0.002},
    {"3g", 95.0, 0.6, 0.01},     {"nb-iot", 1600.0, 0.6, 0.02}, {"lte-m", 150.0, 0.6, 0.02},
    {NULL, 0.0, 0.0, 0.0},
};

static const char *const cache_words[] = {"ttl",  "browser", "built-in", "jvm",
                                          "none", "forever", NULL};

#define BROWSER_SPAN (60 * SIM_S) /* Chromium: 60 s; Firefox network.dnsCacheExpiration: 60 s */
#define JVM_SPAN (30 * SIM_S)     /* networkaddress.cache.ttl without a security manager */

/* --- answers --- */

const Answer *user_answer(const Client *client, const User *user)
{
    if (user->answer == 0 || world_now(client->component.world) >= user->answer_until) {
        return NULL;
    }
    return &client->answers[user->answer - 1];
}

/* The number of an answer among those seen, from 1; the last slot is reused when all are taken. */
static uint8_t answer_number(Client *client, const Message *reply)
{
    Answer answer = {.count = MIN(reply->count, MESSAGE_ADDRESSES)};

    memcpy(answer.addresses, reply->addresses, answer.count * sizeof(uint32_t));
    for (uint32_t i = 0; i < client->answers_known; i++) {
        if (memcmp(&client->answers[i], &answer, sizeof answer) == 0) {
            return (uint8_t)(i + 1);
        }
    }
    if (client->answers_known < CLIENT_ANSWERS) {
        client->answers_known++;
    }
    client->answers[client->answers_known - 1] = answer;
    return (uint8_t)client->answers_known;
}

static SimSpan kept_for(const User *user, SimSpan time_to_live)
{
    switch ((CachePolicy)user->cache) {
    case CACHE_TTL:
        return time_to_live;
    case CACHE_BROWSER:
        return BROWSER_SPAN;
    case CACHE_BUILT_IN:
        return MAX(BROWSER_SPAN, time_to_live);
    case CACHE_JVM:
        return JVM_SPAN;
    case CACHE_NONE:
        return 0;
    case CACHE_FOREVER:
        return SIM_DAY * 365;
    case CACHE_POLICIES:
        break;
    }
    g_assert_not_reached();
}

const Answer *user_remember(Client *client, User *user, const Message *reply)
{
    if (reply->code != DNS_NOERROR || reply->count == 0) {
        return NULL;
    }
    uint8_t number = answer_number(client, reply);

    user->answer = number;
    user->answer_until = world_now(client->component.world) + kept_for(user, reply->time_to_live);
    return &client->answers[number - 1];
}

/* The bit of an address in masks of the population; 0 when the table is full. */
static uint32_t address_bit(Client *client, uint32_t address)
{
    for (uint32_t i = 0; i < client->addresses_known; i++) {
        if (client->addresses[i] == address) {
            return UINT32_C(1) << i;
        }
    }
    if (client->addresses_known == CLIENT_ADDRESSES) {
        return 0;
    }
    client->addresses[client->addresses_known] = address;
    return UINT32_C(1) << client->addresses_known++;
}

int user_next_address(Client *client, const User *user, const Answer *answer, uint8_t tried)
{
    int second_choice = -1;

    for (uint32_t i = 0; i < answer->count; i++) {
        if (((uint32_t)tried >> i & 1U) != 0) {
            continue;
        }
        if (user->avoided == 0 ||
            (user->avoided & address_bit(client, answer->addresses[i])) == 0) {
            return (int)i;
        }
        if (second_choice < 0) {
            second_choice = (int)i;
        }
    }
    return second_choice;
}

void user_mark_address(Client *client, User *user, uint32_t address, bool is_failed)
{
    if (!client->remembers_failures || (!is_failed && user->avoided == 0)) {
        return;
    }
    if (is_failed) {
        user->avoided |= address_bit(client, address);
    } else {
        user->avoided &= ~address_bit(client, address);
    }
}

bool user_has_connection(const Client *client, const User *user)
{
    return user->peer != NULL && !user->is_busy && user->served < client->keep_alive_requests &&
           world_now(client->component.world) < user->idle_since + client->keep_alive;
}

/* --- the population --- */

/* Reads { "word": share, ... } into `shares`, in order of `words`; false when something was
 * reported. */
static bool read_mix(const cJSON *tree, const char *const *words, double *shares, DiagList *diags)
{
    const cJSON *share;
    double sum = 0.0;
    guint before = diag_count_errors(diags);

    cJSON_ArrayForEach(share, tree)
    {
        guint i = 0;

        while (words[i] != NULL && strcmp(words[i], share->string) != 0) {
            i++;
        }
        if (words[i] == NULL) {
            g_autofree char *hint = diag_suggest(share->string, words);

            diag_add(diags, DIAG_ERROR, share, DIAG_KEY, "unknown name '%s'%s", share->string,
                     hint);
        } else if (!cJSON_IsNumber(share) || share->valuedouble < 0.0) {
            diag_add(diags, DIAG_ERROR, share, DIAG_VALUE,
                     "the share of '%s' must be a number of at least 0", share->string);
        } else {
            shares[i] = share->valuedouble;
            sum += share->valuedouble;
        }
    }
    if (sum <= 0.0) {
        shares[0] = 1.0;
        sum = 1.0;
    }
    for (guint i = 0; words[i] != NULL; i++) {
        shares[i] /= sum;
    }
    return diag_count_errors(diags) == before;
}

static guint pick(const double *shares, guint count, double u)
{
    double below = 0.0;

    for (guint i = 0; i + 1 < count; i++) {
        below += shares[i];
        if (u < below) {
            return i;
        }
    }
    return count - 1;
}

static void user_make(Client *client, User *user, const double *caches, const double *accesses)
{
    guint count = G_N_ELEMENTS(access_classes) - 1;
    const Access *access = &access_classes[pick(accesses, count, rng_uniform(&client->user_rng))];
    double z = fixed_normal_quantile(rng_uniform(&client->user_rng));
    double rtt_ms = access->median_ms * fixed_exp(access->sigma * z);

    user->access_delay_us = (float)(rtt_ms * 500.0);
    user->access_loss = (float)access->loss_ratio;
    user->cache = (uint8_t)pick(caches, CACHE_POLICIES, rng_uniform(&client->user_rng));
    user->has_ticket = rng_chance(&client->user_rng, client->ticket_ratio);
    user->last_dc = 255;
}

bool users_make(Client *client, DiagList *diags)
{
    const char *words[G_N_ELEMENTS(access_classes)];
    double accesses[G_N_ELEMENTS(access_classes)] = {0.0};
    double caches[CACHE_POLICIES] = {0.0};

    for (guint i = 0; i < G_N_ELEMENTS(access_classes); i++) {
        words[i] = access_classes[i].name;
    }
    bool is_good = read_mix(client->access, words, accesses, diags);

    is_good = read_mix(client->caches, cache_words, caches, diags) && is_good;
    if (!is_good) {
        return false;
    }
    client->population = g_new0(User, (gsize)client->users);
    for (int64_t i = 0; i < client->users; i++) {
        user_make(client, &client->population[i], caches, accesses);
    }
    return true;
}
