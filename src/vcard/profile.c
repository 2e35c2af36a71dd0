/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new card's contents: SP 800-73-4 Part 1, 3.1 (CCC, CHUID) and 3.3.2
 * (Discovery), appendix A for the tags.
 */
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "codec/tlv.h"
#include "vcard/card.h"

#define FASCN_LEN 25
#define GUID_LEN 16
#define TAG_CHUID 0x5fc102
#define TAG_CCC 0x5fc107
#define TAG_DISCOVERY 0x7e

/* Default management key; algorithms differ in how much of it they take. */
static const uint8_t mgm_default[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5,
	6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8 };

/*
 * Five-bit characters of PACS 2.3: four bits, least significant first, and odd
 * parity. The last one is the exclusive or of all before it.
 */
static void
fascn_pack(const char digits[39], uint8_t out[FASCN_LEN])
{
	uint8_t lrc = 0, v, bit;
	size_t at = 0;

	memset(out, 0, FASCN_LEN);
	for (size_t i = 0; i < 40; i++) {
		v = i < 39 ? (uint8_t)(digits[i] <= '9' ? digits[i] - '0'
							: digits[i] - 'A' + 10)
			   : lrc;
		lrc = (uint8_t)(lrc ^ v);
		for (unsigned int b = 0; b < 5; b++, at++) {
			bit = (uint8_t)(b < 4 ? v >> b & 1
					      : !__builtin_parity(v));
			out[at / 8] =
			    (uint8_t)(out[at / 8] | bit << (7 - at % 8));
		}
	}
}

/* B start, D separators, F end: agency, system, credential, series, issue,
 * person, category, organization, association. */
static void
fascn_make(uint32_t number, uint8_t out[FASCN_LEN])
{
	char text[64];

	(void)snprintf(text, sizeof(text), "B9999D9999D%06uD0D1D%010u199991F",
	    number % 1000000, number);
	fascn_pack(text, out);
}

static err_t
put_chuid(struct vcard *c, const struct vcard_profile *p)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(OBJECT_MAX);
	uint8_t random[GUID_LEN + 4], fascn[FASCN_LEN];
	struct span guid = p->guid;
	time_t now = time(NULL);
	char expiry[16];
	struct tm tm;
	uint32_t n;

	if (RAND_bytes(random, sizeof(random)) != 1 ||
	    gmtime_r(&now, &tm) == NULL)
		return ERR_NOMEM;
	random[6] = (uint8_t)(0x40 | (random[6] & 0x0f)); /* RFC 4122, v4 */
	random[8] = (uint8_t)(0x80 | (random[8] & 0x3f));
	if (guid.n == 0)
		guid = span_from(random, GUID_LEN);
	(void)snprintf(expiry, sizeof(expiry), "%04d%02d01",
	    (tm.tm_year + 1910) % 10000, (tm.tm_mon + 1) % 100);
	memcpy(&n, random + GUID_LEN, sizeof(n));
	fascn_make(n, fascn);
	tlv_put(&v, 0x30, p->fascn.n != 0 ? p->fascn : SPAN_OF(fascn));
	tlv_put(&v, 0x34, guid);
	tlv_put(&v, 0x35, span_str(p->expiry != NULL ? p->expiry : expiry));
	tlv_put(&v, 0x3e, SPAN_NONE);
	tlv_put(&v, 0xfe, SPAN_NONE);
	if (buf_status(&v) != ERR_OK)
		return buf_status(&v);
	return vcard_put_object(c, TAG_CHUID, buf_span(&v));
}

/* Table 8: a card identifier and versions, the rest empty. */
static err_t
put_ccc(struct vcard *c)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(OBJECT_MAX);
	static const uint8_t empty[] = { 0xf6, 0xf7, 0xfa, 0xfb, 0xfc, 0xfd,
		0xfe };
	/* GSC-RID, manufacturer, card type 02, then the identifier */
	uint8_t id[21] = { 0xa0, 0, 0, 0x01, 0x16, 0xff, 0x02 };

	if (RAND_bytes(id + 7, sizeof(id) - 7) != 1)
		return ERR_NOMEM;
	tlv_put(&v, 0xf0, SPAN_OF(id));
	tlv_put(&v, 0xf1, span_str("!"));
	tlv_put(&v, 0xf2, span_str("!"));
	tlv_put(&v, 0xf3, SPAN_NONE);
	tlv_put(&v, 0xf4, span_from("\0", 1));
	tlv_put(&v, 0xf5, span_from("\x10", 1));
	for (size_t i = 0; i < sizeof(empty); i++)
		tlv_put(&v, empty[i], SPAN_NONE);
	if (buf_status(&v) != ERR_OK)
		return buf_status(&v);
	return vcard_put_object(c, TAG_CCC, buf_span(&v));
}

