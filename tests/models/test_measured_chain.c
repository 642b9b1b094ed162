/* test_measured_chain.c - the whole chain as it was measured in seven runs: name server with health
 * checks (I=2 T=1 TTL=5), a resolver for each client, one httpd a site (64 threads for good, checks
 * I=1 F=P=2) with two back ends. One back end of site A is killed and restarted, the other one
 * hangs for 12 s, then A is cut off for 18 s. Simulated from that description, with what it leaves
 * open chosen so: 80 requests/s reach A, so that four of the six clients of 20 requests/s are A's,
 * three of them behind resolvers (as many as the results are told for) and one that asks the name
 * server itself; the checks of the name server ask what httpd answers by itself. Two of the five
 * sites have users or get them; the others would do nothing. */
#include <stdio.h>

#include "tests/support/measured_users.h"
#include "tests/support/suite.h"

#define AT_A 0xC0000221u /* 192.0.2.33 */
#define NEAR_A 4         /* users; the first of them without a resolver */
#define USERS 6
#define GAP (50 * SIM_MS)
#define RUNS 4

#define KILL (20 * SIM_S)
#define RESTART (25 * SIM_S)
#define HANG (32 * SIM_S)
#define RESUME (44 * SIM_S)
#define CUT (52 * SIM_S)
#define CUT_NEAR (CUT - SIM_S) /* what begins later may run into the cut */
#define HEAL (70 * SIM_S)
#define END (86 * SIM_S)

#define HTTPD                                                                                      \
    "{ \"backend\": \"probe\", \"Listen\": 80, \"ThreadsPerChild\": 64, \"ServerLimit\": 1, "      \
    "\"StartServers\": 1, \"MaxRequestWorkers\": 64, \"MaxSpareThreads\": 1000, "                  \
    "\"ListenBacklog\": 4096, \"connectiontimeout\": \"1s\", \"timeout\": \"3s\", "                \
    "\"hcmethod\": \"GET\", \"hcinterval\": \"1s\", \"hcfails\": 2, \"hcpasses\": 2 }"
#define UNBOUND                                                                                    \
    "{ \"resolvers\": 1, \"farm_ratio\": 0, \"small_ratio\": 0, \"medium_ratio\": 0, "             \
    "\"large_ratio\": 0, \"sticky_ratio\": 0, \"upstream_loss\": 0, \"last_second\": \"1s\", "     \
    "\"serve_stale_ratio\": 0 }"

typedef struct Chain {
    DnsRig dns;
    MeasuredUser users[USERS];
    Rng order;
} Chain;

static const char *const wide[] = {"DC01",     "region 0", "region 1", "region 2",
                                   "region 3", "region 4", "region 5", "us-east-1"};

/* --- the world --- */

static void add_back_end(Rig *rig, const char *place)
{
    Probe *probe;

    rig_host(rig, place, NULL, "{ \"boot\": \"1s\" }");
    probe = rig_probe(rig, place);
    probe->answer.code = 200;
    probe->answer_delay = 10 * SIM_MS;
}

static void add_sites(Chain *chain)
{
    Rig *rig = chain->dns.rig;

    chain->dns.endpoint->answer_delay = 10 * SIM_MS;
    add_back_end(rig, "DC03-app2");
    rig_host(rig, "DC03-web1", "192.0.2.33", NULL);
    rig_add(rig, "httpd", "DC03-web1", HTTPD);
    rig_site(rig, "DC01");
    add_back_end(rig, "DC01-app1");
    add_back_end(rig, "DC01-app2");
    rig_host(rig, "DC01-web1", "192.0.2.11", NULL);
    rig_add(rig, "httpd", "DC01-web1", HTTPD);
}

