/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sc_auth pair, unpair, list. Whether a card may be paired is decided by
 * scs-authd, which looks at it; here, as root, only the record is written, from
 * a hash that was typed.
 */
#include <stdio.h>
#include <string.h>

#include "tool/authd.h"
#include "tool/json.h"
#include "tool/prompt.h"
#include "tool/sc-auth.h"

struct pairing {
	const char *user, *hash; /* as given; NULL: not */
	bool verbose, want_pin;
	char name[RECORD_NAME_MAX];
	struct pkhh key;
	char hex[2 * PKHH_SIZE + 1];
};

static err_t
resolve_hash(struct pairing *p, struct why *why)
{
	err_t e;

	if ((e = pkhh_parse(p->hash, &p->key)))
		return why_add(why, e,
		    "-h \"%s\": a hash is 40 hexadecimal digits (see sc_auth "
		    "identities)",
		    p->hash);
	pkhh_print(&p->key, p->hex);
	return ERR_OK;
}

static int
refused(const struct pairing *p, err_t e, const struct why *why)
{
	say_bare("Cannot pair user (public key hash: %s). %s", p->hex,
	    why_text(why, e));
	return (int)exits_of(e);
}

static err_t
check(const struct invocation *in, struct pairing *p, struct answer_pair *out,
    struct why *why)
{
	CLEANUP(secret_free) struct secret *pin = NULL;
	err_t e;

	if (p->want_pin && (e = prompt_secret("Enter PIN: ", &pin, why)))
		return e;
	if ((e = authd_pair_check(in->prefix, p->name, p->hex, &pin, out, why)))
		return e;
	e = authd_verdict(out->verdict);
	if (e != ERR_OK)
		return why_add(why, e, "%s",
		    out->reason[0] != '\0' ? out->reason : err_text(e));
	return ERR_OK;
}

/* Somebody may have paired another card since scs-authd looked. */
static err_t
store(const struct invocation *in, const struct pairing *p,
    const struct answer_pair *a, struct why *why)
{
	bool one = (a->notes & PAIR_ONE_CARD) != 0;
	err_t e;

	e = record_pair(
	    in->prefix, p->name, &p->key, one ? 1 : RECORD_PAIRINGS_MAX, why);
	if (e == ERR_LIMIT && one)
		return why_add(why, ERR_DENIED, "oneCardPerUser");
	return e;
}

static void
report(const struct pairing *p, const struct answer_pair *a)
{
	(void)printf(
	    "User was successfully paired (public key hash: %s)\n", p->hex);
	if (p->verbose)
		(void)printf("User: %s\nCertificate: %s\n", p->name, a->label);
	if ((a->notes & PAIR_NO_KEYRING_KEY) != 0)
		say_bare(
		    "Failed to store Login keychain unlock key. No suitable "
		    "key was found on the selected SmartCard.");
}

int
sc_auth_pair(const struct invocation *in)
{
	struct pairing p = { 0 };
	const struct option_spec specs[] = {
		{ .letter = 'u', .value = &p.user },
		{ .letter = 'h', .value = &p.hash },
		{ .letter = 'v', .flag = &p.verbose },
		{ .name = "pin", .flag = &p.want_pin },
	};
	struct answer_pair a = { 0 };
	struct why why = { 0 };
	int status = 0;
	err_t e;

	if (command_options(in, specs, nitems(specs), &status))
		return status;
	if (p.user == NULL || p.hash == NULL) {
		(void)why_add(&why, ERR_FORMAT, "-u and -h are needed");
		return command_usage(in, &why);
	}
	if (sc_auth_user(p.user, p.name, &why) || resolve_hash(&p, &why))
		return command_usage(in, &why);
	if ((e = sc_auth_may_write(in, &why)) ||
	    (e = check(in, &p, &a, &why)) || (e = store(in, &p, &a, &why)))
		return refused(&p, e, &why);
	report(&p, &a);
	return EXITS_OK;
}

static int
unpair(const struct invocation *in, const struct pairing *p)
{
	const struct pkhh *key = p->hash != NULL ? &p->key : NULL;
	struct why why = { 0 };
	size_t removed = 0;
	err_t e;

	if ((e = sc_auth_may_write(in, &why)) ||
	    (e = record_unpair(in->prefix, p->name, key, &removed, &why)))
		return say_failed("unpair", e, &why);
	if (removed == 0) {
		say("user \"%s\": not paired with %s", p->name,
		    key != NULL ? p->hex : "any card");
		return EXITS_NONE;
	}
	if (p->verbose)
		(void)printf("Removed %zu pairing%s of user %s\n", removed,
		    removed == 1 ? "" : "s", p->name);
	return EXITS_OK;
}

int
sc_auth_unpair(const struct invocation *in)
{
	struct pairing p = { 0 };
	const struct option_spec specs[] = {
		{ .letter = 'u', .value = &p.user },
		{ .letter = 'h', .value = &p.hash },
		{ .letter = 'v', .flag = &p.verbose },
	};
	struct why why = { 0 };
	int status = 0;

	if (command_options(in, specs, nitems(specs), &status))
		return status;
	if (sc_auth_user(p.user, p.name, &why) ||
	    (p.hash != NULL && resolve_hash(&p, &why)))
		return command_usage(in, &why);
	return unpair(in, &p);
}

static err_t
print_hashes(const struct record *r, bool json)
{
	CLEANUP(json_done) struct json j = { 0 };
	char hex[2 * PKHH_SIZE + 1];

	if (json)
		json_begin_array(&j);
	for (size_t i = 0; i < r->pairings_n; i++) {
		pkhh_print(&r->pairings[i], hex);
		if (json)
			json_add_string(&j, j.root, NULL, hex);
		else
			(void)printf("Hash: %s\n", hex);
	}
	return json ? json_print(&j) : ERR_OK;
}

/* Records of other places cannot be read here yet. */
static bool
domain_ok(const char *domain)
{
	return domain == NULL || strcmp(domain, ".") == 0 ||
	    strcmp(domain, "/Local/Default") == 0;
}

int
sc_auth_list(const struct invocation *in)
{
	struct pairing p = { 0 };
	const char *domain = NULL;
	bool json = false;
	const struct option_spec specs[] = {
		{ .letter = 'u', .value = &p.user },
		{ .letter = 'd', .value = &domain },
		{ .letter = 'v', .flag = &p.verbose },
		{ .name = "json", .flag = &json },
	};
	static struct record r;
	struct why why = { 0 };
	int status = 0;
	err_t e;

	if (command_options(in, specs, nitems(specs), &status))
		return status;
	if (sc_auth_user(p.user, p.name, &why))
		return command_usage(in, &why);
	if (!domain_ok(domain)) {
		say("list: domain \"%s\": only local records are supported: "
		    "leave -d out",
		    domain);
		return EXITS_FAILED;
	}
	if ((e = record_read(in->prefix, p.name, &r, &why)) ||
	    (e = print_hashes(&r, json)))
		return say_failed("list", e, &why);
	if (p.verbose && r.pairings_n == 0)
		say("user \"%s\": not paired with any card", r.name);
	return EXITS_OK;
}
