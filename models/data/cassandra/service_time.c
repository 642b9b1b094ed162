/* service_time.c - a distribution of CPU times made ready for many draws. */
#include "models/data/cassandra/service_time.h"

void service_time_init(ServiceTime *service, Draw law)
{
    const guint count = 1 << SERVICE_TIME_BITS;
    SimSpan sum = 0;

    for (guint i = 0; i < count; i++) {
        service->spans[i] = (SimSpan)(draw_quantile(law, (i + 0.5) / count) + 0.5);
        sum += service->spans[i];
    }
    service->mean = sum / count;
}