static void chain_open(Chain *chain, uint64_t seed)
{
    Component *resolvers[USERS] = {0};

    chain->dns =
        dns_rig_new(seed,
                    "{'Name':'f.','Type':'A','SetIdentifier':'p','Failover':'PRIMARY','TTL':5,"
                    "'HealthCheckId':'a','ResourceRecords':[{'Value':'192.0.2.33'}]},"
                    "{'Name':'f.','Type':'A','SetIdentifier':'s','Failover':'SECONDARY','TTL':5,"
                    "'ResourceRecords':[{'Value':'192.0.2.11'}]},"
                    "{'Name':'g.','Type':'A','TTL':5,'ResourceRecords':[{'Value':'192.0.2.11'}]}",
                    "{'Id':'a','HealthCheckConfig':{'Type':'HTTP','IPAddress':'192.0.2.33',"
                    "'ResourcePath':'/ping','FailureThreshold':3}}");
    add_sites(chain);
    for (int i = 0; i < USERS; i++) {
        const char *region = wide[1 + i];

        rig_site_of(chain->dns.rig, region, SITE_REGION);
        rig_probe(chain->dns.rig, region);
        resolvers[i] = i > 0 ? rig_add(chain->dns.rig, "resolver", region, UNBOUND) : NULL;
    }
    rig_site_of(chain->dns.rig, "us-east-1", SITE_CHECKER);
    rig_link_all(chain->dns.rig, "20ms");
    dns_rig_serve(&chain->dns, ",'propagation':'1.02s','health_checks':{'period':'2s',"
                               "'timeout':'1s','checkers':1}");
    rig_start(chain->dns.rig);
    rng_init(&chain->order, seed, "test/order");
    for (int i = 0; i < USERS; i++) {
        g_autofree char *place = g_strdup_printf("probe@%s", wide[1 + i]);

        measured_user_init(&chain->users[i], &chain->dns, place, i < NEAR_A ? "f" : "g",
                           resolvers[i]);
        chain->users[i].starts = (SimTime)rng_below(&chain->order, 6 * SIM_S);
    }
}

static void chain_clear(Chain *chain)
{
    for (int i = 0; i < USERS; i++) {
        measured_user_clear(&chain->users[i]);
    }
    dns_rig_clear(&chain->dns);
}

/* Requests of all users until `end`: one of each in each gap, in an order that is drawn. */
static void live_until(Chain *chain, SimTime end)
{
    Rig *rig = chain->dns.rig;

    while (rig_now(rig) < end) {
        uint32_t order[USERS] = {0, 1, 2, 3, 4, 5};

        for (uint32_t i = USERS; i > 0; i--) {
            uint32_t drawn = (uint32_t)rng_below(&chain->order, i);
            uint32_t user = order[drawn];

            order[drawn] = order[i - 1];
            measured_user_ask(&chain->users[user]);
            engine_run(rig->engine, rig_now(rig) + GAP / USERS);
        }
    }
    rig_run(rig, 0);
}

static void cut_off(Rig *rig)
{
    Effect effect = EFFECT_NONE;

    effect.down = true;
    for (size_t i = 0; i < G_N_ELEMENTS(wide); i++) {
        g_autofree char *there = g_strdup_printf("link@%s-DC03", wide[i]);
        g_autofree char *back = g_strdup_printf("link@DC03-%s", wide[i]);

        rig_effect(rig, there, effect, HEAL - CUT);
        rig_effect(rig, back, effect, HEAL - CUT);
    }
}

/* `phase` moves what happens against all that has a period. */
static void chain_run(Chain *chain, SimSpan phase)
{
    Rig *rig = chain->dns.rig;
    Effect hang = EFFECT_NONE;

    hang.paused = true;
    rig_run(rig, phase);
    live_until(chain, phase + KILL);
    rig_down(rig, "probe@DC03-app1", RESTART - KILL);
    live_until(chain, phase + HANG);
    rig_effect(rig, "probe@DC03-app2", hang, RESUME - HANG);
    live_until(chain, phase + CUT);
    cut_off(rig);
    live_until(chain, phase + END);
    rig_run(rig, 10 * SIM_S);
}

/* --- what came of it --- */

/* Seconds, or requests. */
typedef struct Range {
    double least, most;
} Range;

static double seconds(SimTime time)
{
    return (double)time / 1e9;
}

static void hold(const char *what, Range range, double value, const char *measured)
{
    printf("# whole chain | %s | %g to %g | %g | %s\n", what, range.least, range.most, value,
           measured);
    ck_assert_msg(value >= range.least && value <= range.most, "%s is %g, not %g to %g", what,
                  value, range.least, range.most);
}

