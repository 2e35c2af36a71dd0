/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/pins.h"

bool
pins_turn(struct pins *p)
{
	if (!pins_more(p))
		return false;
	p->turns++;
	return true;
}

void
pins_give_back(struct pins *p)
{
	if (p->turns > 0)
		p->turns--;
}

bool
pins_more(const struct pins *p)
{
	return p->turns < AUTH_TRIES;
}

err_t
pins_add(struct pins *p, const struct secret *pin)
{
	err_t e;

	if (p->n >= nitems(p->sent))
		return ERR_LIMIT;
	if ((e = secret_from(secret_span(pin), &p->sent[p->n])))
		return e;
	p->n++;
	return ERR_OK;
}

unsigned int
pins_sent(const struct pins *p)
{
	return p->n;
}

bool
pins_was_sent(const struct pins *p, const struct secret *pin)
{
	bool was = false;

	for (unsigned int i = 0; i < p->n; i++)
		was |= secret_eq(p->sent[i], pin);
	return was;
}

void
pins_done(struct pins *p)
{
	for (unsigned int i = 0; i < p->n; i++)
		secret_free(&p->sent[i]);
	*p = (struct pins){ 0 };
}
