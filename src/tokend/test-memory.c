/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/memory.h"

#include <string.h>

#include "ipc/token-proto.h"
#include "test.h"

static uint8_t told[MEMORY_BYTES];
static size_t told_n;

static void
on_changed(void *ctx UNUSED, const struct secret *key UNUSED, struct span bytes)
{
	memcpy(told, bytes.p, bytes.n);
	told_n = bytes.n;
}

static struct secret *
secret(const char *text)
{
	struct secret *s;

	EXPECT_OK(secret_from(span_str(text), &s));
	return s;
}

static bool
has(const struct memory *m, enum memory_of kind, const char *text)
{
	CLEANUP(secret_free) struct secret *s = secret(text);

	return memory_has(m, kind, s);
}

static void
presents(
    struct memory *m, enum memory_of kind, const char *text, unsigned int tries)
{
	CLEANUP(secret_free) struct secret *s = secret(text);

	EXPECT_OK(memory_presents(m, kind, s, tries));
}

static void
refuse(struct memory *m, enum memory_of kind, const char *text)
{
	presents(m, kind, text, 3);
	memory_answered(m, true);
}

static void
setup(struct memory *m)
{
	EXPECT_OK(memory_init(m));
	m->changed = on_changed;
}

TEST(what_was_refused_is_remembered_up_to_a_number)
{
	CLEANUP(memory_done) struct memory m;
	char text[16];

	setup(&m);
	for (unsigned int i = 0; i <= MEMORY_EACH; i++) {
		(void)snprintf(text, sizeof(text), "%06u", i);
		assert_false(has(&m, MEMORY_PINS, text));
		refuse(&m, MEMORY_PINS, text);
		refuse(&m, MEMORY_PINS, text);
		assert_true(has(&m, MEMORY_PINS, text));
	}
	assert_false(has(&m, MEMORY_PINS, "000000"));
	assert_true(has(&m, MEMORY_PINS, "000001"));
	assert_false(has(&m, MEMORY_PUKS, "000001"));
	memory_forget(&m, MEMORY_PINS);
	assert_false(has(&m, MEMORY_PINS, "000001"));
}

TEST(who_loads_it_knows_the_same_and_only_with_its_key)
{
	CLEANUP(memory_done) struct memory m, next, other;

	setup(&m);
	setup(&next);
	setup(&other);
	refuse(&m, MEMORY_PINS, "111111");
	refuse(&m, MEMORY_PUKS, "22222222");
	EXPECT_OK(memory_load(&next, m.key, span_from(told, told_n)));
	assert_true(has(&next, MEMORY_PINS, "111111"));
	assert_true(has(&next, MEMORY_PUKS, "22222222"));
	assert_false(has(&next, MEMORY_PINS, "123456"));
	EXPECT_OK(memory_load(&other, other.key, span_from(told, told_n)));
	assert_false(has(&other, MEMORY_PINS, "111111"));
}

TEST(a_doubt_ends_with_the_tries_that_are_left)
{
	static const struct {
		const char *why;
		enum memory_of kind;
		unsigned int before, after;
		bool refused;
	} rows[] = {
		{ "as many as before", MEMORY_PINS, 3, 3, false },
		{ "more", MEMORY_PINS, 2, 3, false },
		{ "one less", MEMORY_PINS, 3, 2, true },
		{ "none", MEMORY_PINS, 1, 0, true },
		{ "the card does not say", MEMORY_PINS, 3, TOKEN_TRIES_UNKNOWN,
		    true },
		{ "it has not said", MEMORY_PINS, TOKEN_TRIES_UNKNOWN, 3,
		    true },
		{ "a PUK", MEMORY_PUKS, 3, 3, true },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(memory_done) struct memory m, next;

		setup(&m);
		setup(&next);
		presents(&m, rows[i].kind, "33333333", rows[i].before);
		/* its worker is killed here */
		EXPECT_OK(memory_load(&next, m.key, span_from(told, told_n)));
		memory_tries(&next, rows[i].after);
		if (has(&next, rows[i].kind, "33333333") != rows[i].refused)
			fail_msg("%s", rows[i].why);
	}
}

TEST(bytes_are_taken_or_refused_whole)
{
	CLEANUP(memory_done) struct memory m, next;
	CLEANUP(secret_free) struct secret *brief = secret("key");
	size_t n;

	setup(&m);
	setup(&next);
	refuse(&m, MEMORY_PINS, "111111");
	n = told_n;
	for (size_t i = 0; i < n; i++)
		EXPECT_ERR(ERR_SHORT,
		    memory_load(&next, m.key, span_from(told, i)), "cut");
	told[n] = 0;
	EXPECT_ERR(ERR_FORMAT,
	    memory_load(&next, m.key, span_from(told, n + 1)), "a byte more");
	EXPECT_ERR(
	    ERR_FORMAT, memory_load(&next, NULL, span_from(told, n)), "no key");
	EXPECT_ERR(ERR_FORMAT, memory_load(&next, brief, span_from(told, n)),
	    "a short key");
	told[1] = MEMORY_KINDS;
	EXPECT_ERR(ERR_FORMAT, memory_load(&next, m.key, span_from(told, n)),
	    "no such kind");
	told[1] = 0;
	told[3 + MEMORY_MAC] = MEMORY_EACH + 1;
	EXPECT_ERR(ERR_FORMAT, memory_load(&next, m.key, span_from(told, n)),
	    "too many");
	assert_false(has(&next, MEMORY_PINS, "111111"));
}

TEST_MAIN("tokend/memory")
