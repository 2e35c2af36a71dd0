/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/failing.h"

static bool
count(unsigned int *row, err_t e, unsigned int limit)
{
	if (e != ERR_IO && e != ERR_TIMEOUT)
		return false;
	return ++*row >= limit;
}

bool
failing_look(struct failing *f, err_t e)
{
	if (e == ERR_OK || e == ERR_REMOVED)
		f->looks = 0;
	return count(&f->looks, e, FAILING_LOOKS);
}

bool
failing_request(struct failing *f, const struct worker_frame *r, err_t e)
{
	bool on = r->type == WORKER_POWER && r->value != WORKER_POWER_OFF;

	if (r->type != WORKER_TRANSMIT && !on)
		return false;
	if (e == ERR_OK)
		f->commands = 0;
	return !on && count(&f->commands, e, FAILING_COMMANDS);
}
