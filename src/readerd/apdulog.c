/* SPDX-License-Identifier: BSD-2-Clause */
/* ISO/IEC 7816-4: CLA in 5.4.1, the commands in 11 and 12. */
#include "readerd/apdulog.h"

#include <stdio.h>
#include <string.h>

#include "codec/apdu.h"

#define CLA_CHANNEL 0x03
#define CLA_CHAIN 0x10
#define CLA_PLAIN \
	0xec /* bits that are 0 in what is shown: no secure
			  messaging, nothing proprietary */
#define INS_SELECT 0xa4
#define INS_GET_DATA 0xcb
#define INS_GET_RESPONSE 0xc0

/*
 * PIV data objects that are read without a PIN (SP 800-73-4 Part 1, table 2):
 * 5FC1xx by their last byte. All others may hold what a PIN protects.
 */
static bool
public_object(uint8_t last)
{
	return last == 0x02 || last == 0x05 || last == 0x06 || last == 0x07 ||
	    (last >= 0x0a && last <= 0x20);
}

static bool
harmless_get_data(const struct apdu *a)
{
	const uint8_t *d = a->data.p;

	if (a->p1 != 0x3f || a->p2 != 0xff)
		return false;
	if (a->data.n == 3 && d[0] == 0x5c && d[1] == 1)
		return d[2] == 0x7e; /* discovery object */
	return a->data.n == 5 && d[0] == 0x5c && d[1] == 3 && d[2] == 0x5f &&
	    d[3] == 0xc1 && public_object(d[4]);
}

static bool
harmless(const struct apdu *a)
{
	if ((a->cla & CLA_PLAIN) != 0)
		return false;
	return a->ins == INS_SELECT ||
	    (a->ins == INS_GET_DATA && harmless_get_data(a));
}

/* May this command be shown, and with it the answer? */
static bool
decide(struct apdulog *l, const struct apdu *a)
{
	uint8_t ch = a->cla & CLA_CHANNEL;
	bool more = (a->cla & CLA_CHAIN) != 0;
	bool open;

	l->channel = ch;
	/* of a vendor's class, or with data, C0 may be anything */
	if (a->ins == INS_GET_RESPONSE && !more)
		open =
		    l->open[ch] && (a->cla & CLA_PLAIN) == 0 && a->data.n == 0;
	else if (l->chaining[ch])
		open = l->chain_open[ch] && harmless(a);
	else
		open = harmless(a) && !more; /* a chain is never needed here */
	l->chaining[ch] = more;
	l->chain_open[ch] = open;
	return open;
}

void
apdulog_reset(struct apdulog *l)
{
	bool on = l->on;

	*l = (struct apdulog){ .on = on };
}

static void
put_hex(char line[APDULOG_LINE_MAX], struct span s)
{
	size_t at = strlen(line);

	for (size_t i = 0; i < s.n; i++) {
		if (at + 8 > APDULOG_LINE_MAX) {
			(void)snprintf(
			    line + at, APDULOG_LINE_MAX - at, " ...");
			return;
		}
		at += (size_t)snprintf(
		    line + at, APDULOG_LINE_MAX - at, " %02x", s.p[i]);
	}
}

static void
put_length(char line[APDULOG_LINE_MAX], size_t n)
{
	size_t at = strlen(line);

	(void)snprintf(
	    line + at, APDULOG_LINE_MAX - at, " (%zu more bytes)", n);
}

void
apdulog_command(struct apdulog *l, struct span cmd, char line[APDULOG_LINE_MAX])
{
	struct apdu a;

	(void)snprintf(line, APDULOG_LINE_MAX, "APDU ->");
	l->answer_open = apdu_parse(cmd, &a) == ERR_OK ? decide(l, &a) : false;
	put_hex(line, l->answer_open ? cmd : span_first(cmd, 4));
	if (!l->answer_open && cmd.n > 4)
		put_length(line, cmd.n - 4);
}

void
apdulog_answer(
    struct apdulog *l, struct span answer, char line[APDULOG_LINE_MAX])
{
	size_t n = answer.n >= 2 ? answer.n - 2 : 0;

	(void)snprintf(line, APDULOG_LINE_MAX, "APDU <-");
	l->open[l->channel] = l->answer_open;
	if (!l->answer_open && n > 0)
		put_length(line, n);
	put_hex(line,
	    l->answer_open ? answer : span_from(answer.p + n, answer.n - n));
}
