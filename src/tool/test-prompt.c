/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/prompt.h"

#include <unistd.h>

#include "test.h"

static enum prompt_step
type(struct prompt_line *l, uint8_t *room, const char *keys, size_t n)
{
	enum prompt_step step = PROMPT_MORE;

	l->p = room;
	for (size_t i = 0; i < n && step == PROMPT_MORE; i++)
		step = prompt_byte(l, (uint8_t)keys[i]);
	return step;
}

TEST(prompt_keys_edit_a_line)
{
	/* clang-format off */
	static const struct {
		const char *keys, *left;
		enum prompt_step step;
	} rows[] = {
		{ "123456\r", "123456", PROMPT_END },
		{ "123456\n", "123456", PROMPT_END },
		{ "12x\x7f" "3\r", "123", PROMPT_END },
		{ "12x\x08" "3\r", "123", PROMPT_END },
		{ "\x7f\x7f" "1\r", "1", PROMPT_END },
		{ "wrong\x15" "1\r", "1", PROMPT_END },
		{ "12\x03", "12", PROMPT_CANCEL },
		{ "\x04", "", PROMPT_CANCEL },
		{ "\r", "", PROMPT_END },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(rows); i++) {
		uint8_t room[PROMPT_SECRET_MAX];
		struct prompt_line l = { .edit = true };

		assert_int_equal(
		    type(&l, room, rows[i].keys, strlen(rows[i].keys)),
		    rows[i].step);
		assert_int_equal(l.n, strlen(rows[i].left));
		assert_memory_equal(room, rows[i].left, l.n);
	}
}

TEST(prompt_erased_bytes_are_wiped)
{
	uint8_t room[PROMPT_SECRET_MAX] = { 0 };
	struct prompt_line l = { .edit = true };

	(void)type(&l, room, "12345\x15", 6);
	assert_memory_equal(room, "\0\0\0\0\0", 5);
}

TEST(prompt_line_of_a_file_is_taken_as_it_is)
{
	uint8_t room[PROMPT_SECRET_MAX];
	struct prompt_line l = { 0 };

	assert_int_equal(type(&l, room, "a\x7f\x03\r\n", 5), PROMPT_END);
	assert_int_equal(l.n, 4);
	assert_memory_equal(room, "a\x7f\x03\r", 4);
}

TEST(prompt_what_is_too_long_is_not_cut_to_fit)
{
	char keys[PROMPT_SECRET_MAX + 2];
	uint8_t room[PROMPT_SECRET_MAX];
	struct prompt_line l = { 0 };

	memset(keys, '1', sizeof(keys));
	keys[PROMPT_SECRET_MAX] = '\n';
	assert_int_equal(
	    type(&l, room, keys, PROMPT_SECRET_MAX + 1), PROMPT_END);
	l = (struct prompt_line){ 0 };
	keys[PROMPT_SECRET_MAX] = '1';
	keys[PROMPT_SECRET_MAX + 1] = '\n';
	assert_int_equal(
	    type(&l, room, keys, PROMPT_SECRET_MAX + 2), PROMPT_TOO_LONG);
}

/* Standard input becomes this text. */
static void
feed(const char *text)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(
	    write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

TEST(prompt_reads_one_line_a_secret)
{
	CLEANUP(secret_free) struct secret *a = NULL, *b = NULL, *c = NULL;
	struct why why = { 0 };

	feed("123456\n654321");
	EXPECT_OK(prompt_secret("", &a, &why));
	EXPECT_OK(prompt_secret("", &b, &why));
	EXPECT_SPAN(secret_span(a), "123456");
	EXPECT_SPAN(secret_span(b), "654321");
	EXPECT_ERR(ERR_PIN_NEEDED, prompt_secret("", &c, &why), "the end");
	assert_null(c);
	feed("\n");
	EXPECT_ERR(ERR_PIN_NEEDED, prompt_secret("", &c, &why), "empty line");
}

TEST(prompt_yes_needs_a_terminal)
{
	feed("yes\n");
	assert_false(prompt_yes("sure? "));
}

TEST_MAIN("tool/prompt")
