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

/* Before a PIN goes out: no card is being read, and none has a copy. */
static void
will_say_alone(struct pair *p)
{
	WILL_SAY(p, "\0\0\0\0\0\0");
	WILL_SAY(p, "\0\0\0\0");
}

#define WILL_PRESENT(p, text) (will_say_alone(p), WILL_SAY((p), text))

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

#define WAS_ASKED_IF_ALONE(p) \
	(WAS_ASKED((p), TOK_SETTLED, "", ""), WAS_ASKED((p), TOK_LIST, "", ""))
#define WAS_PRESENTED(p, type, body, secret) \
	(WAS_ASKED_IF_ALONE(p), WAS_ASKED((p), (type), body, secret))

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

	WILL_PRESENT(&p, "\0\0");
	assert_int_equal(scs_login(p.s, CARD, B("123456"), &tries), SCS_OK);
	assert_int_equal(tries, 77);
	WAS_PRESENTED(&p, TOK_LOGIN, CARD_BYTES, "123456");
	WILL_PRESENT(&p, "\0\x0c\0\0\0\x02no\x02");
	assert_int_equal(
	    scs_login(p.s, CARD, B("654321"), &tries), SCS_PIN_WRONG);
	assert_int_equal(tries, 2);
	assert_string_equal(scs_reason(p.s), "no");
	WAS_PRESENTED(&p, TOK_LOGIN, CARD_BYTES, "654321");
	WILL_PRESENT(&p, "\0\x0c\0\0\0\x02no\xff");
	assert_int_equal(
	    scs_login(p.s, CARD, B("654321"), &tries), SCS_PIN_WRONG);
	assert_int_equal(tries, -1);
	WAS_PRESENTED(&p, TOK_LOGIN, CARD_BYTES, "654321");
	was_asked_nothing(&p);
}

TEST(use_pin_pad_sends_no_secret)
{
	CLEANUP(pair_done) struct pair p = pair_new();

	WILL_PRESENT(&p, "\0\0");
	assert_int_equal(scs_login(p.s, CARD, NONE, NULL), SCS_OK);
	WAS_PRESENTED(&p, TOK_LOGIN, CARD_BYTES, "");
	WILL_PRESENT(&p, "\0\0");
	assert_int_equal(scs_change_pin(p.s, CARD, NONE, NONE, NULL), SCS_OK);
	WAS_PRESENTED(&p, TOK_CHANGE_PIN, CARD_BYTES "\0", "");
}

TEST(use_two_secrets_are_told_apart)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	int tries = 0;

	WILL_PRESENT(&p, "\0\0");
	assert_int_equal(
	    scs_change_pin(p.s, CARD, B("123456"), B("7777777"), &tries),
	    SCS_OK);
	WAS_PRESENTED(&p, TOK_CHANGE_PIN, CARD_BYTES "\6", "1234567777777");
	WILL_PRESENT(&p, "\0\x0d\0\0\0\0\0");
	assert_int_equal(
	    scs_unblock(p.s, CARD, B("12345678"), B("123456"), &tries),
	    SCS_PIN_BLOCKED);
	WAS_PRESENTED(&p, TOK_UNBLOCK, CARD_BYTES "\x8", "12345678123456");
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

	WILL_PRESENT(&p, "\0\0\0\0\0\3sig");
	assert_int_equal(
	    scs_sign(p.s, &key, SCS_ECDSA, B("hash"), B("123456"), &out),
	    SCS_OK);
	assert_int_equal(out.len, 3);
	assert_memory_equal(room, "sig", 3);
	WAS_PRESENTED(&p, TOK_SIGN, CARD_BYTES "\x9c\3\0\0\0\4hash", "123456");
	key.slot = 0x9a;
	WILL_PRESENT(&p, "\0\0\0\0\0\4long");
	assert_int_equal(
	    scs_sign(p.s, &key, SCS_ECDSA, B("hash"), NONE, &out), SCS_INVALID);
	assert_int_equal(out.len, 4);
	assert_memory_equal(room, "sig", 3);
	WAS_PRESENTED(&p, TOK_SIGN, CARD_BYTES "\x9a\3\0\0\0\4hash", "");
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

	WILL_PRESENT(&p, "\0\0\0\0\0\2ab");
	assert_int_equal(scs_decrypt(p.s, &key, B("xyz"), NONE, &out), SCS_OK);
	assert_int_equal(out.len, 2);
	WAS_PRESENTED(&p, TOK_DECRYPT, CARD_BYTES "\x9d\1\0\0\0\3xyz", "");
	WILL_PRESENT(&p, "\0\x0f\0\0\0\3PIN\xff");
	assert_int_equal(scs_derive(p.s, &key, B("\4xy"), B("123456"), &out),
	    SCS_PIN_NEEDED);
	WAS_PRESENTED(
	    &p, TOK_DERIVE, CARD_BYTES "\x9d\0\0\0\0\3\4xy", "123456");
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
		will_say_alone(&p);
		will_say(&p, span_from(said[i].p, said[i].n));
		assert_int_equal(
		    scs_derive(p.s, &key, B("\4xy"), NONE, &out), SCS_INVALID);
	}
	assert_int_equal(out.len, 7);
}

