/* SPDX-License-Identifier: BSD-2-Clause */
/* security list-smartcards: tokens with at least one identity, by their id. */
#include <stdio.h>
#include <string.h>

#include "tool/cards.h"
#include "tool/json.h"
#include "tool/security.h"

/* Each id once, however many cards claim it. */
static bool
listed_before(const struct cards *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (cards_has_identity(&c->all[i]) &&
		    strcmp(c->all[i].id, c->all[n].id) == 0)
			return true;
	}
	return false;
}

static void
list_one(struct json *j, const struct scs_token *t)
{
	json_object *o;

	if (j == NULL) {
		(void)puts(t->id);
		return;
	}
	o = json_add_object(j, j->root, NULL);
	json_add_string(j, o, "id", t->id);
	json_add_string(j, o, "reader", t->reader);
	json_add_string(j, o, "driver", t->driver);
	cards_add_problems(j, o, t);
}

/*
 * What scripts do not know is kept from standard output. A card that is not
 * listed may say here why.
 */
static void
say_problems(const struct cards *c, bool json)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!json || !cards_has_identity(&c->all[i]))
			cards_say_problems(&c->all[i]);
	}
}

int
security_list_smartcards(const struct invocation *in)
{
	CLEANUP(cards_done) struct cards c = { 0 };
	CLEANUP(json_done) struct json j = { 0 };
	bool json = false;
	const struct option_spec specs[] = {
		{ .name = "json", .flag = &json },
	};
	struct why why = { 0 };
	size_t found = 0;
	int status = 0;
	err_t e;

	if (command_options(in, specs, nitems(specs), &status))
		return status;
	if ((e = cards_open(in->prefix, &c, &why)))
		return say_failed("smart cards", e, &why);
	if (json)
		json_begin_array(&j);
	for (size_t i = 0; i < c.n; i++) {
		if (!cards_has_identity(&c.all[i]) || listed_before(&c, i))
			continue;
		list_one(json ? &j : NULL, &c.all[i]);
		found++;
	}
	if (json && (e = json_print(&j)))
		return say_failed("smart cards", e, NULL);
	say_problems(&c, json);
	if (found > 0)
		return EXITS_OK;
	say_bare("No smartcards found.");
	return EXITS_NONE;
}
