/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system report as one tree and three ways to print it. The tree is that of
 * the JSON form: { "SPSmartCardsDataType": [ section, ... ] }; a section has a
 * "_name" and rows "#01", "#02", ..., or "_items": groups of the same shape.
 */
#ifndef SCS_TOOL_REPORT_H
#define SCS_TOOL_REPORT_H

#include "tool/json.h"

#define REPORT_TYPE "SPSmartCardsDataType"

struct report {
	struct json json;
	json_object *sections; /* borrowed from it */
};

void report_begin(struct report *r);
void report_done(struct report *r); /* CLEANUP(report_done) */

/* `name` is one of the names in report.c. */
json_object *report_section(struct report *r, const char *name);

/* A group in a section, as "a card in a reader". */
json_object *report_group(
    struct report *r, json_object *section, const char *name);

/* The next row of a section or group. */
void report_row(struct report *r, json_object *parent, const char *text);

enum report_form {
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_XML, /* property list */
};

/* To standard output. ERR_NOMEM. */
MUST_CHECK err_t report_print(struct report *r, enum report_form form);

#endif
