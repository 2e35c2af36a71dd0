/* SPDX-License-Identifier: BSD-2-Clause */
/* The requests byte by byte, and what becomes of the answers. */
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/token-proto.h"
#include "keychain/test-pair.h"

#define CARD 0x0102030405060708u
#define B(text) ((struct scs_bytes){ (text), sizeof(text) - 1 })
#define NONE ((struct scs_bytes){ NULL, 0 })
#define CARD_BYTES "\1\2\3\4\5\6\7\x8"

/* The answer waits in the socket before the question comes. */
static void
will_say(struct pair *p, struct span body)
{
	CLEANUP(msg_done) struct msg m;

	msg_init(&m, TOK_ANSWER);
	buf_put(&m.body, body);
	EXPECT_OK(msg_send(p->service, &m, deadline_in(1000)));
}

#define WILL_SAY(p, text) will_say((p), span_from((text), sizeof(text) - 1))

static void
was_asked(struct pair *p, uint16_t type, struct span body, const char *secret)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	EXPECT_OK(msg_recv(p->service, &m, deadline_in(1000)));
	assert_int_equal(m.type, type);
	assert_int_equal(m.body.n, body.n);
	assert_memory_equal(m.body.p, body.p, body.n);
	assert_int_equal(secret_len(m.secret), strlen(secret));
	if (m.secret != NULL)
		assert_memory_equal(
		    secret_bytes(m.secret), secret, strlen(secret));
}

#define WAS_ASKED(p, type, body, secret) \
	was_asked((p), (type), span_from((body), sizeof(body) - 1), (secret))

static void
was_asked_nothing(struct pair *p)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	EXPECT_ERR(ERR_TIMEOUT, msg_recv(p->service, &m, deadline_in(0)),
	    "nothing was sent");
}

TEST(use_login_sends_the_pin_as_secret)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	int tries = 77;

	WILL_SAY(&p, "\0\0");
	assert_int_equal(scs_login(p.s, CARD, B("123456"), &tries), SCS_OK);
	assert_int_equal(tries, 77);
	WAS_ASKED(&p, TOK_LOGIN, CARD_BYTES, "123456");
	WILL_SAY(&p, "\0\x0c\0\0\0\x02no\x02");
	assert_int_equal(
	    scs_login(p.s, CARD, B("654321"), &tries), SCS_PIN_WRONG);
	assert_int_equal(tries, 2);
	assert_string_equal(scs_reason(p.s), "no");
	WAS_ASKED(&p, TOK_LOGIN, CARD_BYTES, "654321");
	WILL_SAY(&p, "\0\x0c\0\0\0\x02no\xff");
	assert_int_equal(
	    scs_login(p.s, CARD, B("654321"), &tries), SCS_PIN_WRONG);
	assert_int_equal(tries, -1);
	WAS_ASKED(&p, TOK_LOGIN, CARD_BYTES, "654321");
	was_asked_nothing(&p);
}

TEST(use_pin_pad_sends_no_secret)
{
	CLEANUP(pair_done) struct pair p = pair_new();

	WILL_SAY(&p, "\0\0");
	assert_int_equal(scs_login(p.s, CARD, NONE, NULL), SCS_OK);
	WAS_ASKED(&p, TOK_LOGIN, CARD_BYTES, "");
	WILL_SAY(&p, "\0\0");
	assert_int_equal(scs_change_pin(p.s, CARD, NONE, NONE, NULL), SCS_OK);
	WAS_ASKED(&p, TOK_CHANGE_PIN, CARD_BYTES "\0", "");
}

TEST(use_two_secrets_are_told_apart)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	int tries = 0;

	WILL_SAY(&p, "\0\0");
	assert_int_equal(
	    scs_change_pin(p.s, CARD, B("123456"), B("7777777"), &tries),
	    SCS_OK);
	WAS_ASKED(&p, TOK_CHANGE_PIN, CARD_BYTES "\6", "1234567777777");
	WILL_SAY(&p, "\0\x0d\0\0\0\0\0");
	assert_int_equal(
	    scs_unblock(p.s, CARD, B("12345678"), B("123456"), &tries),
	    SCS_PIN_BLOCKED);
	WAS_ASKED(&p, TOK_UNBLOCK, CARD_BYTES "\x8", "12345678123456");
}

