/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/alone.h"

#include <string.h>

const struct scs_item *
token_login_item(const struct scs_token *t)
{
	for (size_t i = 0; i < t->items_n; i++) {
		if ((t->items[i].flags & SCS_ITEM_LOGIN) != 0)
			return &t->items[i];
	}
	return NULL;
}

static bool
shows(const struct scs_token *t, struct span hash)
{
	const struct scs_item *login = token_login_item(t);

	return login != NULL && hash.n > 0 &&
	    span_eq(span_from(login->pkhh, login->pkhh_len), hash);
}

static err_t
denied(const char *mine, const char *other, const char *what, struct why *why)
{
	return why_add(why, ERR_DENIED,
	    "the cards in reader \"%s\" and reader \"%s\" show the same %s, so "
	    "one is a copy that would keep the PIN: take out the card that is "
	    "not yours",
	    mine, other, what);
}

err_t
token_alone(const struct scs_token *all, size_t n, uint64_t insertion,
    const char *reader, struct span hash, struct why *why)
{
	const struct scs_token *twin = NULL;
	bool here = false;

	for (size_t i = 0; i < n; i++) {
		if (all[i].insertion == insertion)
			here = true;
		else if (shows(&all[i], hash))
			twin = &all[i];
	}
	if (!here || twin == NULL)
		return ERR_OK;
	return denied(reader, twin->reader, "certificate", why);
}

static const struct scs_token *
find(const struct scs_token *all, size_t n, uint64_t insertion)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].insertion == insertion)
			return &all[i];
	}
	return NULL;
}

err_t
alone_among(
    const struct scs_token *all, size_t n, uint64_t insertion, struct why *why)
{
	const struct scs_token *mine = find(all, n, insertion);
	const struct scs_item *login;
	err_t e;

	if (mine == NULL)
		return ERR_OK;
	login = token_login_item(mine);
	if (login != NULL &&
	    (e = token_alone(all, n, insertion, mine->reader,
		 span_from(login->pkhh, login->pkhh_len), why)))
		return e;
	for (size_t i = 0; i < n; i++) {
		if (&all[i] != mine && strcmp(all[i].id, mine->id) == 0 &&
		    (all[i].items_n > 0 || mine->items_n > 0))
			return denied(mine->reader, all[i].reader, "name", why);
	}
	return ERR_OK;
}

err_t
alone_now(struct scs *s, uint64_t insertion, uint64_t deadline)
{
	CLEANUP(tokens_done) struct tokens now = { 0 };
	err_t e;

	if ((e = link_settle(s, deadline)) ||
	    (e = link_list(s, deadline, &now)))
		return e;
	return alone_among(now.all, now.n, insertion, &s->why);
}
