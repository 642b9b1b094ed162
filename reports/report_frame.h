/* report_frame.h - what all pages share: head, style, one campaign's article. */
#pragma once

#include "reports/page_chart.h"
#include "reports/view.h"

/* Everything before the body: doctype, title, style; html stays open. */
void report_frame_put_head(Page *page, const char *title);

/* One campaign as an article with contents; its ids begin with "c1" for index 0. */
void report_frame_put_campaign(Page *page, Drawer *drawer, const View *view, guint index);

/* A whole page of pieces: contents, the parts, what follows. Caller frees. */
char *report_frame_whole(const char *title, const char *contents, const char *parts,
                         const char *tail);
