/* fake_study.h - studies as capacity, sweep and diff would leave them, made up: five sites, one of
 * them lost at a time. */
#pragma once

/* Writes DIRECTORY/study.json, making the directory; `title` stands where a scenario's text would.
 * Whatever goes wrong ends the test. */
void fake_study_capacity(const char *directory, const char *title);
void fake_study_sweep(const char *directory, const char *name);
void fake_study_map(const char *directory, const char *name);
void fake_study_tornado(const char *directory, const char *name);
void fake_study_wall(const char *directory, const char *title);
void fake_study_intent(const char *directory, const char *name);
void fake_study_diff(const char *directory, const char *name);

/* The same with any text: studies that are none. */
void fake_study_write(const char *directory, const char *text);
