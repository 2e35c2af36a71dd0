/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is shown: the data of SELECT and GET DATA, which name things. Of all
 * other commands the length alone, so no PIN and no key can get out, whatever
 * command carries it. Of answers the length and the status word.
 */
#include "vcard/trace.h"

#include <stdio.h>

#include "codec/hex.h"
#include "vcard/card.h"

#define SHOWN_MAX 32 /* bytes of data */

static bool
harmless(const struct apdu *cmd)
{
	return cmd->cla == 0 &&
	    (cmd->ins == INS_SELECT || cmd->ins == INS_GET_DATA);
}

static void
format_answer(struct span resp, char *out, size_t n)
{
	if (resp.n < 2)
		(void)snprintf(out, n, "-> none");
	else
		(void)snprintf(out, n, "-> %02X%02X out=%zu",
		    (unsigned int)resp.p[resp.n - 2],
		    (unsigned int)resp.p[resp.n - 1], resp.n - 2);
}

void
trace_command(const struct vcard *c, const struct apdu *cmd, struct span resp)
{
	char data[2 * SHOWN_MAX + 1] = "", answer[64], line[256];

	if (c->trace == NULL)
		return;
	if (harmless(cmd))
		hex_upper(span_first(cmd->data, SHOWN_MAX), data);
	format_answer(resp, answer, sizeof(answer));
	(void)snprintf(line, sizeof(line),
	    "%u %02X%02X%02X%02X in=%zu%s%s le=%u %s", c->counts.total,
	    (unsigned int)cmd->cla, (unsigned int)cmd->ins,
	    (unsigned int)cmd->p1, (unsigned int)cmd->p2, cmd->data.n,
	    data[0] != '\0' ? " " : "", data, cmd->le, answer);
	c->trace(line, c->trace_ctx);
}