TEST(use_what_cannot_be_a_pin_is_not_sent)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	static const struct {
		size_t a, b;
	} rows[] = { { 65, 0 }, { 256, 0 }, { 300, 0 }, { 60, 5 }, { 1, 64 },
		{ 257, 1 }, { 8, 300 } };
	char text[300];

	memset(text, '1', sizeof(text));
	for (size_t i = 0; i < nitems(rows); i++) {
		struct scs_bytes a = { text, rows[i].a },
				 b = { text, rows[i].b };

		assert_int_equal(
		    scs_change_pin(p.s, CARD, a, b, NULL), SCS_PIN_FORM);
		assert_int_equal(
		    scs_unblock(p.s, CARD, a, b, NULL), SCS_PIN_FORM);
		if (rows[i].b == 0)
			assert_int_equal(
			    scs_login(p.s, CARD, a, NULL), SCS_PIN_FORM);
	}
	assert_int_equal(
	    scs_login(p.s, CARD, (struct scs_bytes){ NULL, 6 }, NULL),
	    SCS_INVALID);
	was_asked_nothing(&p);
}

TEST(use_tries_are_one_byte)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	int tries = 55;

	WILL_SAY(&p, "\0\0\3");
	assert_int_equal(scs_tries(p.s, CARD, &tries), SCS_OK);
	assert_int_equal(tries, 3);
	WILL_SAY(&p, "\0\0\xff");
	assert_int_equal(scs_tries(p.s, CARD, &tries), SCS_OK);
	assert_int_equal(tries, -1);
	tries = 55;
	WILL_SAY(&p, "\0\0");
	assert_int_equal(scs_tries(p.s, CARD, &tries), SCS_INVALID);
	WILL_SAY(&p, "\0\0\3\3");
	assert_int_equal(scs_tries(p.s, CARD, &tries), SCS_INVALID);
	assert_int_equal(tries, 55);
}

TEST(use_sign_gives_the_answer_or_says_how_long_it_is)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	struct scs_key key = { CARD, 0x9c };
	uint8_t room[3] = { 9, 9, 9 };
	struct scs_answer out = { room, sizeof(room), 99 };

	WILL_SAY(&p, "\0\0\0\0\0\3sig");
	assert_int_equal(
	    scs_sign(p.s, &key, SCS_ECDSA, B("hash"), B("123456"), &out),
	    SCS_OK);
	assert_int_equal(out.len, 3);
	assert_memory_equal(room, "sig", 3);
	WAS_ASKED(&p, TOK_SIGN, CARD_BYTES "\x9c\3\0\0\0\4hash", "123456");
	key.slot = 0x9a;
	WILL_SAY(&p, "\0\0\0\0\0\4long");
	assert_int_equal(
	    scs_sign(p.s, &key, SCS_ECDSA, B("hash"), NONE, &out), SCS_INVALID);
	assert_int_equal(out.len, 4);
	assert_memory_equal(room, "sig", 3);
	WAS_ASKED(&p, TOK_SIGN, CARD_BYTES "\x9a\3\0\0\0\4hash", "");
	key.slot = 0x19a;
	assert_int_equal(
	    scs_sign(p.s, &key, SCS_ECDSA, B("hash"), NONE, &out), SCS_INVALID);
	assert_int_equal(
	    scs_sign(p.s, NULL, SCS_ECDSA, B("hash"), NONE, &out), SCS_INVALID);
	was_asked_nothing(&p);
}

TEST(use_decrypt_and_derive)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	struct scs_key key = { CARD, 0x9d };
	uint8_t room[8];
	struct scs_answer out = { room, sizeof(room), 0 };

	WILL_SAY(&p, "\0\0\0\0\0\2ab");
	assert_int_equal(scs_decrypt(p.s, &key, B("xyz"), NONE, &out), SCS_OK);
	assert_int_equal(out.len, 2);
	WAS_ASKED(&p, TOK_DECRYPT, CARD_BYTES "\x9d\1\0\0\0\3xyz", "");
	WILL_SAY(&p, "\0\x0f\0\0\0\3PIN\xff");
	assert_int_equal(scs_derive(p.s, &key, B("\4xy"), B("123456"), &out),
	    SCS_PIN_NEEDED);
	WAS_ASKED(&p, TOK_DERIVE, CARD_BYTES "\x9d\0\0\0\0\3\4xy", "123456");
	assert_int_equal(out.len, 2);
}

TEST(use_an_answer_of_the_wrong_shape_is_none)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	struct scs_key key = { CARD, 0x9d };
	uint8_t room[8] = { 0 };
	struct scs_answer out = { room, sizeof(room), 7 };
	const struct scs_bytes said[] = {
		B("\0\0\0\0\0\3ab"),
		B("\0\0\0\0\0\1ab"),
		B("\0\0\0\0\4\1"),
		B("\0\0"),
	};

	WILL_SAY(&p, "\0\0x");
	assert_int_equal(scs_logout(p.s, CARD), SCS_INVALID);
	for (size_t i = 0; i < nitems(said); i++) {
		will_say(&p, span_from(said[i].p, said[i].n));
		assert_int_equal(
		    scs_derive(p.s, &key, B("\4xy"), NONE, &out), SCS_INVALID);
	}
	assert_int_equal(out.len, 7);
}

TEST_MAIN("keychain/use")
