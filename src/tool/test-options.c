/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/options.h"

#include "test.h"

#define WORDS_MAX 16

struct parsed {
	const char *user, *prefix;
	bool verbose, all;
	int next;
	struct why why;
	char line[128]; /* the words, each terminated */
};

/* `line` is what follows the command's name, words separated by one blank. */
static err_t
parse(struct parsed *p, const char *line)
{
	const struct option_spec specs[] = {
		{ .letter = 'u', .name = "user", .value = &p->user },
		{ .name = "prefix", .value = &p->prefix },
		{ .letter = 'v', .flag = &p->verbose },
		{ .letter = 'a', .name = "all", .flag = &p->all },
	};
	char *argv[WORDS_MAX] = { p->line };
	int argc = 1;

	*p = (struct parsed){ 0 };
	(void)snprintf(p->line, sizeof(p->line), "x %s", line);
	for (char *at = p->line; *at != '\0'; at++) {
		if (*at != ' ')
			continue;
		*at = '\0';
		assert_true(argc < WORDS_MAX);
		argv[argc++] = at + 1;
	}
	return options_parse(
	    specs, nitems(specs), argc, argv, &p->next, &p->why);
}

TEST(options_every_way_to_write_them)
{
	struct parsed p;

	EXPECT_OK(parse(&p, "-u jane -va rest"));
	assert_string_equal(p.user, "jane");
	assert_true(p.verbose && p.all);
	assert_int_equal(p.next, 4);
	EXPECT_OK(parse(&p, "-ujane --prefix=/p --all"));
	assert_string_equal(p.user, "jane");
	assert_string_equal(p.prefix, "/p");
	assert_true(p.all);
	EXPECT_OK(parse(&p, "-vu jane"));
	assert_string_equal(p.user, "jane");
	EXPECT_OK(parse(&p, "--user= -- -v"));
	assert_string_equal(p.user, "");
	assert_int_equal(p.next, 3);
	assert_false(p.verbose);
	EXPECT_OK(parse(&p, "- -v"));
	assert_int_equal(p.next, 1);
	EXPECT_OK(parse(&p, "--user -v"));
	assert_string_equal(p.user, "-v");
}

TEST(options_refuse_and_name_the_option)
{
	static const struct {
		const char *line, *named;
	} rows[] = {
		{ "-x", "-x:" },
		{ "-vx", "-x:" },
		{ "--nothing", "--nothing:" },
		{ "--us jane", "--us:" },
		{ "-u", "-u:" },
		{ "--prefix", "--prefix:" },
		{ "--all=yes", "--all=yes:" },
		{ "-v -v", "-v:" },
		{ "-u a -u b", "-u:" },
		{ "-u a --user=b", "--user=b:" },
		{ "--user -v -vu x", "-u:" },
		{ "--=x", "--=x:" },
	};
	struct parsed p;

	for (size_t i = 0; i < nitems(rows); i++) {
		EXPECT_ERR(ERR_FORMAT, parse(&p, rows[i].line), rows[i].line);
		if (strncmp(p.why.text, rows[i].named, strlen(rows[i].named)) !=
		    0)
			fail_msg("%s: said \"%s\"", rows[i].line, p.why.text);
	}
}

TEST_MAIN("tool/options")
