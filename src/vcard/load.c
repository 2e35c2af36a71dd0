/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state from a file (store.c says how it looks). Taken whole or not at all:
 * the digest is checked before anything is read, and then each item.
 */
#include <openssl/x509.h>
#include <string.h>

#include "base/file.h"
#include "codec/tlv.h"
#include "vcard/card.h"

static err_t
take_flags(struct vcard *c, struct span in)
{
	uint32_t v;
	err_t e;

	if ((e = span_u32(&in, &v)) || (e = span_end(in)))
		return e;
	if (!vcard_flags_ok(v))
		return ERR_FORMAT;
	c->flags = v;
	return ERR_OK;
}

static err_t
take_serial(struct vcard *c, struct span in)
{
	err_t e;

	if ((e = span_u32(&in, &c->serial)))
		return e;
	return span_end(in);
}

static err_t
take_pin(struct vcard *c, struct span in)
{
	uint8_t which, tries, left;
	err_t e;

	if ((e = span_u8(&in, &which)) || (e = span_u8(&in, &tries)) ||
	    (e = span_u8(&in, &left)))
		return e;
	if (which >= PIN_COUNT || c->pins[which].value != NULL || left > tries)
		return ERR_FORMAT;
	if (which != PIN_PUK && !pin_form_ok(in))
		return ERR_FORMAT;
	if ((e = pin_set(&c->pins[which], in, tries)))
		return e;
	c->pins[which].left = left;
	return ERR_OK;
}

static err_t
take_mgm(struct vcard *c, struct span in)
{
	uint8_t alg;
	err_t e;

	if ((e = span_u8(&in, &alg)))
		return e;
	if (c->mgm_key != NULL || in.n == 0 || in.n != mgm_key_len(alg))
		return ERR_FORMAT;
	c->mgm_alg = alg;
	return secret_from(in, &c->mgm_key);
}

static err_t
take_object(struct vcard *c, struct span in)
{
	struct span there;
	uint32_t tag;
	err_t e;

	if ((e = span_u32(&in, &tag)))
		return e;
	if (in.n == 0 || vcard_get_object(c, tag, &there) == ERR_OK)
		return ERR_FORMAT;
	return vcard_put_object(c, tag, in);
}

static err_t
take_key(struct vcard *c, struct span in)
{
	const unsigned char *p;
	uint8_t slot, policy;
	EVP_PKEY *pkey;
	err_t e;

	if ((e = span_u8(&in, &slot)) || (e = span_u8(&in, &policy)))
		return e;
	if (policy < POLICY_NEVER || policy > POLICY_ALWAYS ||
	    key_find(c, slot) != NULL)
		return ERR_FORMAT;
	p = in.p;
	pkey = d2i_AutoPrivateKey(NULL, &p, (long)in.n);
	if (pkey == NULL || p != in.p + in.n) {
		EVP_PKEY_free(pkey);
		return ERR_FORMAT;
	}
	return key_put(c, slot, policy, pkey);
}

/* The items, and whether each stands once and must. */
static const struct item {
	uint32_t tag;
	bool once;
	const char *name;
	err_t (*take)(struct vcard *, struct span);
} items[] = {
	{ 0xc0, true, "flags", take_flags },
	{ 0xc1, true, "serial number", take_serial },
	{ 0xc2, false, "PIN", take_pin },
	{ 0xc3, true, "management key", take_mgm },
	{ 0xc4, false, "object", take_object },
	{ 0xc5, false, "key", take_key },
};

/* `seen`: a bit for each item that has been there. */
static err_t
take_item(struct vcard *c, uint32_t tag, struct span val, unsigned int *seen,
    struct why *why)
{
	const struct item *it = items;
	unsigned int bit;
	err_t e;

	while (it < items + nitems(items) && it->tag != tag)
		it++;
	if (it == items + nitems(items))
		return why_add(
		    why, ERR_FORMAT, "item %x is unknown", (unsigned int)tag);
	bit = 1u << (it - items);
	if (it->once && (*seen & bit) != 0)
		return why_add(why, ERR_FORMAT, "a second %s", it->name);
	*seen |= bit;
	if ((e = it->take(c, val)))
		return why_add(why, e == ERR_NOMEM ? e : ERR_FORMAT,
		    "a malformed %s", it->name);
	return ERR_OK;
}

/* What the flags promise is there, and nothing else. */
static err_t
complete(const struct vcard *c, unsigned int seen, struct why *why)
{
	bool global = (c->flags & VCARD_GLOBAL_PIN) != 0;

	for (size_t i = 0; i < nitems(items); i++)
		if (items[i].once && (seen & 1u << i) == 0)
			return why_add(why, ERR_FORMAT, "no %s", items[i].name);
	if (c->pins[PIN_PIV].value == NULL || c->pins[PIN_PUK].value == NULL)
		return why_add(why, ERR_FORMAT, "no PIN or no PUK");
	if (global != (c->pins[PIN_GLOBAL].value != NULL))
		return why_add(
		    why, ERR_FORMAT, "a global PIN and flags that disagree");
	return ERR_OK;
}

static err_t
take_items(struct vcard *c, struct span in, struct why *why)
{
	unsigned int seen = 0;
	struct span val;
	uint32_t tag;
	err_t e;

	while (in.n > 0) {
		if (tlv_next(&in, &tag, &val) != ERR_OK)
			return why_add(why, ERR_FORMAT, "an item is cut off");
		if ((e = take_item(c, tag, val, &seen, why)))
			return e;
	}
	return complete(c, seen, why);
}

err_t
state_parse(struct vcard *c, struct span in, struct why *why)
{
	const size_t name = STATE_MAGIC_LEN - 1; /* without the version */
	uint8_t hash[STATE_HASH_LEN];
	struct span body, sum;
	unsigned int n = 0;

	if (in.n < STATE_MAGIC_LEN + STATE_HASH_LEN ||
	    !span_eq(span_first(in, name), span_from(STATE_MAGIC, name)))
		return why_add(why, ERR_FORMAT, "not the file of a card");
	if (in.p[name] != (uint8_t)STATE_MAGIC[name])
		return why_add(why, ERR_FORMAT,
		    "the card is of another version of scs-vcard: make it "
		    "anew");
	body = span_first(in, in.n - STATE_HASH_LEN);
	sum = span_from(in.p + body.n, STATE_HASH_LEN);
	if (EVP_Digest(body.p, body.n, hash, &n, EVP_sha256(), NULL) != 1)
		return ERR_NOMEM;
	if (!span_eq(sum, SPAN_OF(hash)))
		return why_add(why, ERR_FORMAT, "the file is damaged");
	return take_items(c,
	    span_from(body.p + STATE_MAGIC_LEN, body.n - STATE_MAGIC_LEN), why);
}

err_t
vcard_open(const char *path, struct vcard **out, struct why *why)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(STATE_MAX);
	CLEANUP(vcard_free) struct vcard *c = NULL;
	err_t e;

	if ((e = file_read(path, &in)) || (e = card_alloc(&c)) ||
	    (e = state_parse(c, buf_span(&in), why)))
		return e;
	if ((c->path = strdup(path)) == NULL)
		return ERR_NOMEM;
	*out = TAKE(c);
	return ERR_OK;
}
