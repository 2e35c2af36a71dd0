/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/auth-answer.h"

#include "ipc/msg.h"
#include "test.h"

/* Every proper beginning of a good body is refused, and so is a byte after. */
static void
refuse_cut_and_longer(struct buf *good, err_t (*parse)(struct span body))
{
	EXPECT_OK(parse(buf_span(good)));
	for (size_t n = 0; n < good->n; n++)
		EXPECT_ERR(
		    ERR_SHORT, parse(span_first(buf_span(good), n)), "cut");
	buf_put_u8(good, 0);
	EXPECT_ERR(ERR_FORMAT, parse(buf_span(good)), "one byte too many");
}

static err_t
parse_choice(struct span body)
{
	struct answer_users c;

	return answer_choice(body, &c);
}

static err_t
parse_prompt(struct span body)
{
	struct answer_prompt p;

	return answer_prompt(body, &p);
}

static err_t
parse_result(struct span body)
{
	struct answer_result r;

	return answer_result(body, &r);
}

static err_t
parse_users(struct span body)
{
	struct answer_users u;

	return answer_users(body, &u);
}

static err_t
parse_pair(struct span body)
{
	struct answer_pair p;

	return answer_pair(body, &p);
}

static void
put_prompt(struct buf *b, const char *user, uint8_t tries, uint8_t last)
{
	msg_put_str(b, user);
	msg_put_str(b, "Certificate For PIV Authentication (demo)");
	buf_put_u8(b, tries);
	buf_put_u8(b, last);
	msg_put_str(b, "");
}

static void
put_result(struct buf *b, uint16_t verdict, const char *reason)
{
	buf_put_u16(b, verdict);
	msg_put_str(b, "demo");
	msg_put_str(b, reason);
	msg_put_str(b, "com.apple.pivtoken:00");
	buf_put_u16(b, 2);
}

static void
put_pair(struct buf *b, uint16_t verdict)
{
	buf_put_u16(b, verdict);
	msg_put_str(b, "");
	msg_put_str(b, "A");
	buf_put_u8(b, PAIR_NO_KEYRING_KEY);
}

TEST(answers_are_whole_or_refused)
{
	CLEANUP(buf_done) struct buf c = BUF_INIT(4096);
	CLEANUP(buf_done) struct buf p = BUF_INIT(4096);
	CLEANUP(buf_done) struct buf r = BUF_INIT(4096);
	CLEANUP(buf_done) struct buf pair = BUF_INIT(4096);

	buf_put_u16(&c, 2);
	msg_put_str(&c, "alice");
	msg_put_str(&c, "bob");
	refuse_cut_and_longer(&c, parse_choice);
	buf_trim(&c, c.n - 1);
	refuse_cut_and_longer(&c, parse_users);
	put_prompt(&p, "demo", 3, 0);
	refuse_cut_and_longer(&p, parse_prompt);
	put_result(&r, VERDICT_OK, "");
	refuse_cut_and_longer(&r, parse_result);
	put_pair(&pair, VERDICT_OK);
	refuse_cut_and_longer(&pair, parse_pair);
}

