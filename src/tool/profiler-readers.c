/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "codec/hex.h"
#include "pcsc/client.h"
#include "tool/profiler.h"

#define READERS_MS 5000
#define ROW_MAX 512
#define NOT_ALLOWED                                                            \
	"this user may not use them: no active session at their seat, and in " \
	"no group that is let in"

static void
row(struct report *r, json_object *section, const struct wire_reader_state *s)
{
	char name[WIRE_READER_NAME + 1], hex[2 * WIRE_ATR_SIZE + 1];
	char text[ROW_MAX];

	(void)snprintf(name, sizeof(name), "%.*s", WIRE_READER_NAME, s->reader);
	text_clean(name);
	if ((s->state & WIRE_STATE_PRESENT) == 0 || s->atr_length == 0 ||
	    s->atr_length > WIRE_ATR_SIZE) {
		report_row(r, section, name);
		return;
	}
	hex_lower(span_from(s->atr, s->atr_length), hex);
	(void)snprintf(text, sizeof(text),
	    "%s (ATR:{length = %u, bytes = 0x%s})", name,
	    (unsigned int)s->atr_length, hex);
	report_row(r, section, text);
}

static err_t
connect_to(const char *prefix, struct pcsc **out, struct why *why)
{
	char path[SCS_PATH_MAX];
	err_t e;

	if ((e = path_under(prefix, PATH_PCSC_SOCK, path)))
		return e;
	e = pcsc_open(path, PCSC_PLAIN, deadline_in(READERS_MS), out);
	if (e == ERR_SERVICE)
		return why_add(
		    why, e, "the PC/SC service does not run: start scsd");
	if (e == ERR_DENIED)
		return why_add(why, e, NOT_ALLOWED);
	if (e != ERR_OK)
		return why_add(why, e, "%s: %s", path, err_text(e));
	return ERR_OK;
}

err_t
profiler_readers(struct report *r, const char *prefix, struct why *why)
{
	CLEANUP(pcsc_close) struct pcsc *c = NULL;
	static struct wire_reader_state all[PCSC_READERS_MAX];
	json_object *section = report_section(r, "READERS");
	size_t n = 0;
	err_t e;

	if ((e = connect_to(prefix, &c, why)))
		return e;
	if ((e = pcsc_readers(
		 c, all, nitems(all), &n, deadline_in(READERS_MS))))
		return why_add(why, e, "the PC/SC service does not answer");
	for (size_t i = 0; i < n; i++)
		row(r, section, &all[i]);
	return ERR_OK;
}
