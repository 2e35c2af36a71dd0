/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state as a file: a magic, a version, then BER-TLV, then a digest, which
 * finds damage, not a forger. Always replaced whole (base/file.h), so a reader
 * sees one state or the other; load.c reads it back.
 *
 *	"SCSVCARD" 02
 *	C0 flags (4)   C1 serial (4)
 *	C2 PIN: which (1), tries (1), left (1), value (8)
 *	C3 management key: algorithm (1), key
 *	C4 object: tag (4), value
 *	C5 key: slot (1), policy (1), PKCS #8
 *	SHA-256 of all before it (32)
 */
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "codec/tlv.h"
#include "vcard/card.h"

#define FILE_MODE 0600

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

err_t
state_seal(struct buf *out)
{
	uint8_t hash[STATE_HASH_LEN];
	unsigned int n = 0;

	if (EVP_Digest(out->p, out->n, hash, &n, EVP_sha256(), NULL) != 1)
		return ERR_NOMEM;
	buf_put(out, span_from(hash, n));
	return buf_status(out);
}

err_t
state_build(const struct vcard *c, struct buf *out)
{
	size_t mark;
	err_t e;

	buf_put(out, span_from(STATE_MAGIC, STATE_MAGIC_LEN));
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
	if ((e = buf_status(out)))
		return e;
	return state_seal(out);
}

err_t
card_save(const struct vcard *c)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(STATE_MAX);
	err_t e;

	if (c->path == NULL)
		return ERR_OK;
	if ((e = state_build(c, &out)))
		return e;
	return file_write(c->path, FILE_MODE, buf_span(&out));
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
