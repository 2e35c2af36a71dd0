/* SPDX-License-Identifier: BSD-2-Clause */
/* For the tests of this folder: send hexadecimal, look at the status word. */
#ifndef SCS_VCARD_TESTCARD_H
#define SCS_VCARD_TESTCARD_H

#include "codec/hex.h"
#include "test.h"
#include "vcard/card.h"

#define SELECT_PIV "00a4040009a0000003080000100000"
#define PIN_OK "0020008008313233343536ffff"
#define PIN_BAD "002000800830303030303030ff"

/* 0: power was lost. The data of the answer stay in `resp`. */
static inline uint16_t
send_hex(struct vcard *c, const char *hex, struct buf *resp)
{
	CLEANUP(buf_done) struct buf cmd = BUF_INIT(APDU_MAX_COMMAND);
	uint16_t sw;

	assert_int_equal(hex_decode(span_str(hex), &cmd), ERR_OK);
	if (vcard_transmit(c, buf_span(&cmd), resp) != ERR_OK)
		return 0;
	assert_true(resp->n >= 2);
	sw = (uint16_t)(resp->p[resp->n - 2] << 8 | resp->p[resp->n - 1]);
	buf_trim(resp, resp->n - 2);
	return sw;
}

static inline uint16_t
send_sw(struct vcard *c, const char *hex)
{
	CLEANUP(buf_done) struct buf resp = BUF_INIT(APDU_MAX_RESPONSE);

	return send_hex(c, hex, &resp);
}

#define EXPECT_SW(want, c, hex, why)                                          \
	do {                                                                  \
		unsigned int got_ = send_sw((c), (hex)), want_ = (want);      \
		if (got_ != want_)                                            \
			fail_msg(                                             \
			    "%s: wanted %04x, got %04x", (why), want_, got_); \
	} while (0)

/* Powered and selected. */
static inline struct vcard *
card_on(const struct vcard_profile *p)
{
	struct vcard *c = NULL;

	assert_int_equal(vcard_new(p, &c), ERR_OK);
	vcard_power(c, true);
	EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
	return c;
}

/* Management key, past its authentication. */
static inline struct vcard *
card_open_to_admin(const struct vcard_profile *p)
{
	struct vcard *c = card_on(p);

	c->admin_ok = true;
	return c;
}

#endif
