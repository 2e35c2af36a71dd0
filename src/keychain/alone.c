/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/alone.h"

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
	return why_add(why, ERR_DENIED,
	    "the cards in reader \"%s\" and reader \"%s\" show the same "
	    "certificate, so one is a copy that would keep the PIN: take out "
	    "the card that is not yours",
	    reader, twin->reader);
}
