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
static struct reader_list
list(const char *letters)
{
	struct reader_list l = { .n = strlen(letters) };

	for (size_t i = 0; i < l.n; i++) {
		struct reader_conf *r = &l.readers[i];

		r->name[0] = (char)(letters[i] | 0x20);
		r->device[0] = letters[i];
		(void)snprintf(r->library, sizeof(r->library), "/lib.so");
	}
	return l;
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
		{ "as many as there may be, the same", "aaaaaaaaaaaaaaaa",
		    "-0 -1 -2 +0 +1 +2 +3 +4 +5 +6 +7 +8 +9 +10 +11 +12 +13 "
		    "+14 +15 ",
		    16 },
		{ "others in the place of all but one", "abcdefghijklmnop",
		    "-1 -2 -3 -4 -5 -6 -7 -8 -9 -10 -11 -12 -13 -14 -15 "
		    "+1 +2 +3 +4 +5 +6 +7 +8 +9 +10 +11 +12 +13 +14 +15 ",
		    16 },
	};
	static struct reader_list now;
	struct reader_list fresh;

	now = list("abc");
	for (size_t i = 0; i < nitems(rows); i++) {
		heard[0] = '\0';
		fresh = list(rows[i].fresh);
		drivers_merge(&now, &fresh, hear, NULL);
		if (strcmp(heard, rows[i].told) != 0 || now.n != rows[i].n)
			fail_msg("%s: %s, %zu", rows[i].why, heard, now.n);
	}
}

TEST_MAIN("scsd/drivers")
