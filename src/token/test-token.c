/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/token.h"

#include "test.h"

static struct token *
sample(void)
{
	struct token_item *item;
	struct token *t;

	EXPECT_OK(token_new(&t));
	t->insertion = 7;
	(void)snprintf(t->id, sizeof(t->id), "com.example:1");
	(void)snprintf(t->reader, sizeof(t->reader), "Reader 00");
	EXPECT_OK(token_add_item(t, &item));
	item->slot = 0x9a;
	buf_put(&item->cert, span_str("certificate"));
	buf_put(&item->spki, span_str("key"));
	token_problem(t, "slot %02X: %s", 0x9c, "missing\n");
	return t;
}

TEST(what_is_put_passes_the_check)
{
	CLEANUP(token_free) struct token *t = sample();
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	struct span s, whole;
	uint64_t insertion;

	token_put(&b, t);
	EXPECT_OK(buf_status(&b));
	s = buf_span(&b);
	EXPECT_OK(token_check(&s, &whole, &insertion));
	assert_int_equal(s.n, 0);
	assert_int_equal(whole.n, b.n);
	assert_int_equal(insertion, 7);
}

TEST(a_token_that_is_cut_off_anywhere_is_refused)
{
	CLEANUP(token_free) struct token *t = sample();
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	struct span s, whole;
	uint64_t insertion;

	token_put(&b, t);
	for (size_t n = 0; n < b.n; n++) {
		s = span_first(buf_span(&b), n);
		if (token_check(&s, &whole, &insertion) == ERR_OK)
			fail_msg("taken with %zu of %zu bytes", n, b.n);
	}
}

TEST(counts_are_bounded_before_they_are_believed)
{
	CLEANUP(token_free) struct token *t = sample();
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	/* insertion, three strings, an empty ATR, three bytes, the count */
	size_t at = 8 + 4 + 13 + 4 + 9 + 4 + 4 + 3;
	struct span s, whole;
	uint64_t insertion;

	token_put(&b, t);
	assert_int_equal(b.p[at + 1], 1);
	b.p[at] = 0xff;
	s = buf_span(&b);
	EXPECT_ERR(
	    ERR_LIMIT, token_check(&s, &whole, &insertion), "65281 items");
}

/* What one client does not take would cost all cards their place with it. */
TEST(a_token_that_clients_do_not_take_is_refused)
{
	CLEANUP(token_free) struct token *t = sample();
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	CLEANUP(buf_done) struct buf nameless = BUF_INIT(4096);
	struct span s, whole;
	uint64_t insertion;

	t->pin_min = 9;
	t->pin_max = 8;
	token_put(&b, t);
	s = buf_span(&b);
	EXPECT_ERR(ERR_FORMAT, token_check(&s, &whole, &insertion), "9 to 8");
	t->pin_min = 6;
	t->id[0] = '\0';
	token_put(&nameless, t);
	s = buf_span(&nameless);
	EXPECT_ERR(ERR_FORMAT, token_check(&s, &whole, &insertion), "no id");
}

TEST(problems_are_cleaned_and_bounded)
{
	CLEANUP(token_free) struct token *t = sample();

	assert_string_equal(t->problems[0], "slot 9C: missing?");
	for (int i = 0; i < 100; i++)
		token_problem(t, "one more");
	assert_int_equal(t->problems_n, TOKEN_PROBLEMS_MAX);
}

TEST(items_are_bounded)
{
	CLEANUP(token_free) struct token *t = sample();
	struct token_item *item;
	err_t e = ERR_OK;

	while (e == ERR_OK)
		e = token_add_item(t, &item);
	EXPECT_ERR(ERR_LIMIT, e, "one too many");
	assert_int_equal(t->items_n, TOKEN_ITEMS_MAX);
	assert_non_null(token_find(t, 0x9a));
	assert_null(token_find(t, 0x9c));
}

TEST_MAIN("token/token")
