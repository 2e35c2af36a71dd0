/* SPDX-License-Identifier: BSD-2-Clause */
/* The frames between tokend and a worker. */
#include "tokend/request.h"

#include "tokend/rig.h"
#include "tokend/worker-proto.h"

struct ask {
	uint16_t type;
	uint64_t session, insertion;
	bool last;
	const char *body; /* hexadecimal, after the insertion */
	const char *secret;
};

static err_t
ask(struct rig *r, const struct ask *q, struct buf *rest)
{
	CLEANUP(msg_done) struct msg in = { 0 }, out = { 0 };
	CLEANUP(buf_done) struct buf raw = BUF_INIT(1024);
	struct span body;
	uint16_t code;

	msg_init(&in, q->type);
	msg_init(&out, 0);
	buf_put_u64(&in.body, q->session);
	buf_put_u8(&in.body, q->last ? ASK_LAST_TRY : 0);
	buf_put_u8(&in.body, TOKEN_TRIES_UNKNOWN);
	buf_put_u64(&in.body, q->insertion);
	EXPECT_OK(hex_decode(span_str(q->body != NULL ? q->body : ""), &raw));
	buf_put(&in.body, buf_span(&raw));
	if (q->secret != NULL)
		EXPECT_OK(secret_from(span_str(q->secret), &in.secret));
	EXPECT_OK(request_handle(r->guard, r->token, &in, &out));
	guard_settle(r->guard);
	assert_int_equal(out.type, TOK_ANSWER);
	body = buf_span(&out.body);
	EXPECT_OK(span_u16(&body, &code));
	if (rest != NULL)
		buf_put(rest, body);
	if (code != ERR_OK) {
		char reason[WHY_MAX];
		uint8_t tries;

		EXPECT_OK(msg_get_str(&body, reason, sizeof(reason)));
		EXPECT_OK(span_u8(&body, &tries));
		EXPECT_OK(span_end(body));
		assert_true(reason[0] != '\0');
	}
	return (err_t)code;
}

