/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maker's side: keys and certificates put on the card without asking the
 * card. A certificate object is 53 { 70 certificate, 71 info, FE }, SP 800-73-4
 * Part 1, appendix A, table 10; info 01 is gzip.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <zlib.h>

#include "codec/tlv.h"
#include "vcard/card.h"

err_t
vcard_generate(struct vcard *c, uint8_t slot, enum vcard_alg alg)
{
	EVP_PKEY *k;
	err_t e;

	if (!slot_ok(slot))
		return ERR_UNSUPPORTED;
	if ((e = key_generate((uint8_t)alg, &k)))
		return e;
	return key_put(c, slot, slot_policy(slot), k);
}

static EVP_PKEY *
read_private(struct span in)
{
	const unsigned char *p = in.p;
	BIO *bio = BIO_new_mem_buf(in.p, (int)in.n);
	EVP_PKEY *k;

	if (bio == NULL)
		return NULL;
	/* an empty pass phrase instead of a question on the terminal */
	k = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "");
	if (k == NULL)
		k = d2i_AutoPrivateKey(NULL, &p, (long)in.n);
	BIO_free(bio);
	return k;
}

err_t
vcard_import_key(struct vcard *c, uint8_t slot, struct span key)
{
	EVP_PKEY *k;

	if (key.n == 0 || key.n > SECRET_MAX)
		return ERR_FORMAT;
	if ((k = read_private(key)) == NULL)
		return ERR_FORMAT;
	return key_put(c, slot, slot_policy(slot), k);
}

/* RFC 1952, by zlib: window bits + 16. */
static err_t
gzip_put(struct span in, struct buf *out)
{
	z_stream z = { 0 };
	uint8_t *p;
	size_t max;
	err_t e = ERR_NOMEM;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return ERR_NOMEM;
	max = deflateBound(&z, in.n);
	if ((p = buf_grow(out, max)) != NULL) {
		z.next_in = (Bytef *)(uintptr_t)in.p;
		z.avail_in = (uInt)in.n;
		z.next_out = p;
		z.avail_out = (uInt)max;
		if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
			buf_trim(out, out->n - max + z.total_out);
			e = ERR_OK;
		}
	}
	(void)deflateEnd(&z);
	return e;
}

err_t
vcard_import_cert(struct vcard *c, uint8_t slot, struct span der, bool gzip)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(OBJECT_MAX);
	uint8_t info = gzip ? 0x01 : 0x00;
	size_t mark;
	err_t e;

	if (vcard_cert_tag(slot) == 0)
		return ERR_UNSUPPORTED;
	mark = tlv_open(&v, 0x70);
	if (!gzip)
		buf_put(&v, der);
	else if ((e = gzip_put(der, &v)))
		return e;
	tlv_close(&v, mark);
	tlv_put(&v, 0x71, span_from(&info, 1));
	tlv_put(&v, 0xfe, SPAN_NONE);
	if ((e = buf_status(&v)))
		return e;
	return vcard_put_object(c, vcard_cert_tag(slot), buf_span(&v));
}

err_t
vcard_public_key(const struct vcard *c, uint8_t slot, struct buf *der)
{
	const struct key *k = key_find(c, slot);
	unsigned char *p = NULL;
	int n;

	if (k == NULL)
		return ERR_ABSENT;
	if ((n = i2d_PUBKEY(k->pkey, &p)) <= 0)
		return ERR_NOMEM;
	buf_put(der, span_from(p, (size_t)n));
	OPENSSL_free(p);
	return buf_status(der);
}
