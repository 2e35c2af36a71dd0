/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/drivers.h"

#include "test.h"

static char heard[256];

static void
hear(size_t number, bool present, void *ctx UNUSED)
{
	size_t n = strlen(heard);

	(void)snprintf(heard + n, sizeof(heard) - n, "%c%zu ",
	    present ? '+' : '-', number);
}

/* One for each letter; a capital one has another device. */
static void
list(const char *letters, struct reader_list *l)
{
	*l = (struct reader_list){ .n = strlen(letters) };
	for (size_t i = 0; i < l->n; i++) {
		struct reader_conf *r = &l->readers[i];

		r->name[0] = (char)(letters[i] | 0x20);
		r->device[0] = letters[i];
		(void)snprintf(r->library, sizeof(r->library), "/lib.so");
	}
}

TEST(a_reader_keeps_its_number_until_it_has_gone)
{
	static const struct {
		const char *why, *fresh, *told;
		size_t n;
	} rows[] = {
		{ "nothing new", "abc", "", 3 },
		{ "another order", "cba", "", 3 },
		{ "one goes", "ac", "-1 ", 3 },
		{ "one takes its place, one comes behind", "acde", "+1 +3 ",
		    4 },
		{ "one has another device", "Acde", "-0 +0 ", 4 },
		{ "all go", "", "-0 -1 -2 -3 ", 4 },
		{ "and come", "xyz", "+0 +1 +2 ", 4 },
		{ "many, the same", "aaaaaaaaaaaaaaaa",
		    "-0 -1 -2 +0 +1 +2 +3 +4 +5 +6 +7 +8 +9 +10 +11 +12 +13 "
		    "+14 +15 ",
		    16 },
		{ "others in the place of all but one", "abcdefghijklmnop",
		    "-1 -2 -3 -4 -5 -6 -7 -8 -9 -10 -11 -12 -13 -14 -15 "
		    "+1 +2 +3 +4 +5 +6 +7 +8 +9 +10 +11 +12 +13 +14 +15 ",
		    16 },
	};
	static struct reader_list now, fresh;

	list("abc", &now);
	for (size_t i = 0; i < nitems(rows); i++) {
		heard[0] = '\0';
		list(rows[i].fresh, &fresh);
		drivers_merge(&now, &fresh, hear, NULL);
		if (strcmp(heard, rows[i].told) != 0 || now.n != rows[i].n)
			fail_msg("%s: %s, %zu", rows[i].why, heard, now.n);
	}
}

static size_t came, left;

static void
count(size_t number, bool present, void *ctx UNUSED)
{
	assert_true(number < READER_CONF_MAX);
	came += present ? 1 : 0;
	left += present ? 0 : 1;
}

static void
fill(uint32_t first, struct reader_list *l)
{
	*l = (struct reader_list){ .n = READER_CONF_MAX };
	for (uint32_t i = 0; i < READER_CONF_MAX; i++) {
		l->readers[i].channel = first + i;
		l->readers[i].library[0] = '/';
	}
}

TEST(as_many_as_there_may_be_make_room_for_as_many_others)
{
	static struct reader_list now, fresh;

	fill(0, &now);
	fill(READER_CONF_MAX / 2, &fresh);
	drivers_merge(&now, &fresh, count, NULL);
	assert_int_equal(left, READER_CONF_MAX / 2);
	assert_int_equal(came, READER_CONF_MAX / 2);
	assert_int_equal(now.n, READER_CONF_MAX);
}

TEST_MAIN("scsd/drivers")
