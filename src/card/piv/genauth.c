/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GENERAL AUTHENTICATE with private keys, SP 800-73-4 Part 2, 3.2.4 and
 * appendix A: dynamic authentication templates (7C) out and back.
 */
#include <string.h>

#include "card/piv/alg.h"
#include "card/piv/genauth.h"
#include "card/piv/piv.h"
#include "card/sw.h"
#include "codec/tlv.h"

#define INS_GENERAL_AUTHENTICATE 0x87
#define TAG_TEMPLATE 0x7c
#define TAG_CHALLENGE 0x81
#define TAG_RESPONSE 0x82
#define TAG_EXPONENTIATION 0x85
#define TEMPLATE_MAX 1024 /* RSA 4096: 512 bytes and 12 of headers */

err_t
piv_genauth_build(uint32_t tag, struct span value, struct buf *out)
{
	size_t mark = tlv_open(out, TAG_TEMPLATE);

	tlv_put(out, TAG_RESPONSE, SPAN_NONE); /* "put the answer here" */
	tlv_put(out, tag, value);
	tlv_close(out, mark);
	return buf_status(out);
}

err_t
piv_genauth_parse(struct span in, struct span *response)
{
	struct span template, value;
	err_t e;

	if ((e = tlv_want(&in, TAG_TEMPLATE, &template)) ||
	    (e = tlv_want(&template, TAG_RESPONSE, &value)) ||
	    (e = span_end(template)) || (e = span_end(in)))
		return e;
	*response = value;
	return ERR_OK;
}

err_t
piv_genauth_ecdsa(struct span sig, size_t size)
{
	struct span seq, r, s;
	err_t e;

	if ((e = tlv_want(&sig, 0x30, &seq)) || (e = span_end(sig)) ||
	    (e = tlv_want(&seq, 0x02, &r)) || (e = tlv_want(&seq, 0x02, &s)) ||
	    (e = span_end(seq)))
		return e;
	/* a sign byte may precede a number as long as the curve's */
	if (r.n == 0 || s.n == 0 || r.n > size + 1 || s.n > size + 1)
		return ERR_FORMAT;
	return ERR_OK;
}

/* One round with the key; the answer's value is appended to `out`. */
static err_t
authenticate(struct piv *p, struct piv_key key, const struct buf *template,
    struct buf *out, struct why *why)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(TEMPLATE_MAX);
	struct apdu cmd = { .ins = INS_GENERAL_AUTHENTICATE,
		.p1 = key.alg,
		.p2 = key.ref,
		.data = buf_span(template) };
	struct span value;
	uint16_t sw;
	err_t e;

	/* a short answer is asked for in short form, whatever the card takes */
	cmd.le = card_extended(p->card) && piv_alg_is_rsa(key.alg)
	    ? APDU_MAX_LE
	    : APDU_SHORT_LE;
	if ((e = card_send(p->card, &cmd, &answer, &sw, why)) ||
	    (e = sw_check(sw, "using the key", why)))
		return e;
	if ((e = piv_genauth_parse(buf_span(&answer), &value)))
		return why_add(why, ERR_FORMAT,
		    "the card's answer is not an authentication template");
	buf_put(out, value);
	return buf_status(out);
}

/* What the card has answered does not fit its key: `out` is as before. */
static err_t
unfit(struct buf *out, size_t before, struct why *why, const char *what)
{
	buf_trim(out, before);
	return why_add(why, ERR_FORMAT, "the card's answer is not %s", what);
}

/* FIPS 186-5, 6.4: the leftmost bits of a digest, or zeros in front of it. */
static void
put_digest(struct span digest, size_t size, uint8_t *out)
{
	digest = span_first(digest, size);
	memset(out, 0, size - digest.n);
	memcpy(out + size - digest.n, digest.p, digest.n);
}

static err_t
sign_ec(struct piv *p, struct piv_key key, struct span digest, struct buf *out,
    struct why *why)
{
	CLEANUP(buf_done) struct buf template = BUF_INIT(TEMPLATE_MAX);
	size_t size = piv_alg_size(key.alg), before = out->n;
	uint8_t value[48];
	struct span sig;
	err_t e;

	if (digest.n == 0 || size > sizeof(value))
		return why_add(why, ERR_FORMAT, "there is no digest to sign");
	put_digest(digest, size, value);
	if ((e = piv_genauth_build(
		 TAG_CHALLENGE, span_from(value, size), &template)) ||
	    (e = authenticate(p, key, &template, out, why)))
		return e;
	sig = span_from(out->p + before, out->n - before);
	if (piv_genauth_ecdsa(sig, size) != ERR_OK)
		return unfit(out, before, why, "an ECDSA signature");
	return ERR_OK;
}

/* Signing and decipherment are one operation to the card. */
static err_t
rsa(struct piv *p, struct piv_key key, struct span block, struct buf *out,
    struct why *why)
{
	CLEANUP(buf_done) struct buf template = BUF_INIT(TEMPLATE_MAX);
	size_t size = piv_alg_size(key.alg), before = out->n;
	err_t e;

	if (block.n != size)
		return why_add(why, ERR_FORMAT,
		    "the data must be as long as the key, %zu bytes", size);
	if ((e = piv_genauth_build(TAG_CHALLENGE, block, &template)) ||
	    (e = authenticate(p, key, &template, out, why)))
		return e;
	if (out->n - before != size)
		return unfit(out, before, why, "as long as its key");
	return ERR_OK;
}

err_t
piv_sign(struct piv *p, struct piv_key key, struct span block, struct buf *out,
    struct why *why)
{
	if (piv_alg_is_rsa(key.alg))
		return rsa(p, key, block, out, why);
	if (piv_alg_is_ec(key.alg))
		return sign_ec(p, key, block, out, why);
	return why_add(why, ERR_UNSUPPORTED, "unknown kind of key");
}

err_t
piv_decipher(struct piv *p, struct piv_key key, struct span block,
    struct buf *out, struct why *why)
{
	if (!piv_alg_is_rsa(key.alg))
		return why_add(why, ERR_UNSUPPORTED, "not an RSA key");
	return rsa(p, key, block, out, why);
}

err_t
piv_derive(struct piv *p, struct piv_key key, struct span point,
    struct buf *out, struct why *why)
{
	CLEANUP(buf_done) struct buf template = BUF_INIT(TEMPLATE_MAX);
	size_t size = piv_alg_size(key.alg), before = out->n;
	err_t e;

	if (!piv_alg_is_ec(key.alg))
		return why_add(why, ERR_UNSUPPORTED, "not an EC key");
	if (point.n != 1 + 2 * size || point.p[0] != 0x04)
		return why_add(why, ERR_FORMAT,
		    "not an uncompressed point of the key's curve");
	if ((e = piv_genauth_build(TAG_EXPONENTIATION, point, &template)) ||
	    (e = authenticate(p, key, &template, out, why)))
		return e;
	if (out->n - before != size)
		return unfit(out, before, why, "as long as a coordinate");
	return ERR_OK;
}
