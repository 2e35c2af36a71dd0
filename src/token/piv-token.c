/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PIV card as a token. Everything public is read once, here. What is missing
 * or malformed is told in words and costs only what depends on it.
 */
#include "token/piv-token.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "card/piv/alg.h"
#include "card/piv/certobj.h"
#include "card/piv/history.h"
#include "card/piv/slot.h"
#include "token/label.h"
#include "token/piv-read.h"
#include "token/x509.h"

#define OBJECT_MAX 20000 /* a certificate and what is around it */

/* clang-format off */
static const struct {
	uint8_t slot;
	enum token_pin_policy pin;
	uint8_t flags_rsa, flags_ec;
	const char *without; /* what a card without it cannot do */
} roles[] = {
	{ PIV_SLOT_AUTH, PIN_POLICY_ONCE,
	  ITEM_KEY | ITEM_SIGN | ITEM_LOGIN, ITEM_KEY | ITEM_SIGN | ITEM_LOGIN,
	  "nobody can log in with this card" },
	{ PIV_SLOT_SIGN, PIN_POLICY_ALWAYS,
	  ITEM_KEY | ITEM_SIGN, ITEM_KEY | ITEM_SIGN,
	  "mail and code cannot be signed with this card" },
	{ PIV_SLOT_KEYMGMT, PIN_POLICY_ONCE,
	  ITEM_KEY | ITEM_DECRYPT, ITEM_KEY | ITEM_DERIVE,
	  "the keyring and encrypted disks cannot be unlocked with this card" },
	{ PIV_SLOT_CARDAUTH, PIN_POLICY_NEVER,
	  ITEM_KEY | ITEM_SIGN, ITEM_KEY | ITEM_SIGN,
	  "doors that ask for no PIN do not know this card" },
	{ 0 /* retired */, PIN_POLICY_ONCE,
	  ITEM_KEY | ITEM_DECRYPT, ITEM_KEY | ITEM_DERIVE,
	  NULL },
};
/* clang-format on */

#define ROLE_RETIRED (nitems(roles) - 1)

static void
label_item(struct token_item *item, const char *name)
{
	char role[32];

	piv_slot_name(item->slot, role, sizeof(role));
	label_make("Certificate", role, name, item->label_cert,
	    sizeof(item->label_cert));
	label_make("Key", role, name, item->label_key, sizeof(item->label_key));
}

/* Fetch and read one certificate; `item` is filled as far as that went. */
static err_t
read_cert(struct piv_read *r, struct token_item *item, struct why *why)
{
	CLEANUP(buf_done) struct buf obj = BUF_INIT(OBJECT_MAX);
	char name[TOKEN_LABEL_MAX] = "", slot[8];
	err_t e;

	(void)snprintf(slot, sizeof(slot), "%02X", item->slot);
	if ((e = piv_read_object(
		 r, piv_slot_object(item->slot), slot, &obj, why)))
		return e;
	if ((e = piv_certobj_parse(buf_span(&obj), &item->cert)))
		return e == ERR_ABSENT
		    ? e
		    : why_add(
			  why, e, "its object is malformed: %s", err_text(e));
	e = x509_describe(item, name, sizeof(name), why);
	label_item(item, name);
	return e;
}

static void
tell(struct token *t, uint8_t slot, const char *what, const char *without)
{
	if (without != NULL)
		token_problem(t, "slot %02X %s: %s", slot, what, without);
	else
		token_problem(t, "slot %02X %s", slot, what);
}

/* One slot. *found: there is an item with a certificate. */
static err_t
read_slot(struct piv_read *r, uint8_t slot, size_t role, bool *found)
{
	struct token *t = r->token;
	char what[TOKEN_PROBLEM_MAX];
	struct why why = { 0 };
	struct token_item *item;
	err_t e;

	*found = false;
	if ((e = token_add_item(t, &item)))
		return e;
	item->slot = slot;
	item->pin = (uint8_t)roles[role].pin;
	e = read_cert(r, item, &why);
	if (e == ERR_OK) {
		item->flags = piv_alg_is_rsa(item->alg) ? roles[role].flags_rsa
							: roles[role].flags_ec;
		*found = true;
		return ERR_OK;
	}
	/* a certificate whose key we cannot use is shown, the key is not */
	if (e != ERR_UNSUPPORTED || item->spki.n == 0)
		token_drop_item(t);
	else
		*found = true;
	if (piv_read_fatal(e))
		return e;
	if (e == ERR_ABSENT && roles[role].without != NULL)
		tell(t, slot, "has no certificate", roles[role].without);
	if (e == ERR_ABSENT)
		return ERR_OK;
	(void)snprintf(what, sizeof(what),
	    "has a certificate that cannot be "
	    "used (%.160s)",
	    why_text(&why, e));
	tell(t, slot, what, roles[role].without);
	return ERR_OK;
}