/* A card with the keys 9A and 9C; `key`: the login key's hash. */
static void
put_card(struct buf *b, uint64_t insertion, const char *reader, uint8_t key)
{
	buf_put_u64(b, insertion);
	msg_put_str(b, key == 1 ? "com.example:one" : "com.example:two");
	msg_put_str(b, reader);
	msg_put_str(b, "com.example.driver");
	msg_put_bytes(b, SPAN_NONE);
	buf_put_u8(b, TOKEN_LOGIN);
	buf_put_u8(b, 6);
	buf_put_u8(b, 8);
	buf_put_u16(b, 2);
	for (uint8_t slot = 0x9a; slot <= 0x9c; slot += 2) {
		buf_put_u8(b, slot);
		msg_put_str(b, "certificate");
		msg_put_str(b, "key");
		buf_put_u32(b, SCS_PKHH_SIZE);
		for (int i = 0; i < SCS_PKHH_SIZE; i++)
			buf_put_u8(b, key);
		buf_put_u8(b, 0x11);
		buf_put_u16(b, 256);
		buf_put_u8(b, ITEM_KEY | (slot == 0x9a ? ITEM_LOGIN : 0));
		buf_put_u8(
		    b, slot == 0x9a ? PIN_POLICY_ONCE : PIN_POLICY_ALWAYS);
		msg_put_bytes(b, SPAN_NONE);
		msg_put_bytes(b, SPAN_NONE);
	}
	buf_put_u16(b, 0);
}

/* CARD, and another in "B" with this login key. */
static void
will_list(struct pair *p, uint8_t other)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(2000);

	buf_put_u16(&b, ERR_OK);
	buf_put_u16(&b, 2);
	put_card(&b, 2, "B", other);
	put_card(&b, CARD, "A", 1);
	EXPECT_OK(buf_status(&b));
	will_say(p, buf_span(&b));
}

/* Each call that may bring a PIN to the card, by its number. */
static int
present(struct scs *s, unsigned int which, uint8_t room[SCS_RESULT_MAX])
{
	struct scs_key sign = { CARD, 0x9c };
	struct scs_answer out = { room, SCS_RESULT_MAX, 0 };
	struct scs_bytes pin = B("123456");
	struct scs_bytes given = which % 2 != 0 ? pin : NONE;

	switch (which / 2) {
	case 0:
		return scs_login(s, CARD, given, NULL);
	case 1:
		return scs_change_pin(s, CARD, given, pin, NULL);
	case 2:
		return scs_unblock(s, CARD, given, pin, NULL);
	case 3:
		return scs_sign(s, &sign, SCS_ECDSA, pin, given, &out);
	case 4:
		return scs_decrypt(s, &sign, pin, given, &out);
	default:
		return scs_derive(s, &sign, pin, given, &out);
	}
}

#define PRESENT_CALLS 12u

TEST(use_no_pin_to_a_card_that_has_a_copy)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	uint8_t room[SCS_RESULT_MAX];

	for (unsigned int i = 0; i < PRESENT_CALLS; i++) {
		WILL_SAY(&p, "\0\0\0\0\0\0");
		will_list(&p, 1);
		assert_int_equal(present(p.s, i, room), SCS_DENIED);
		assert_non_null(strstr(scs_reason(p.s), "\"A\""));
		assert_non_null(strstr(scs_reason(p.s), "\"B\""));
		WAS_ASKED_IF_ALONE(&p);
		was_asked_nothing(&p);
	}
}

TEST(use_another_card_is_no_copy)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	uint8_t room[SCS_RESULT_MAX];

	WILL_SAY(&p, "\0\0\0\0\0\0");
	will_list(&p, 2);
	WILL_SAY(&p, "\0\0");
	assert_int_equal(present(p.s, 1, room), SCS_OK);
	WAS_PRESENTED(&p, TOK_LOGIN, CARD_BYTES, "123456");
}

/* Nobody is asked for what cannot be given away. */
TEST(use_of_a_key_without_its_pin_costs_one_question)
{
	CLEANUP(pair_done) struct pair p = pair_new();
	struct scs_key key = { CARD, 0x9a };
	uint8_t room[8];
	struct scs_answer out = { room, sizeof(room), 0 };
	const struct scs_token *all;
	size_t n;

	will_list(&p, 1);
	assert_int_equal(scs_list(p.s, &all, &n), SCS_OK);
	WAS_ASKED(&p, TOK_LIST, "", "");
	WILL_SAY(&p, "\0\0\0\0\0\3sig");
	assert_int_equal(
	    scs_sign(p.s, &key, SCS_ECDSA, B("hash"), NONE, &out), SCS_OK);
	WAS_ASKED(&p, TOK_SIGN, CARD_BYTES "\x9a\3\0\0\0\4hash", "");
	WILL_SAY(&p, "\0\0");
	assert_int_equal(scs_logout(p.s, CARD), SCS_OK);
	WAS_ASKED(&p, TOK_LOGOUT, CARD_BYTES, "");
	was_asked_nothing(&p);
}

TEST(use_one_time_limit_for_all_of_a_call)
{
	CLEANUP(pair_done) struct pair p = pair_new();

	scs_set_timeout(p.s, 30);
	WILL_SAY(&p, "\0\0\0\0\0\0");
	assert_int_equal(scs_login(p.s, CARD, B("123456"), NULL), SCS_TIMEOUT);
	WAS_ASKED_IF_ALONE(&p);
}

TEST_MAIN("keychain/use")