static const struct {
	const char *why;
	struct ask q;
	err_t want;
} rows[] = {
#define DIGEST \
	"0000000000000000000000000000000000000000000000000000000000000001"
	{ "tries", { TOK_TRIES, 1, 1, false, NULL, NULL }, ERR_OK },
	{ "tries and more", { TOK_TRIES, 1, 1, false, "00", NULL },
	    ERR_FORMAT },
	{ "another card", { TOK_TRIES, 1, 2, false, NULL, NULL }, ERR_REMOVED },
	{ "session 0", { TOK_TRIES, 0, 1, false, NULL, NULL }, ERR_FORMAT },
	{ "the guard's own session",
	    { TOK_TRIES, UINT64_MAX, 1, false, NULL, NULL }, ERR_FORMAT },
	{ "unknown type", { 0x77, 1, 1, false, NULL, NULL }, ERR_UNSUPPORTED },
	{ "a list is not a worker's", { TOK_LIST, 1, 1, false, NULL, NULL },
	    ERR_UNSUPPORTED },
	{ "login without PIN", { TOK_LOGIN, 1, 1, false, NULL, NULL },
	    ERR_PIN_FORM },
	{ "login and more", { TOK_LOGIN, 1, 1, false, "00", "123456" },
	    ERR_FORMAT },
	{ "logout", { TOK_LOGOUT, 1, 1, false, NULL, NULL }, ERR_OK },
	{ "logout and more", { TOK_LOGOUT, 1, 1, false, "00", NULL },
	    ERR_FORMAT },
	{ "9E signs, and more",
	    { TOK_SIGN, 1, 1, false, "9e0300000020" DIGEST "00", NULL },
	    ERR_FORMAT },
	{ "9E does not derive",
	    { TOK_DERIVE, 1, 1, false, "9e0000000020" DIGEST, NULL },
	    ERR_UNSUPPORTED },
	{ "derive of nothing", { TOK_DERIVE, 1, 1, false, "9e00", NULL },
	    ERR_FORMAT },
	{ "change without a length",
	    { TOK_CHANGE_PIN, 1, 1, false, "", "123456654321" }, ERR_FORMAT },
	{ "change and more",
	    { TOK_CHANGE_PIN, 1, 1, false, "0600", "123456654321" },
	    ERR_FORMAT },
	{ "unblock without a length",
	    { TOK_UNBLOCK, 1, 1, false, "", "12345678123456" }, ERR_FORMAT },
	{ "unblock without secrets", { TOK_UNBLOCK, 1, 1, false, "08", NULL },
	    ERR_PIN_FORM },
	{ "probe and more", { TOK_PROBE, 1, 1, false, "9a00", NULL },
	    ERR_FORMAT },
	{ "9E signs", { TOK_SIGN, 1, 1, false, "9e0300000020" DIGEST, NULL },
	    ERR_OK },
	{ "9A needs the PIN",
	    { TOK_SIGN, 1, 1, false, "9a0300000020" DIGEST, NULL },
	    ERR_PIN_NEEDED },
	{ "no such slot",
	    { TOK_SIGN, 1, 1, false, "9b0300000020" DIGEST, NULL },
	    ERR_ABSENT },
	{ "no data", { TOK_SIGN, 1, 1, false, "9e03", NULL }, ERR_FORMAT },
	{ "data over the end",
	    { TOK_SIGN, 1, 1, false, "9e0300000021" DIGEST, NULL },
	    ERR_FORMAT },
	{ "another mechanism",
	    { TOK_SIGN, 1, 1, false, "9e0200000020" DIGEST, NULL },
	    ERR_UNSUPPORTED },
	{ "9D does not sign",
	    { TOK_SIGN, 1, 1, false, "9d0300000020" DIGEST, NULL },
	    ERR_UNSUPPORTED },
	{ "9E does not decrypt",
	    { TOK_DECRYPT, 1, 1, false, "9e0000000020" DIGEST, NULL },
	    ERR_UNSUPPORTED },
	{ "change without secrets", { TOK_CHANGE_PIN, 1, 1, false, "06", NULL },
	    ERR_PIN_FORM },
	{ "change, length over the end",
	    { TOK_CHANGE_PIN, 1, 1, false, "0d", "123456654321" },
	    ERR_PIN_FORM },
	{ "change, no new one", { TOK_CHANGE_PIN, 1, 1, false, "06", "123456" },
	    ERR_PIN_FORM },
	{ "verify-sign without the flag",
	    { TOK_VERIFY_SIGN, 1, 1, true, "9a0300000020" DIGEST, "123456" },
	    ERR_FORMAT },
	{ "verify-sign with another flag",
	    { TOK_VERIFY_SIGN, 1, 1, true, "9a0300000020" DIGEST "02",
		"123456" },
	    ERR_FORMAT },
	{ "verify-sign",
	    { TOK_VERIFY_SIGN, 1, 1, true, "9a0300000020" DIGEST "00",
		"123456" },
	    ERR_OK },
	{ "probe", { TOK_PROBE, 1, 1, false, "9a", NULL }, ERR_OK },
	{ "probe of nothing", { TOK_PROBE, 1, 1, false, "", NULL },
	    ERR_FORMAT },
	{ "change", { TOK_CHANGE_PIN, 1, 1, false, "06", "123456654321" },
	    ERR_OK },
	{ "unblock", { TOK_UNBLOCK, 1, 1, false, "08", "12345678123456" },
	    ERR_OK },
};

TEST(requests_get_what_the_protocol_says)
{
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	for (size_t i = 0; i < nitems(rows); i++)
		EXPECT_ERR(
		    rows[i].want, ask(&r, &rows[i].q, NULL), rows[i].why);
	assert_int_equal(vcard_tries(r.vcard, 0x80), 3);
	rig_close(&r);
}

TEST(a_login_is_answered_with_its_apdus)
{
	static const struct ask q = { TOK_VERIFY_SIGN, 1, 1, false,
		"9a0300000020" DIGEST "00", "123456" };
	CLEANUP(buf_done) struct buf rest = BUF_INIT(1024);
	struct span body, sig;
	uint16_t apdus;
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_OK(ask(&r, &q, &rest));
	body = buf_span(&rest);
	EXPECT_OK(msg_get_bytes(&body, 200, &sig));
	EXPECT_OK(span_u16(&body, &apdus));
	EXPECT_OK(span_end(body));
	assert_true(sig.n > 60);
	assert_int_equal(apdus, 2);
	rig_close(&r);
}

TEST(the_ninth_byte_says_whether_the_last_try_may_go)
{
	struct ask q = { TOK_LOGIN, 1, 1, false, NULL, "999991" };
	struct rig r;

	rig_setup(&r, 0, VCARD_P256);
	EXPECT_ERR(ERR_PIN_WRONG, ask(&r, &q, NULL), "first");
	q.secret = "999992";
	EXPECT_ERR(ERR_PIN_WRONG, ask(&r, &q, NULL), "second");
	q.secret = "123456";
	EXPECT_ERR(ERR_DENIED, ask(&r, &q, NULL), "without");
	q.last = true;
	EXPECT_OK(ask(&r, &q, NULL));
	rig_close(&r);
}

TEST_MAIN("tokend/request")
