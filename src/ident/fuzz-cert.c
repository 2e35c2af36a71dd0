/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes as a certificate and as a public key. */
#include "fuzz.h"
#include "ident/cert.h"
#include "ident/spki.h"

static void
as_certificate(struct span in)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(CERT_FACTS_MAX);
	struct cert_facts f, again;
	uint8_t hash[SPKI_HASH_SIZE];

	if (cert_parse(in, &f, NULL) != ERR_OK)
		return;
	cert_facts_build(&f, &b);
	FUZZ_PROMISE(buf_status(&b) == ERR_OK);
	FUZZ_PROMISE(cert_facts_parse(buf_span(&b), &again) == ERR_OK);
	FUZZ_PROMISE(again.eku == f.eku && again.spki_n == f.spki_n);
	(void)!spki_hash(span_from(f.spki, f.spki_n), hash);
}

void
fuzz_one(struct span in)
{
	CLEANUP(key_done) struct key k = { 0 };
	uint8_t hash[SPKI_HASH_SIZE];

	as_certificate(in);
	(void)!spki_hash(in, hash);
	(void)!key_load(in, &k, NULL);
}
