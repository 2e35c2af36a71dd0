/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/failing.h"

static uint32_t
bit(unsigned int who)
{
	return UINT32_C(1) << who;
}

void
failing_enter(struct failing *f, unsigned int who)
{
	f->served |= bit(who);
}

void
failing_leave(struct failing *f, unsigned int who)
{
	f->served &= ~bit(who);
}

static bool
count(const struct failing *f, struct failing_row *row, unsigned int who,
    err_t e, unsigned int limit)
{
	if (e != ERR_IO && e != ERR_TIMEOUT)
		return false;
	row->n++;
	row->who |= bit(who);
	return row->n >= limit && (f->served & ~row->who) == 0;
}

bool
failing_look(struct failing *f, unsigned int who, err_t e)
{
	if (e == ERR_OK || e == ERR_REMOVED)
		f->looks = (struct failing_row){ 0 };
	return count(f, &f->looks, who, e, FAILING_LOOKS);
}

bool
failing_request(
    struct failing *f, unsigned int who, const struct worker_frame *r, err_t e)
{
	bool on = r->type == WORKER_POWER && r->value != WORKER_POWER_OFF;

	if (r->type != WORKER_TRANSMIT && !on)
		return false;
	if (e == ERR_OK)
		f->commands = (struct failing_row){ 0 };
	return !on && count(f, &f->commands, who, e, FAILING_COMMANDS);
}
