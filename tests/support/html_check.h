/* html_check.h - whether a text is well-formed HTML as our pages are: every element that was opened
 * is closed in order, attributes are quoted, nothing but known entities begins with '&'. */
#pragma once

/* NULL when it is, or what is wrong with it and where. Caller frees. */
char *html_check(const char *text);
