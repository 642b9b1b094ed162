/* style.h - how a page looks: on paper, on a phone, in the dark. */
#pragma once

/* The text of a style element. */
extern const char *const style_text;
