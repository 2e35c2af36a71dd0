/* SPDX-License-Identifier: BSD-2-Clause */
/* The drivers, in the order in which they are asked. */
#include "token/driver.h"

static const struct token_driver *const drivers[] = { &piv_driver };

err_t
driver_probe(
    struct card *card, const struct token_driver **out, struct why *why)
{
	err_t e = ERR_ABSENT;

	for (size_t i = 0; i < nitems(drivers); i++) {
		e = drivers[i]->probe(card, why);
		if (e == ERR_OK) {
			*out = drivers[i];
			return ERR_OK;
		}
		if (e != ERR_ABSENT)
			return e;
	}
	return why_add(why, ERR_ABSENT, "no token driver knows this card");
}
