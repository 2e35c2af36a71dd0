/* SPDX-License-Identifier: BSD-2-Clause */
/* The drivers, in the order in which they are asked. */
#include "token/driver.h"

#include <assert.h>

static const struct token_driver *const drivers[] = { &piv_driver };

static_assert(nitems(drivers) <= TOKEN_DRIVERS_MAX, "too many drivers");

size_t
driver_count(void)
{
	return nitems(drivers);
}

const char *
driver_id(size_t i)
{
	return i < nitems(drivers) ? drivers[i]->id : "";
}

err_t
driver_probe(struct card *card, uint32_t off, const struct token_driver **out,
    struct why *why)
{
	err_t e = ERR_ABSENT;
	bool skipped = false;

	for (size_t i = 0; i < nitems(drivers); i++) {
		if ((off & 1u << i) != 0) {
			skipped = true;
			continue;
		}
		e = drivers[i]->probe(card, why);
		if (e == ERR_OK) {
			*out = drivers[i];
			return ERR_OK;
		}
		if (e != ERR_ABSENT)
			return e;
	}
	return why_add(why, ERR_ABSENT,
	    skipped ? "no token driver that is turned on knows this card "
		      "(preference DisabledTokens)"
		    : "no token driver knows this card");
}
