/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/cards.h"

#include <string.h>
#include <unistd.h>

#include "ipc/token-proto.h"
#include "keychain/link.h"
#include "keychain/result.h"
#include "tool/say.h"

#define SETTLE_MS (TOK_SETTLED_MS + 5000)

err_t
cards_result(const struct cards *c, int result, struct why *why)
{
	const char *reason = scs_reason(c->scs);
	err_t e = result_to_err(result);

	if (e == ERR_OK)
		return e;
	return why_add(
	    why, e, "%s", reason[0] != '\0' ? reason : scs_result_text(result));
}

static err_t
open_cards(const char *prefix, bool settled, struct cards *out, struct why *why)
{
	CLEANUP(cards_done) struct cards c = { 0 };
	err_t e;
	int r;

	if ((r = scs_open(prefix, &c.scs)) == SCS_SERVICE)
		return why_add(why, ERR_SERVICE,
		    "the token service does not run: start scsd");
	if (r == SCS_DENIED && geteuid() == 0)
		return why_add(why, ERR_DENIED,
		    "the token service's socket: others than root can change a "
		    "folder on its way");
	if (r != SCS_OK)
		return why_add(why, result_to_err(r), "%s", scs_result_text(r));
	if (settled &&
	    (e = link_settle(c.scs, link_deadline(c.scs, SETTLE_MS))))
		return cards_result(&c, result_from_err(e), why);
	if ((e = cards_result(&c, scs_list(c.scs, &c.all, &c.n), why)))
		return e;
	*out = c;
	c = (struct cards){ 0 };
	return ERR_OK;
}

err_t
cards_open(const char *prefix, struct cards *out, struct why *why)
{
	return open_cards(prefix, false, out, why);
}

err_t
cards_open_all(const char *prefix, struct cards *out, struct why *why)
{
	return open_cards(prefix, true, out, why);
}

void
cards_done(struct cards *c)
{
	scs_close(&c->scs);
	*c = (struct cards){ 0 };
}

err_t
cards_pick(const struct cards *c, const char *id, const struct scs_token **out,
    struct why *why)
{
	const struct scs_token *found = NULL;

	for (size_t i = 0; i < c->n; i++) {
		if (id != NULL && strcmp(c->all[i].id, id) != 0)
			continue;
		if (found != NULL && id != NULL)
			return why_add(why, ERR_SEQUENCE,
			    "token \"%s\": the cards in \"%s\" and \"%s\" both "
			    "say so: remove one",
			    id, found->reader, c->all[i].reader);
		if (found != NULL)
			return why_add(why, ERR_SEQUENCE,
			    "several smart cards are there: name one with -t "
			    "(see security list-smartcards)");
		found = &c->all[i];
	}
	if (found == NULL && id != NULL)
		return why_add(
		    why, ERR_ABSENT, "token \"%s\": not in any reader", id);
	if (found == NULL)
		return why_add(why, ERR_ABSENT,
		    "no smart card that we know is in a reader");
	*out = found;
	return ERR_OK;
}

void
cards_say_problems(const struct scs_token *t)
{
	for (size_t i = 0; i < t->problems_n; i++)
		say("token \"%s\": %s", t->id, t->problems[i]);
}

void
cards_add_problems(struct json *j, json_object *o, const struct scs_token *t)
{
	json_object *list = json_add_array(j, o, "problems");

	for (size_t i = 0; i < t->problems_n; i++)
		json_add_string(j, list, NULL, t->problems[i]);
}

bool
cards_is_identity(const struct scs_item *it)
{
	return it->cert != NULL && (it->flags & SCS_ITEM_KEY) != 0;
}

bool
cards_has_identity(const struct scs_token *t)
{
	for (size_t i = 0; i < t->items_n; i++) {
		if (cards_is_identity(&t->items[i]))
			return true;
	}
	return false;
}
