/* flight.c - prints the last events with nothing but write(2). */
#include "sim/engine/flight.h"

#include <string.h>
#include <unistd.h>

#define LINE_SIZE 160

typedef struct Line {
    char text[LINE_SIZE];
    size_t length;
} Line;

static void line_add_text(Line *line, const char *text)
{
    while (*text != '\0' && line->length < LINE_SIZE) {
        line->text[line->length++] = *text++;
    }
}

/* At least `digits` digits, zeros in front. */
static void line_add_number(Line *line, uint64_t number, int digits)
{
    char text[24];
    size_t at = sizeof(text) - 1;

    text[at] = '\0';
    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
        digits--;
    } while (number > 0 || digits > 0);
    line_add_text(line, text + at);
}

static void line_add_time(Line *line, SimTime time)
{
    line_add_number(line, (uint64_t)(time / SIM_S), 1);
    line_add_text(line, ".");
    line_add_number(line, (uint64_t)(time % SIM_S), 9);
    line_add_text(line, "s");
}

static void line_print(Line *line, int fd)
{
    size_t done = 0;

    line->text[line->length < LINE_SIZE ? line->length++ : LINE_SIZE - 1] = '\n';
    while (done < line->length) {
        ssize_t written = write(fd, line->text + done, line->length - done);

        if (written <= 0) {
            break;
        }
        done += (size_t)written;
    }
    line->length = 0;
}

void flight_print(const Flight *flight, uint64_t seed, SimTime now, int fd)
{
    Line line = {.length = 0};
    uint64_t first = flight->count > FLIGHT_LENGTH ? flight->count - FLIGHT_LENGTH : 0;

    line_add_text(&line, "seed ");
    line_add_number(&line, seed, 1);
    line_add_text(&line, ", time ");
    line_add_time(&line, now);
    line_add_text(&line, ", last events:");
    line_print(&line, fd);
    for (uint64_t i = first; i < flight->count; i++) {
        const FlightEntry *entry = &flight->entries[i % FLIGHT_LENGTH];

        line_add_time(&line, entry->time);
        line_add_text(&line, " owner ");
        line_add_number(&line, entry->owner_id, 1);
        line_add_text(&line, " ");
        line_add_text(&line, entry->type->name);
        line_add_text(&line, " ");
        line_add_number(&line, entry->detail, 1);
        line_print(&line, fd);
    }
}
