/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/cards.h"

#include <stdlib.h>
#include <string.h>

#include "keychain/alone.h"

#define SLOT_CARD_AUTH 0x9e
#define SLOT_KEY_MANAGEMENT 0x9d
#define PIV_DRIVER "com.apple.CryptoTokenKit.pivtoken"
#define PIV_PIN_MIN 6
#define PIV_PIN_MAX 8

void
cards_done(struct cards *c)
{
	for (size_t i = 0; i < c->n; i++)
		key_done(&c->all[i].key);
	free(c->all);
	free(c->hashes);
	free(c->owner);
	*c = (struct cards){ 0 };
}

static bool
is_piv(const struct scs_token *t)
{
	return strcmp(t->driver, PIV_DRIVER) == 0;
}

/* The first item with this key reference, or NULL. */
static const struct scs_item *
item_of_slot(const struct scs_token *t, uint8_t slot)
{
	for (size_t i = 0; i < t->items_n; i++) {
		if (t->items[i].slot == slot)
			return &t->items[i];
	}
	return NULL;
}

bool
item_has_hash(const struct scs_item *i, const struct pkhh *h)
{
	return i->pkhh_len == sizeof(h->b) &&
	    memcmp(i->pkhh, h->b, sizeof(h->b)) == 0;
}

static err_t
refuse(struct card *c, err_t e, const char *what)
{
	c->refused = e;
	return why_add(&c->why, e, "%s", what);
}

/* Is this key also what the card shows as its 9E key? By either account. */
static bool
is_card_auth_key(const struct scs_token *t, const struct pkhh *h)
{
	const struct scs_item *e = item_of_slot(t, SLOT_CARD_AUTH);
	struct pkhh computed;

	if (e == NULL)
		return false;
	if (item_has_hash(e, h))
		return true;
	return spki_hash(span_from(e->spki, e->spki_len), computed.b) ==
	    ERR_OK &&
	    pkhh_eq(&computed, h);
}

/* Which item it is, before its certificate is looked at. */
static err_t
check_item(struct card *c)
{
	const struct scs_item *i = c->item;

	if (i == NULL)
		return refuse(
		    c, ERR_UNSUPPORTED, "the card has no login key (PIV: 9A)");
	if (i->slot == SLOT_CARD_AUTH || (is_piv(c->token) && i->slot != 0x9a))
		return refuse(c, ERR_DENIED,
		    "the card offers another key than its login key");
	if (i->cert_len == 0)
		return refuse(
		    c, ERR_UNSUPPORTED, "the login key has no certificate");
	if ((i->flags & SCS_ITEM_KEY) == 0)
		return refuse(c, ERR_UNSUPPORTED,
		    "the card has the login certificate, but not its key");
	return ERR_OK;
}

static err_t
check_certificate(struct card *c, uint64_t deadline)
{
	struct span spki, cert = span_from(c->item->cert, c->item->cert_len);
	err_t e;

	if ((e = cert_examine(cert, deadline, &c->facts, &c->why)))
		return refuse(c, e, "the login certificate cannot be read");
	spki = span_from(c->facts.spki, c->facts.spki_n);
	if ((e = spki_hash(spki, c->hash.b)))
		return refuse(c, e, "the login key cannot be read");
	c->has_hash = true;
	if ((c->facts.eku & EKU_CARD_AUTH) != 0)
		return refuse(c, ERR_DENIED,
		    "the login certificate is one for card authentication "
		    "(id-PIV-cardAuth), whose key needs no PIN");
	if (is_card_auth_key(c->token, &c->hash))
		return refuse(c, ERR_DENIED,
		    "the login key is the card's 9E key, which needs no PIN");
	if ((e = key_load(spki, &c->key, &c->why)))
		return refuse(c, e, "the login key cannot be used");
	return ERR_OK;
}

static void
examine(struct card *c, const struct scs_token *t, uint64_t deadline)
{
	c->token = t;
	c->item = token_login_item(t);
	if (check_item(c) == ERR_OK)
		(void)check_certificate(c, deadline); /* c->refused has it */
}

err_t
cards_examine(const struct tokens *list, uint64_t deadline, struct cards *out)
{
	CLEANUP(cards_done) struct cards c = { 0 };

	c.all = calloc(list->n + 1, sizeof(*c.all));
	c.hashes = calloc(list->n + 1, sizeof(*c.hashes));
	c.owner = calloc(list->n + 1, sizeof(*c.owner));
	if (c.all == NULL || c.hashes == NULL || c.owner == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		if (!list->all[i].login) {
			c.others++;
			continue;
		}
		examine(&c.all[c.n], &list->all[i], deadline);
		if (c.all[c.n].has_hash) {
			c.hashes[c.hashes_n] = c.all[c.n].hash;
			c.owner[c.hashes_n++] = c.n;
		}
		c.n++;
	}
	*out = c;
	c = (struct cards){ 0 };
	return ERR_OK;
}

bool
card_has_keyring_key(const struct scs_token *t)
{
	const struct scs_item *i = item_of_slot(t, SLOT_KEY_MANAGEMENT);

	return i != NULL && (i->flags & SCS_ITEM_KEY) != 0 && i->cert_len > 0 &&
	    (i->flags & (SCS_ITEM_DECRYPT | SCS_ITEM_DERIVE)) != 0;
}

static bool
all_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return true;
}

err_t
card_pin_form(
    const struct scs_token *t, const struct secret *pin, struct why *why)
{
	struct span s = secret_span(pin);
	unsigned int min = t->pin_min > 0 ? t->pin_min : 1;
	unsigned int max = t->pin_max > 0 ? t->pin_max : MSG_SECRET_MAX;

	if (is_piv(t)) {
		min = min < PIV_PIN_MIN ? PIV_PIN_MIN : min;
		max = max > PIV_PIN_MAX ? PIV_PIN_MAX : max;
		if (!all_digits(s))
			return why_add(why, ERR_PIN_FORM,
			    "a PIN has only digits; it was not sent to the "
			    "card");
	}
	if (s.n < min || s.n > max)
		return why_add(why, ERR_PIN_FORM,
		    "a PIN has %u to %u characters; it was not sent to the "
		    "card",
		    min, max);
	return ERR_OK;
}
