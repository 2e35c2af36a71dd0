/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sequence of commands against the card. Input: u16 length and bytes, again
 * and again; a length of 0 is a reset, one of FFFF is as good as the management
 * key. Promises: an answer ends in a status word and is no longer than asked
 * for; without VERIFY nothing is verified; no command of the host puts more
 * tries into a counter than there are.
 */
#include "codec/apdu.h"
#include "fuzz.h"
#include "vcard/card.h"

/* One pair of keys for all inputs: making them takes longer than the rest. */
static void
put_key(struct vcard *c, uint8_t slot, EVP_PKEY **k, uint8_t alg)
{
	if (*k == NULL && key_generate(alg, k) != ERR_OK)
		abort();
	if (EVP_PKEY_up_ref(*k) != 1 ||
	    key_put(c, slot, slot_policy(slot), *k) != ERR_OK)
		abort();
}

static struct vcard *
fresh_card(void)
{
	static const struct vcard_profile p = {
		.flags = VCARD_EXTENDED | VCARD_GLOBAL_PIN | VCARD_YUBICO,
	};
	static EVP_PKEY *p256, *p384;
	struct vcard *c = NULL;

	if (vcard_new(&p, &c) != ERR_OK)
		abort();
	put_key(c, 0x9c, &p256, VCARD_P256);
	put_key(c, 0x9e, &p384, VCARD_P384);
	vcard_power(c, true);
	return c;
}

/* Key generation is OpenSSL's, and slow. */
static bool
too_slow(struct span cmd)
{
	return cmd.n >= 2 && cmd.p[1] == INS_GENERATE;
}

static void
promises(const struct vcard *c, const struct buf *resp, bool verified)
{
	FUZZ_PROMISE(resp->n >= 2 && resp->n <= APDU_MAX_RESPONSE);
	FUZZ_PROMISE(verified ||
	    (!c->pin_ok[PIN_PIV] && !c->pin_ok[PIN_GLOBAL] && !c->fresh));
	for (size_t i = 0; i < PIN_COUNT; i++)
		FUZZ_PROMISE(c->pins[i].left <= c->pins[i].tries);
}

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);
	CLEANUP(vcard_free) struct vcard *c = fresh_card();
	bool verified = false;
	struct span cmd;
	uint16_t n;

	while (span_u16(&in, &n) == ERR_OK) {
		if (n == 0) {
			vcard_reset(c);
			continue;
		}
		if (n == UINT16_MAX) {
			c->admin_ok = true;
			continue;
		}
		if (span_take(&in, n < in.n ? n : in.n, &cmd) != ERR_OK)
			return;
		if (too_slow(cmd))
			continue;
		/* a chain may hide which command it is: look at all */
		verified |= cmd.n >= 2 &&
		    (cmd.p[1] == INS_VERIFY || cmd.p[1] == INS_CHANGE);
		FUZZ_PROMISE(vcard_transmit(c, cmd, &resp) == ERR_OK);
		promises(c, &resp, verified);
	}
}