TEST(users_are_sixteen_at_most_and_a_choice_is_of_one_at_least)
{
	static const struct {
		const char *why, *name;
		uint16_t count, put;
		err_t want;
	} rows[] = {
		{ "none", "u", 0, 0, ERR_OK },
		{ "one", "u", 1, 1, ERR_OK },
		{ "sixteen", "u", 16, 16, ERR_OK },
		{ "seventeen", "u", 17, 17, ERR_LIMIT },
		{ "65535 promised", "u", 65535, 16, ERR_LIMIT },
		{ "one missing", "u", 16, 15, ERR_SHORT },
		{ "one too many", "u", 1, 2, ERR_FORMAT },
		{ "no name", "", 1, 1, ERR_FORMAT },
		{ "line feed", "a\nb", 1, 1, ERR_FORMAT },
		{ "not UTF-8", "\xff", 1, 1, ERR_FORMAT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(4096);

		buf_put_u16(&b, rows[i].count);
		for (unsigned int k = 0; k < rows[i].put; k++)
			msg_put_str(&b, rows[i].name);
		EXPECT_ERR(
		    rows[i].want, parse_users(buf_span(&b)), rows[i].why);
		EXPECT_ERR(rows[i].count == 0 ? ERR_LIMIT : rows[i].want,
		    parse_choice(buf_span(&b)), rows[i].why);
	}
}

TEST(values_are_what_was_written)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	struct answer_users u = { .n = 77 };
	struct answer_pair p;

	EXPECT_ERR(ERR_SHORT, answer_users(SPAN_NONE, &u), "nothing");
	assert_int_equal(u.n, 77); /* untouched */
	buf_put_u16(&b, 2);
	msg_put_str(&b, "alice");
	msg_put_str(&b, "bob");
	EXPECT_OK(answer_users(buf_span(&b), &u));
	assert_int_equal(u.n, 2);
	assert_string_equal(u.users[0], "alice");
	assert_string_equal(u.users[1], "bob");
	buf_reset(&b);
	put_pair(&b, VERDICT_OK);
	EXPECT_OK(answer_pair(buf_span(&b), &p));
	assert_int_equal(p.verdict, VERDICT_OK);
	assert_string_equal(p.label, "A");
	assert_int_equal(p.notes, PAIR_NO_KEYRING_KEY);
}

TEST(prompt_with_one_try_is_the_last_whatever_it_says)
{
	static const struct {
		const char *why;
		uint8_t tries, last;
		err_t want;
		bool is_last;
	} rows[] = {
		{ "three tries", 3, 0, ERR_OK, false },
		{ "unknown tries", 0xff, 0, ERR_OK, false },
		{ "unknown, said last", 0xff, 1, ERR_OK, true },
		{ "one try, not said", 1, 0, ERR_OK, true },
		{ "one try, said", 1, 1, ERR_OK, true },
		{ "neither yes nor no", 3, 2, ERR_FORMAT, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
		struct answer_prompt p = { 0 };

		put_prompt(&b, "demo", rows[i].tries, rows[i].last);
		EXPECT_ERR(
		    rows[i].want, answer_prompt(buf_span(&b), &p), rows[i].why);
		assert_int_equal(p.last, rows[i].is_last);
	}
}

TEST(prompt_needs_a_user)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);

	put_prompt(&b, "", 3, 0);
	EXPECT_ERR(ERR_FORMAT, parse_prompt(buf_span(&b)), "no user");
}

TEST(result_with_a_number_nobody_knows_is_internal)
{
	for (uint32_t v = 0; v <= UINT16_MAX; v++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
		struct answer_result r;
		struct answer_pair p;

		put_result(&b, (uint16_t)v, "");
		EXPECT_OK(answer_result(buf_span(&b), &r));
		assert_int_equal(
		    r.verdict, v < VERDICT_COUNT_ ? v : VERDICT_INTERNAL);
		buf_reset(&b);
		put_pair(&b, (uint16_t)v);
		EXPECT_OK(answer_pair(buf_span(&b), &p));
		assert_int_equal(p.verdict, r.verdict);
	}
}

TEST(strings_longer_than_their_cap_are_refused)
{
	char text[AUTH_TEXT_MAX + 1];
	CLEANUP(buf_done) struct buf fits = BUF_INIT(4096);
	CLEANUP(buf_done) struct buf over = BUF_INIT(4096);

	memset(text, 'x', sizeof(text));
	text[AUTH_TEXT_MAX] = '\0';
	put_result(&over, VERDICT_REFUSED, text);
	EXPECT_ERR(ERR_LIMIT, parse_result(buf_span(&over)), "512");
	text[AUTH_TEXT_MAX - 1] = '\0';
	put_result(&fits, VERDICT_REFUSED, text);
	EXPECT_ERR(ERR_OK, parse_result(buf_span(&fits)), "511");
}

TEST_MAIN("ipc/auth-answer")
