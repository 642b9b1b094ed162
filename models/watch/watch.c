/* watch.c - the monitors of a scenario: for each product a map from a name of one's own to its
 * settings. Each becomes a component "uptimerobot@NAME" that asks over the simulated network as
 * anybody does and may be wrong. Source: front door reference 5. */
#include "models/watch/watch_parts.h"

extern const Kind uptimerobot_kind, zabbix_agent_kind, zabbix_web_kind, facade_probe_kind,
    route53_alarm_kind, people_kind;

/* One for each product, in the order of `products`. */
enum { PRODUCTS = 6 };

typedef struct Watch {
    Component component; /* first */
    const cJSON *maps[PRODUCTS];
} Watch;

static const Kind *const products[PRODUCTS] = {&uptimerobot_kind,   &zabbix_agent_kind,
                                               &zabbix_web_kind,    &facade_probe_kind,
                                               &route53_alarm_kind, &people_kind};

/* Whether it asks from somewhere itself. */
static const bool asks[PRODUCTS] = {true, true, true, true, false, false};

static void watch_make(Component *self, World *world, DiagList *diags)
{
    const Watch *watch = (const Watch *)self;

    for (int i = 0; i < PRODUCTS; i++) {
        const cJSON *settings;

        cJSON_ArrayForEach(settings, watch->maps[i])
        {
            if (settings->string == NULL || !cJSON_IsObject(settings)) {
                diag_add(diags, DIAG_ERROR, settings, DIAG_VALUE,
                         "'%s' takes monitors by name, like { \"free\": {} }", products[i]->name);
                continue;
            }
            world_add(world, products[i], settings->string, NULL,
                      asks[i] ? watch_site(settings, world, 0, diags) : NULL, NULL, settings,
                      diags);
        }
    }
}

#define WATCH_MAP(index, text, what)                                                               \
    {                                                                                              \
        .name = text, .type = FIELD_TYPE_JSON,                                                     \
        .offset = offsetof(Watch, maps) + (index) * sizeof(const cJSON *),                         \
        .help = what " by name, with the settings of kind '" text "'",                             \
        .schema = "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"object\"}}"       \
    }

static const Field watch_fields[] = {
    WATCH_MAP(0, "uptimerobot", "Checks of UptimeRobot"),
    WATCH_MAP(1, "zabbix_agent", "Hosts that a Zabbix server asks"),
    WATCH_MAP(2, "zabbix_web", "Web scenarios of Zabbix"),
    WATCH_MAP(3, "facade_probe", "Probes of response time"),
    WATCH_MAP(4, "route53_alarm", "Alarms on Route 53's health checks"),
    WATCH_MAP(5, "people", "Who is on call"),
    FIELD_END,
};

const Kind watch_kind = {
    .name = "watch",
    .help = "The monitors that look at the service from outside",
    .leaves_out = "monitors that fail themselves",
    .size = sizeof(Watch),
    .scope = KIND_ONE,
    .fields = watch_fields,
    .notes = watch_notes,
    .on_make = watch_make,
};
