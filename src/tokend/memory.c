/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/memory.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "ipc/token-proto.h"

err_t
memory_init(struct memory *m)
{
	err_t e;

	*m = (struct memory){ 0 };
	if ((e = secret_new(MEMORY_KEY, &m->key)))
		return e;
	return RAND_bytes(secret_bytes(m->key), MEMORY_KEY) == 1 ? ERR_OK
								 : ERR_IO;
}

void
memory_done(struct memory *m)
{
	secret_free(&m->key);
	*m = (struct memory){ 0 };
}

/* False: not to be had, and the caller takes the worst for granted. */
static bool
mac_of(const struct memory *m, enum memory_of kind, const struct secret *s,
    uint8_t mac[MEMORY_MAC])
{
	CLEANUP(secret_free) struct secret *text = NULL;
	struct span in = secret_span(s), key = secret_span(m->key);
	unsigned int n = 0;

	if (secret_new(in.n + 1, &text) != ERR_OK)
		return false;
	secret_bytes(text)[0] = (uint8_t)kind;
	if (in.n > 0)
		memcpy(secret_bytes(text) + 1, in.p, in.n);
	return HMAC(EVP_sha256(), key.p, (int)key.n, secret_bytes(text),
		   in.n + 1, mac, &n) != NULL &&
	    n == MEMORY_MAC;
}

static bool
among(const struct memory_refused *r, const uint8_t mac[MEMORY_MAC])
{
	bool found = false;

	for (size_t i = 0; i < r->n; i++)
		found |= CRYPTO_memcmp(r->mac[i], mac, MEMORY_MAC) == 0;
	return found;
}

static void
add(struct memory *m, uint8_t kind, const uint8_t mac[MEMORY_MAC])
{
	struct memory_refused *r = &m->of[kind];

	if (among(r, mac))
		return;
	if (r->n == MEMORY_EACH)
		memmove(r->mac[0], r->mac[1], --r->n * sizeof(r->mac[0]));
	memcpy(r->mac[r->n++], mac, MEMORY_MAC);
}

/* What is in doubt counts as refused from now on. */
static void
settle(struct memory *m)
{
	if (m->doubt.is)
		add(m, m->doubt.kind, m->doubt.mac);
	m->doubt.is = false;
}

static void
tell(struct memory *m)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(MEMORY_BYTES);

	if (m->changed == NULL)
		return;
	buf_put_u8(&b, m->doubt.is ? 1 : 0);
	buf_put_u8(&b, m->doubt.kind);
	buf_put_u8(&b, m->doubt.tries);
	buf_put(&b, SPAN_OF(m->doubt.mac));
	for (size_t k = 0; k < MEMORY_KINDS; k++) {
		buf_put_u8(&b, m->of[k].n);
		buf_put(&b,
		    span_from(m->of[k].mac, m->of[k].n * (size_t)MEMORY_MAC));
	}
	if (buf_status(&b) == ERR_OK)
		m->changed(m->ctx, m->key, buf_span(&b));
}

static err_t
load_doubt(struct span *in, struct memory_doubt *out)
{
	struct span mac;
	uint8_t is;
	err_t e;

	if ((e = span_u8(in, &is)) || (e = span_u8(in, &out->kind)) ||
	    (e = span_u8(in, &out->tries)) ||
	    (e = span_take(in, MEMORY_MAC, &mac)))
		return e;
	if (is > 1 || out->kind >= MEMORY_KINDS)
		return ERR_FORMAT;
	out->is = is == 1;
	memcpy(out->mac, mac.p, mac.n);
	return ERR_OK;
}

static err_t
load_refused(struct span *in, struct memory_refused *out)
{
	struct span macs;
	err_t e;

	if ((e = span_u8(in, &out->n)))
		return e;
	if (out->n > MEMORY_EACH)
		return ERR_FORMAT;
	if ((e = span_take(in, out->n * (size_t)MEMORY_MAC, &macs)))
		return e;
	if (macs.n > 0)
		memcpy(out->mac, macs.p, macs.n);
	return ERR_OK;
}

err_t
memory_load(struct memory *m, const struct secret *key, struct span bytes)
{
	struct memory now = { .changed = m->changed, .ctx = m->ctx };
	err_t e;

	if (secret_len(key) != MEMORY_KEY)
		return ERR_FORMAT;
	if ((e = load_doubt(&bytes, &now.doubt)))
		return e;
	for (size_t k = 0; k < MEMORY_KINDS; k++)
		if ((e = load_refused(&bytes, &now.of[k])))
			return e;
	if ((e = span_end(bytes)) ||
	    (e = secret_from(secret_span(key), &now.key)))
		return e;
	memory_done(m);
	*m = now;
	memory_unanswered(m);
	return ERR_OK;
}

bool
memory_has(const struct memory *m, enum memory_of kind, const struct secret *s)
{
	uint8_t mac[MEMORY_MAC];

	return !mac_of(m, kind, s, mac) || among(&m->of[kind], mac);
}

err_t
memory_presents(struct memory *m, enum memory_of kind, const struct secret *s,
    unsigned int tries)
{
	struct memory_doubt doubt = {
		.is = true, .kind = (uint8_t)kind, .tries = (uint8_t)tries
	};

	if (!mac_of(m, kind, s, doubt.mac))
		return ERR_IO;
	settle(m);
	m->doubt = doubt;
	tell(m);
	return ERR_OK;
}

void
memory_answered(struct memory *m, bool refused)
{
	if (refused)
		settle(m);
	m->doubt.is = false;
	tell(m);
}

/* There is no asking how many tries a PUK has left. */
void
memory_unanswered(struct memory *m)
{
	if (m->doubt.kind != MEMORY_PUKS)
		return;
	settle(m);
	tell(m);
}

void
memory_tries(struct memory *m, unsigned int tries)
{
	if (!m->doubt.is)
		return;
	if (tries == TOKEN_TRIES_UNKNOWN ||
	    m->doubt.tries == TOKEN_TRIES_UNKNOWN || tries < m->doubt.tries)
		settle(m);
	m->doubt.is = false;
	tell(m);
}

void
memory_forget(struct memory *m, enum memory_of kind)
{
	m->of[kind].n = 0;
	tell(m);
}
