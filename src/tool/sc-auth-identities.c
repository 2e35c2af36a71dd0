/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sc_auth identities: the login identity of each card, and whose it is, which is
 * asked of scs-authd.
 */
#include <stdio.h>

#include "codec/hex.h"
#include "tool/authd.h"
#include "tool/cards.h"
#include "tool/json.h"
#include "tool/sc-auth.h"

#define IDENTITIES_MAX 24

struct identity {
	const struct scs_item *item;
	char hash[2 * SCS_PKHH_SIZE + 1];
	struct answer_users users;
};

struct identities {
	size_t n;
	struct identity all[IDENTITIES_MAX];
};

static err_t
look_up(const struct invocation *in, const struct scs_token *t,
    struct identities *out, struct why *why)
{
	err_t e;

	out->n = 0;
	for (size_t i = 0; i < t->items_n && out->n < IDENTITIES_MAX; i++) {
		struct identity *id = &out->all[out->n];

		id->item = &t->items[i];
		if ((id->item->flags & SCS_ITEM_LOGIN) == 0 ||
		    id->item->pkhh_len != SCS_PKHH_SIZE)
			continue;
		hex_upper(span_from(id->item->pkhh, SCS_PKHH_SIZE), id->hash);
		if ((e = authd_users_of(in->prefix, id->hash, &id->users, why)))
			return e;
		out->n++;
	}
	return ERR_OK;
}

static void
print_paired(const struct identity *id)
{
	for (size_t i = 0; i < id->users.n; i++)
		(void)printf("%s\t%s - %s\n", id->hash, id->users.users[i],
		    id->item->cert_label);
}

static void
print_some(const struct identities *ids, bool paired)
{
	bool first = true;

	for (size_t i = 0; i < ids->n; i++) {
		const struct identity *id = &ids->all[i];

		if ((id->users.n > 0) != paired)
			continue;
		if (first)
			(void)puts(paired ? "Paired identities which are used "
					    "for authentication:"
					  : "Unpaired identities:");
		first = false;
		if (paired)
			print_paired(id);
		else
			(void)printf(
			    "%s\t%s\n", id->hash, id->item->cert_label);
	}
}

static void
print_token(const struct scs_token *t, const struct identities *ids)
{
	if (ids->n > 0) {
		(void)printf("SmartCard: %s\n", t->id);
		print_some(ids, true);
		print_some(ids, false);
	}
	cards_say_problems(t);
	if (ids->n == 0 && t->problems_n == 0)
		say("token \"%s\": no login identity: it cannot be paired",
		    t->id);
}

static void
json_token(
    struct json *j, const struct scs_token *t, const struct identities *ids)
{
	json_object *token = json_add_object(j, j->root, NULL);
	json_object *list, *one, *users;

	json_add_string(j, token, "smartcard", t->id);
	json_add_string(j, token, "reader", t->reader);
	list = json_add_array(j, token, "identities");
	for (size_t i = 0; i < ids->n; i++) {
		const struct identity *id = &ids->all[i];

		one = json_add_object(j, list, NULL);
		json_add_string(j, one, "hash", id->hash);
		json_add_string(j, one, "label", id->item->cert_label);
		users = json_add_array(j, one, "users");
		for (size_t k = 0; k < id->users.n; k++)
			json_add_string(j, users, NULL, id->users.users[k]);
	}
	cards_add_problems(j, token, t);
}

static err_t
print_all(const struct invocation *in, const struct cards *c, struct json *j,
    struct why *why)
{
	static struct identities ids; /* one at a time; too large for a stack */
	err_t e;

	for (size_t i = 0; i < c->n; i++) {
		if ((e = look_up(in, &c->all[i], &ids, why)))
			return e;
		if (j != NULL)
			json_token(j, &c->all[i], &ids);
		else
			print_token(&c->all[i], &ids);
	}
	if (c->n == 0 && j == NULL)
		say("no smart card that we know is in a reader");
	return j != NULL ? json_print(j) : ERR_OK;
}

int
sc_auth_identities(const struct invocation *in)
{
	CLEANUP(cards_done) struct cards c = { 0 };
	CLEANUP(json_done) struct json j = { 0 };
	bool json = false;
	const struct option_spec specs[] = {
		{ .name = "json", .flag = &json },
	};
	struct why why = { 0 };
	int status = 0;
	err_t e;

	if (command_options(in, specs, nitems(specs), &status))
		return status;
	if (json)
		json_begin_array(&j);
	if ((e = cards_open(in->prefix, &c, &why)) ||
	    (e = print_all(in, &c, json ? &j : NULL, &why)))
		return say_failed("identities", e, &why);
	return EXITS_OK;
}
