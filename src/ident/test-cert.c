/* SPDX-License-Identifier: BSD-2-Clause */
#include "ident/cert.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "fault.h"
#include "ident/jail.h"
#include "ident/spki.h"
#include "test.h"

static struct buf p256, rsa;

static void
load(void)
{
	if (p256.n > 0)
		return;
	buf_init(&p256, CERT_MAX);
	buf_init(&rsa, CERT_MAX);
	EXPECT_OK(cert_init());
	EXPECT_OK(file_read(SEEDS "/p256.der", &p256));
	EXPECT_OK(file_read(SEEDS "/rsa-cardauth.der", &rsa));
}

TEST(a_certificate_has_these_facts)
{
	struct cert_facts f;

	load();
	EXPECT_OK(cert_parse(buf_span(&p256), &f, NULL));
	assert_string_equal(f.cn, "Jane Example");
	assert_int_equal(
	    f.eku, EKU_PRESENT | EKU_CLIENT_AUTH | EKU_SMARTCARD_LOGON);
	assert_int_equal(f.key_usage, KEY_USAGE_SIGNATURE);
	assert_int_equal(f.not_after - f.not_before, 7300 * 86400ll);
	assert_in_range(f.not_before, 1700000000, 2000000000);
	EXPECT_OK(cert_parse(buf_span(&rsa), &f, NULL));
	assert_int_equal(f.eku, EKU_PRESENT | EKU_CARD_AUTH);
	assert_int_equal(f.key_usage, KEY_USAGE_ABSENT);
}

TEST(the_child_finds_the_same_facts)
{
	struct cert_facts f = { 0 }, g = { 0 };
	struct why why = { 0 };
	err_t e;

	load();
	EXPECT_OK(cert_parse(buf_span(&p256), &f, NULL));
	e = cert_examine(buf_span(&p256), deadline_in(10000), &g, &why);
	EXPECT_ERR(ERR_OK, e, why.text);
	assert_string_equal(f.cn, g.cn);
	assert_int_equal(f.spki_n, g.spki_n);
	assert_memory_equal(f.spki, g.spki, f.spki_n);
	assert_int_equal(f.not_after, g.not_after);
}

TEST(only_exactly_one_certificate_is_one)
{
	CLEANUP(buf_done) struct buf more = BUF_INIT(CERT_MAX);
	struct cert_facts f;
	struct why why = { 0 };

	load();
	buf_put(&more, buf_span(&p256));
	buf_put_u8(&more, 0);
	EXPECT_ERR(ERR_FORMAT, cert_parse(buf_span(&more), &f, NULL),
	    "a byte after it");
	EXPECT_ERR(ERR_FORMAT, cert_parse(SPAN_NONE, &f, NULL), "nothing");
	for (size_t n = 0; n < p256.n; n++)
		EXPECT_ERR(ERR_FORMAT,
		    cert_parse(span_first(buf_span(&p256), n), &f, NULL),
		    "cut short");
	EXPECT_ERR(ERR_FORMAT,
	    cert_examine(
		span_first(buf_span(&p256), 100), deadline_in(10000), &f, &why),
	    "cut short, in the child");
	assert_non_null(strstr(why.text, "not a certificate"));
	EXPECT_ERR(ERR_LIMIT,
	    cert_examine(SPAN_NONE, deadline_in(10000), &f, &why), "nothing");
}

TEST(what_the_child_says_is_not_believed)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(CERT_FACTS_MAX);
	struct cert_facts f, g;

	load();
	EXPECT_OK(cert_parse(buf_span(&p256), &f, NULL));
	cert_facts_build(&f, &b);
	EXPECT_OK(cert_facts_parse(buf_span(&b), &g));
	for (size_t n = 0; n < b.n; n++)
		assert_int_not_equal(
		    cert_facts_parse(span_first(buf_span(&b), n), &g), ERR_OK);
	buf_put_u8(&b, 0);
	EXPECT_ERR(ERR_FORMAT, cert_facts_parse(buf_span(&b), &g),
	    "a byte after them");
	buf_trim(&b, b.n - 1);
	b.p[2] = 0x07; /* of the name */
	EXPECT_ERR(ERR_FORMAT, cert_facts_parse(buf_span(&b), &g),
	    "a control character in the name");
	f.eku = EKU_ALL_ + 1;
	buf_reset(&b);
	cert_facts_build(&f, &b);
	EXPECT_ERR(ERR_FORMAT, cert_facts_parse(buf_span(&b), &g),
	    "a usage that does not exist");
}

/* Run a call in a jailed child; how did the child end? */
static int
jailed(void (*call)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (jail_compute_only(1) != ERR_OK)
			_exit(9);
		call();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
compute(void)
{
	void *volatile p = malloc(100000);

	free(p);
}

static void
fork_away(void)
{
	(void)fork();
}

static void
open_file(void)
{
	(void)!access("/etc/passwd", R_OK);
}

static void
write_elsewhere(void)
{
	(void)!write(2, "", 0);
}

static void
kill_somebody(void)
{
	(void)kill(1, 0);
}

TEST(the_jail_lets_compute_and_nothing_else)
{
	static const struct {
		const char *why;
		void (*call)(void);
		bool killed;
	} rows[] = {
		{ "computing", compute, false },
		{ "another process", fork_away, true },
		{ "a file", open_file, true },
		{ "another descriptor", write_elsewhere, true },
		{ "a signal", kill_somebody, true },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		int status = jailed(rows[i].call);
		bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;

		if (killed != rows[i].killed)
			fail_msg(
			    "%s: status %x", rows[i].why, (unsigned int)status);
	}
}

static bool
same(const struct cert_facts *a, const struct cert_facts *b)
{
	return a->eku == b->eku && a->key_usage == b->key_usage &&
	    a->not_before == b->not_before && a->not_after == b->not_after &&
	    a->spki_n == b->spki_n && memcmp(a->spki, b->spki, a->spki_n) == 0;
}

/* Above all: no extended key usage that is not seen for want of memory. */
TEST(facts_are_complete_or_none_whatever_fails)
{
	const struct buf *certs[] = { &p256, &rsa };
	struct cert_facts all, f;
	unsigned int k;
	bool met;

	load();
	for (size_t i = 0; i < nitems(certs); i++) {
		struct span der = buf_span(certs[i]);

		EXPECT_OK(cert_parse(der, &all, NULL));
		k = 0;
		do {
			err_t e;

			fault_at(++k);
			e = cert_parse(der, &f, NULL);
			met = fault_stop() >= k;
			if (e == ERR_OK && !same(&f, &all))
				fail_msg("certificate %zu, allocation %u: "
					 "other facts",
				    i, k);
		} while (met);
		EXPECT_OK(cert_parse(der, &f, NULL));
		assert_true(k > 50);
	}
}

static err_t
examine(void *ctx UNUSED)
{
	struct cert_facts f;
	err_t e;

	e = cert_examine(buf_span(&p256), deadline_in(10000), &f, NULL);
	/* every child was waited for */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return e;
}

TEST(no_child_is_left_whatever_fails)
{
	struct rlimit was, none;

	load();
	assert_true(fault_each(examine, NULL) > 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ 0, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	EXPECT_ERR(ERR_IO, examine(NULL), "no pipe");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	EXPECT_OK(examine(NULL));
}

TEST(zz_clean)
{
	buf_done(&p256);
	buf_done(&rsa);
}

TEST_MAIN("ident/cert")