static err_t
put_discovery(struct vcard *c)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(OBJECT_MAX);
	static const uint8_t aid[] = { 0xa0, 0, 0, 0x03, 0x08, 0, 0, 0x10, 0,
		0x01, 0 };
	/* first byte: 40 PIV PIN, 20 global PIN; second: 10 PIV PIN is the
	 * primary one */
	bool global = (c->flags & VCARD_GLOBAL_PIN) != 0;
	uint8_t policy[] = { global ? 0x60 : 0x40, global ? 0x10 : 0x00 };

	tlv_put(&v, 0x4f, SPAN_OF(aid));
	tlv_put(&v, 0x5f2f, SPAN_OF(policy));
	if (buf_status(&v) != ERR_OK)
		return buf_status(&v);
	return vcard_put_object(c, TAG_DISCOVERY, buf_span(&v));
}

static err_t
set_digits(struct pin *p, const char *text, uint8_t tries)
{
	uint8_t block[PIN_LEN];
	size_t n = strlen(text);
	err_t e;

	if (n > PIN_LEN)
		return ERR_FORMAT;
	memset(block, 0xff, sizeof(block));
	memcpy(block, text, n);
	e = pin_form_ok(SPAN_OF(block)) ? pin_set(p, SPAN_OF(block), tries)
					: ERR_FORMAT;
	explicit_bzero(block, sizeof(block));
	return e;
}

static err_t
set_references(struct vcard *c, const struct vcard_profile *p)
{
	uint8_t alg = p->mgm_alg != 0 ? (uint8_t)p->mgm_alg : VCARD_3DES;
	uint8_t pin_tries = p->pin_tries != 0 ? p->pin_tries : 3;
	uint8_t puk_tries = p->puk_tries != 0 ? p->puk_tries : 3;
	const char *puk = p->puk != NULL ? p->puk : "12345678";
	struct span key = p->mgm_key;
	err_t e;

	if (key.n == 0)
		key = span_first(SPAN_OF(mgm_default), mgm_key_len(alg));
	if (key.n == 0 || key.n != mgm_key_len(alg))
		return ERR_FORMAT;
	c->mgm_alg = alg;
	if ((e = secret_from(key, &c->mgm_key)) ||
	    (e = set_digits(&c->pins[PIN_PIV],
		 p->pin != NULL ? p->pin : "123456", pin_tries)) ||
	    (e = pin_set(&c->pins[PIN_PUK], span_str(puk), puk_tries)))
		return e;
	if ((c->flags & VCARD_GLOBAL_PIN) == 0)
		return ERR_OK;
	return set_digits(&c->pins[PIN_GLOBAL],
	    p->global_pin != NULL ? p->global_pin : "123456", pin_tries);
}

bool
vcard_flags_ok(unsigned int flags)
{
	const unsigned int both = VCARD_T0 | VCARD_EXTENDED;

	return (flags & ~(unsigned int)VCARD_FLAGS_ALL) == 0 &&
	    (flags & both) != both;
}

static bool
profile_ok(const struct vcard_profile *p)
{
	return vcard_flags_ok(p->flags) &&
	    (p->guid.n == 0 || p->guid.n == GUID_LEN) &&
	    (p->fascn.n == 0 || p->fascn.n == FASCN_LEN) &&
	    (p->expiry == NULL || strlen(p->expiry) == 8);
}

err_t
vcard_new(const struct vcard_profile *p, struct vcard **out)
{
	static const struct vcard_profile none;
	CLEANUP(vcard_free) struct vcard *c = NULL;
	err_t e;

	if (p == NULL)
		p = &none;
	if (!profile_ok(p))
		return ERR_FORMAT;
	if ((e = card_alloc(&c)))
		return e;
	c->flags = p->flags;
	c->serial = p->serial;
	if (c->serial == 0 &&
	    RAND_bytes((uint8_t *)&c->serial, sizeof(c->serial)) != 1)
		return ERR_NOMEM;
	c->serial &= 0x7fffffff; /* clients print it as a signed number */
	if ((e = set_references(c, p)) || (e = put_chuid(c, p)) ||
	    (e = put_ccc(c)) || (e = put_discovery(c)))
		return e;
	*out = TAKE(c);
	return ERR_OK;
}
