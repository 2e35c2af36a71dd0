/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state as a file: a magic, a version, then BER-TLV. Always replaced whole
 * (base/file.h), so a reader sees one state or the other.
 *
 *	"SCSVCARD" 01
 *	C0 flags (4)   C1 serial (4)
 *	C2 PIN: which (1), tries (1), left (1), value (8)
 *	C3 management key: algorithm (1), key
 *	C4 object: tag (4), value
 *	C5 key: slot (1), policy (1), PKCS #8
 */
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "codec/tlv.h"
#include "vcard/card.h"

#define FILE_MAX (2 * 1024 * 1024)
#define FILE_MODE 0600

static const uint8_t magic[] = { 'S', 'C', 'S', 'V', 'C', 'A', 'R', 'D', 1 };

static void
put_pin(const struct pin *p, uint8_t which, struct buf *out)
{
	size_t mark;

	if (p->value == NULL)
		return;
	mark = tlv_open(out, 0xc2);
	buf_put_u8(out, which);
	buf_put_u8(out, p->tries);
	buf_put_u8(out, p->left);
	buf_put(out, secret_span(p->value));
	tlv_close(out, mark);
}

static err_t
put_key(const struct key *k, struct buf *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->pkey);
	unsigned char *der = NULL;
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	size_t mark;

	PKCS8_PRIV_KEY_INFO_free(info);
	if (n <= 0)
		return ERR_NOMEM;
	mark = tlv_open(out, 0xc5);
	buf_put_u8(out, k->slot);
	buf_put_u8(out, k->policy);
	buf_put(out, span_from(der, (size_t)n));
	tlv_close(out, mark);
	OPENSSL_clear_free(der, (size_t)n);
	return ERR_OK;
}

static err_t
encode(const struct vcard *c, struct buf *out)
{
	size_t mark;
	err_t e;

	buf_put(out, SPAN_OF(magic));
	mark = tlv_open(out, 0xc0);
	buf_put_u32(out, c->flags);
	tlv_close(out, mark);
	mark = tlv_open(out, 0xc1);
	buf_put_u32(out, c->serial);
	tlv_close(out, mark);
	for (uint8_t i = 0; i < PIN_COUNT; i++)
		put_pin(&c->pins[i], i, out);
	mark = tlv_open(out, 0xc3);
	buf_put_u8(out, c->mgm_alg);
	buf_put(out, secret_span(c->mgm_key));
	tlv_close(out, mark);
	for (size_t i = 0; i < c->objects_n; i++) {
		mark = tlv_open(out, 0xc4);
		buf_put_u32(out, c->objects[i].tag);
		buf_put(out, buf_span(&c->objects[i].value));
		tlv_close(out, mark);
	}
	for (size_t i = 0; i < c->keys_n; i++)
		if ((e = put_key(&c->keys[i], out)))
			return e;
	return buf_status(out);
}

err_t
card_save(const struct vcard *c)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(FILE_MAX);
	err_t e;

	if (c->path == NULL)
		return ERR_OK;
	if ((e = encode(c, &out)))
		return e;
	return file_write(c->path, FILE_MODE, buf_span(&out));
}

static err_t
take_flags(struct vcard *c, struct span in)
{
	uint32_t v;
	err_t e;

	if ((e = span_u32(&in, &v)) || (e = span_end(in)))
		return e;
	if ((v & ~(uint32_t)VCARD_FLAGS_ALL) != 0)
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
	if (which >= PIN_COUNT || left > tries)
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
	if (in.n == 0 || in.n != mgm_key_len(alg))
		return ERR_FORMAT;
	secret_free(&c->mgm_key);
	c->mgm_alg = alg;
	return secret_from(in, &c->mgm_key);
}

static err_t
take_object(struct vcard *c, struct span in)
{
	uint32_t tag;
	err_t e;

	if ((e = span_u32(&in, &tag)))
		return e;
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
	if (policy < POLICY_NEVER || policy > POLICY_ALWAYS)
		return ERR_FORMAT;
	p = in.p;
	pkey = d2i_AutoPrivateKey(NULL, &p, (long)in.n);
	if (pkey == NULL || p != in.p + in.n) {
		EVP_PKEY_free(pkey);
		return ERR_FORMAT;
	}
	return key_put(c, slot, policy, pkey);
}

static err_t
take_item(struct vcard *c, uint32_t tag, struct span val)
{
	static const struct {
		uint32_t tag;
		err_t (*take)(struct vcard *, struct span);
	} items[] = {
		{ 0xc0, take_flags },
		{ 0xc1, take_serial },
		{ 0xc2, take_pin },
		{ 0xc3, take_mgm },
		{ 0xc4, take_object },
		{ 0xc5, take_key },
	};

	for (size_t i = 0; i < nitems(items); i++)
		if (items[i].tag == tag)
			return items[i].take(c, val);
	return ERR_FORMAT;
}

static err_t
decode(struct vcard *c, struct span in)
{
	struct span head, val;
	uint32_t tag;
	err_t e;

	if ((e = span_take(&in, sizeof(magic), &head)))
		return e;
	if (!span_eq(head, SPAN_OF(magic)))
		return ERR_FORMAT;
	while (in.n > 0)
		if ((e = tlv_next(&in, &tag, &val)) ||
		    (e = take_item(c, tag, val)))
			return e;
	if (c->pins[PIN_PIV].value == NULL || c->pins[PIN_PUK].value == NULL ||
	    c->mgm_key == NULL)
		return ERR_FORMAT;
	return ERR_OK;
}

err_t
vcard_attach(struct vcard *c, const char *path)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return ERR_NOMEM;
	free(c->path);
	c->path = copy;
	return card_save(c);
}

err_t
vcard_open(const char *path, struct vcard **out)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(FILE_MAX);
	CLEANUP(vcard_free) struct vcard *c = NULL;
	err_t e;

	if ((e = file_read(path, &in)) || (e = card_alloc(&c)))
		return e;
	if ((e = decode(c, buf_span(&in))))
		return e == ERR_SHORT || e == ERR_UNSUPPORTED ? ERR_FORMAT : e;
	if ((c->path = strdup(path)) == NULL)
		return ERR_NOMEM;
	*out = TAKE(c);
	return ERR_OK;
}