/*
 * How many retired keys have a certificate on the card. Many a key's owner put
 * some there with a tool that writes no Key History object: then *counted is
 * false, and nobody knows.
 */
static err_t
read_history(struct piv_read *r, unsigned int *on_card, bool *counted)
{
	CLEANUP(buf_done) struct buf obj = BUF_INIT(1024);
	struct piv_history h;
	err_t e;

	*on_card = 0;
	*counted = true;
	e = piv_read_object(r, PIV_OBJ_KEY_HISTORY, "Key History", &obj, NULL);
	if (piv_read_fatal(e))
		return e;
	if (e == ERR_OK)
		e = piv_history_parse(buf_span(&obj), &h);
	if (e == ERR_OK)
		*on_card = h.on_card;
	else if (e == ERR_ABSENT)
		*counted = false;
	else
		token_problem(r->token,
		    "the Key History object is malformed: old "
		    "mail cannot be decrypted with retired keys");
	return ERR_OK;
}

/*
 * Retired keys with a certificate take the lowest references; a gap is passed
 * over when their number is known, and is the end when it is not: that costs a
 * card without any one command. The number is bounded before it is believed.
 */
static err_t
read_retired(struct piv_read *r)
{
	bool counted, found = true;
	unsigned int left;
	err_t e;

	if ((e = read_history(r, &left, &counted)))
		return e;
	for (uint8_t i = 0; i < PIV_RETIRED_MAX; i++) {
		if (counted ? left == 0 : !found)
			break;
		e = read_slot(r, (uint8_t)(PIV_SLOT_RETIRED_FIRST + i),
		    ROLE_RETIRED, &found);
		if (e != ERR_OK)
			return e;
		left -= counted && found ? 1 : 0;
	}
	return ERR_OK;
}

/*
 * A name for a card without a GUID, the same at each insertion: the first half
 * of a SHA-256 over what is most its own. That is the 9A or 9E certificate's
 * public key; the FASC-N is not unique outside federal agencies. Without
 * certificates it is the CHUID as it is, and last the ATR.
 */
static void
put_fallback_id(struct token *t, struct span chuid)
{
	const struct token_item *item = token_find(t, PIV_SLOT_AUTH);
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct span of = chuid;

	if (item == NULL)
		item = token_find(t, PIV_SLOT_CARDAUTH);
	if (item != NULL)
		of = buf_span(&item->spki);
	else if (of.n == 0)
		of = span_from(t->atr, t->atr_n);
	(void)SHA256(of.p, of.n, digest);
	piv_read_put_id(t, digest);
}

err_t
piv_token_read(struct piv *p, struct token *t, struct why *why)
{
	CLEANUP(buf_done) struct buf chuid = BUF_INIT(4096);
	struct piv_read r = { .piv = p, .token = t };
	bool found;
	err_t e;

	/* first: what comes after it is compared with it */
	if ((e = piv_read_security(&r)) || (e = piv_read_discovery(&r)) ||
	    (e = piv_read_chuid(&r, &chuid, why)))
		return why_add(why, e, "reading the card");
	for (size_t i = 0; i < ROLE_RETIRED; i++)
		if ((e = read_slot(&r, roles[i].slot, i, &found)))
			return why_add(
			    why, e, "reading slot %02X", roles[i].slot);
	if ((e = read_retired(&r)))
		return why_add(why, e, "reading retired keys");
	if (t->id[0] == '\0')
		put_fallback_id(t, buf_span(&chuid));
	piv_read_end(&r);
	return ERR_OK;
}