/* A kill: Poisson with 30 requests/s of three clients x 10 ms, to the 99.9 % quantile. */
static void hold_kill(const Chain *chain, SimSpan phase)
{
    guint failed = 0;

    for (int i = 1; i < NEAR_A; i++) {
        failed += measured_user_count_failed(&chain->users[i], phase + KILL, phase + HANG);
    }
    hold("failed by kill, of three clients", (Range){0, 3}, failed, "0 to 1");
}

/* What was measured is of two sorts, by the phase of the checks against the batches in which the 64
 * threads come free: clients give up until 3.7 to 4.6 s or until 6.3 s after the hang. Counts have
 * 5 % + 5, times 0.3 s. Returns which sort it is. */
static int hold_hang(const Chain *chain, SimSpan phase)
{
    static const struct {
        Range last, failed;
        const char *measured[2];
    } sorts[] = {{{3.4, 4.9}, {32, 61}, {"3.7 to 4.6 s", "39 to 53"}},
                 {{6.0, 6.6}, {62, 96}, {"6.3 s", "71 to 86"}}};
    int sort = 0;

    for (int i = 1; i < NEAR_A; i++) {
        const MeasuredUser *user = &chain->users[i];
        SimTime last = measured_user_last_failed(user, phase + HANG, phase + CUT_NEAR);

        sort = i > 1 ? sort : last > phase + HANG + 5 * SIM_S;
        hold("last failure after hang", sorts[sort].last, seconds(last - phase - HANG),
             sorts[sort].measured[0]);
        hold("failed by hang, per client", sorts[sort].failed,
             measured_user_count_failed(user, phase + HANG, phase + CUT_NEAR),
             sorts[sort].measured[1]);
    }
    return sort;
}

/* Formulas, with 0.3 s for single outages: detection U(0, 2) + 4 + 1 + 1.02 s and U(0, 6) s in a
 * resolver; on the way back U(0, 2) + 4 + 1.02 s and the same. */
static void hold_cut(const Chain *chain, SimSpan phase)
{
    for (int i = 1; i < NEAR_A; i++) {
        const MeasuredUser *user = &chain->users[i];
        SimTime last = measured_user_last_failed(user, phase + CUT, SIM_NEVER);
        SimTime back = measured_user_first_to(user, AT_A, phase + HEAL);

        hold("outage by cut, per resolver", (Range){5.72, 14.32}, seconds(last - phase - CUT),
             "6.7 to 13.0 s");
        hold("fail-back, per resolver", (Range){4.72, 13.32}, seconds(back - phase - HEAL),
             "5.7 to 12.1 s");
    }
}

/* Nobody else fails, and A's clients only when they are told to. */
static void hold_rest(const Chain *chain, SimSpan phase)
{
    guint failed = 0;

    for (int i = 0; i < USERS; i++) {
        const MeasuredUser *user = &chain->users[i];

        failed += measured_user_count_failed(user, 0, i < NEAR_A ? phase + KILL : SIM_NEVER);
        failed +=
            i < NEAR_A ? measured_user_count_failed(user, phase + RESUME, phase + CUT_NEAR) : 0;
        failed += i < NEAR_A ? measured_user_count_failed(user, phase + HEAL, SIM_NEVER) : 0;
    }
    hold("failed else", (Range){0, 0}, failed, "0");
}

/* Two round trips of 20 ms, 10 ms of a back end and 0.7 ms; 3 % + 0.5 ms. */
static void hold_latency(const Chain *chain, SimSpan phase)
{
    SimSpan median = measured_user_median(&chain->users[1], 0, phase + KILL);

    hold("median latency", (Range){0.04897, 0.05303}, seconds(median), "51 ms");
}

/* Runs differ by the phase of the checks only. */
START_TEST(the_whole_chain_as_measured)
{
    guint sorts[2] = {0, 0};

    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        SimSpan phase = (SimSpan)seed * 317 * SIM_MS;
        Chain chain;

        chain_open(&chain, seed);
        chain_run(&chain, phase);
        hold_kill(&chain, phase);
        sorts[hold_hang(&chain, phase)]++;
        hold_cut(&chain, phase);
        hold_rest(&chain, phase);
        hold_latency(&chain, phase);
        chain_clear(&chain);
    }
    ck_assert_uint_gt(sorts[0], 0);
    ck_assert_uint_gt(sorts[1], 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("measured_chain");
    TCase *tests = tcase_create("measured");

    tcase_add_test(tests, the_whole_chain_as_measured);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return suite;
}
