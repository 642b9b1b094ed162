/* geo_distance.c - places and great circles, by series of + - * / so that every machine agrees. */
#include "models/dns/geo_distance.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

typedef struct Place {
    const char *name;
    GeoPoint point;
} Place;

static const Place regions[] = {
    {"us-east-1", {39.0, -77.5}},       {"us-east-2", {40.0, -83.0}},
    {"us-west-1", {37.4, -122.0}},      {"us-west-2", {45.8, -119.7}},
    {"ca-central-1", {45.5, -73.6}},    {"ca-west-1", {51.0, -114.1}},
    {"sa-east-1", {-23.5, -46.6}},      {"eu-west-1", {53.3, -6.3}},
    {"eu-west-2", {51.5, -0.1}},        {"eu-west-3", {48.9, 2.4}},
    {"eu-central-1", {50.1, 8.7}},      {"eu-central-2", {47.4, 8.5}},
    {"eu-north-1", {59.3, 18.1}},       {"eu-south-1", {45.5, 9.2}},
    {"eu-south-2", {41.6, -0.9}},       {"ap-south-1", {19.1, 72.9}},
    {"ap-south-2", {17.4, 78.5}},       {"ap-east-1", {22.3, 114.2}},
    {"ap-northeast-1", {35.7, 139.7}},  {"ap-northeast-2", {37.6, 127.0}},
    {"ap-northeast-3", {34.7, 135.5}},  {"ap-southeast-1", {1.3, 103.8}},
    {"ap-southeast-2", {-33.9, 151.2}}, {"ap-southeast-3", {-6.2, 106.8}},
    {"ap-southeast-4", {-37.8, 145.0}}, {"me-south-1", {26.2, 50.6}},
    {"me-central-1", {25.2, 55.3}},     {"il-central-1", {32.1, 34.8}},
    {"af-south-1", {-33.9, 18.4}},      {NULL, {0, 0}}};

const char *const geo_regions[] = {
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",      "ca-central-1",
    "ca-west-1",      "sa-east-1",      "eu-west-1",      "eu-west-2",      "eu-west-3",
    "eu-central-1",   "eu-central-2",   "eu-north-1",     "eu-south-1",     "eu-south-2",
    "ap-south-1",     "ap-south-2",     "ap-east-1",      "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
    "me-south-1",     "me-central-1",   "il-central-1",   "af-south-1",     NULL};

static const Place countries[] = {
    {"AE", {25.0, 55.5}},   {"AR", {-34.5, -58.5}}, {"AT", {48.0, 16.5}},  {"AU", {-34.0, 151.0}},
    {"BE", {51.0, 4.5}},    {"BR", {-23.5, -46.5}}, {"CA", {43.5, -79.5}}, {"CH", {47.5, 8.5}},
    {"CL", {-33.5, -70.5}}, {"CN", {31.0, 121.5}},  {"CO", {4.5, -74.0}},  {"CZ", {50.0, 14.5}},
    {"DE", {52.5, 13.5}},   {"DK", {55.5, 12.5}},   {"EG", {30.0, 31.0}},  {"ES", {40.5, -3.5}},
    {"FI", {60.0, 25.0}},   {"FR", {49.0, 2.5}},    {"GB", {51.5, 0.0}},   {"GR", {38.0, 23.5}},
    {"HK", {22.5, 114.0}},  {"HU", {47.5, 19.0}},   {"ID", {-6.0, 107.0}}, {"IE", {53.5, -6.5}},
    {"IL", {32.0, 35.0}},   {"IN", {19.0, 73.0}},   {"IT", {42.0, 12.5}},  {"JP", {35.5, 139.5}},
    {"KE", {-1.5, 37.0}},   {"KR", {37.5, 127.0}},  {"MA", {33.5, -7.5}},  {"MX", {19.5, -99.0}},
    {"MY", {3.0, 101.5}},   {"NG", {6.5, 3.5}},     {"NL", {52.5, 5.0}},   {"NO", {60.0, 10.5}},
    {"NZ", {-37.0, 175.0}}, {"PE", {-12.0, -77.0}}, {"PH", {14.5, 121.0}}, {"PK", {25.0, 67.0}},
    {"PL", {52.0, 21.0}},   {"PT", {38.5, -9.0}},   {"RO", {44.5, 26.0}},  {"RU", {55.5, 37.5}},
    {"SA", {24.5, 46.5}},   {"SE", {59.5, 18.0}},   {"SG", {1.5, 104.0}},  {"TH", {13.5, 100.5}},
    {"TR", {41.0, 29.0}},   {"TW", {25.0, 121.5}},  {"UA", {50.5, 30.5}},  {"US", {40.5, -74.0}},
    {"VN", {10.5, 106.5}},  {"ZA", {-26.0, 28.0}},  {NULL, {0, 0}}};

static const Place continents[] = {
    {"AF", {2.0, 17.5}},   {"AN", {-80.0, 0.0}},   {"AS", {30.0, 100.0}},  {"EU", {50.0, 10.0}},
    {"NA", {39.5, -98.5}}, {"OC", {-30.0, 145.0}}, {"SA", {-15.0, -60.0}}, {NULL, {0, 0}}};

static bool find(const Place *places, const char *name, GeoPoint *point)
{
    for (; name != NULL && places->name != NULL; places++) {
        if (strcmp(places->name, name) == 0) {
            *point = places->point;
            return true;
        }
    }
    return false;
}

bool geo_find_region(const char *aws_region, GeoPoint *point)
{
    return find(regions, aws_region, point);
}

bool geo_find_country(const char *country, GeoPoint *point)
{
    return find(countries, country, point);
}

bool geo_find_continent(const char *continent, GeoPoint *point)
{
    return find(continents, continent, point);
}

/* --- great circles ------------------------------------------------------------------------------
 */

/* Of an angle from -pi to pi: the series to the 25th power, exact to some 1e-12. */
static double sine(double angle)
{
    double term = angle, sum = angle;

    for (int n = 3; n <= 25; n += 2) {
        term *= -angle * angle / (n * (n - 1));
        sum += term;
    }
    return sum;
}

/* The angle from 0 to pi/2 whose sine is `value`, by halving. */
static double arc_of(double value)
{
    double low = 0, high = PI / 2;

    for (int i = 0; i < 50; i++) {
        double middle = (low + high) / 2;

        if (sine(middle) < value) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

/* Haversine: sin^2(d/2) = sin^2(dlat/2) + cos cos sin^2(dlon/2). */
double geo_distance(GeoPoint one, GeoPoint other)
{
    double degree = PI / 180, apart = one.longitude - other.longitude;
    double north = sine((one.latitude - other.latitude) / 2 * degree), east, square;

    apart -= apart > 180 ? 360 : apart < -180 ? -360 : 0;
    east = sine(apart / 2 * degree);
    square = north * north + sine((90 - one.latitude) * degree) *
                                 sine((90 - other.latitude) * degree) * east * east;
    return 2 * arc_of(sqrt(MIN(square, 1))) / degree;
}
