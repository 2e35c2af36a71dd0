/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module through the real libpam among applications, services, folders and
 * configurations that do not keep to the rules.
 */
#include <dirent.h>
#include <security/pam_appl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app.h"
#include "base/clock.h"
#include "test.h"

#define OTHER_UID 64000

TEST(a_conversation_that_fails_ends_the_login)
{
	static const struct {
		const char *why;
		enum conv_manners manners;
	} rows[] = {
		{ "fails", CONV_FAILS },
		{ "fails with an answer", CONV_FAILS_LOUD },
		{ "no array", CONV_NULL },
		{ "no text", CONV_NULL_ANSWER },
		{ "later", CONV_AGAIN },
	};
	static const char *scripts[] = { "P3 r:1:demo", "P1 r:1:demo",
		"choice r:1:bob" };

	for (size_t i = 0; i < nitems(rows) * nitems(scripts); i++) {
		const char *why = rows[i / nitems(scripts)].why;
		struct world w;
		struct conv c = {
			.manners = rows[i / nitems(scripts)].manners,
		};

		world_init(&w);
		world_service(&w, "svc", ALONE);
		world_authd(&w, scripts[i % nitems(scripts)]);
		app_expect_code(why, PAM_CONV_ERR,
		    app_login(&w, i % nitems(scripts) == 2 ? NULL : "demo",
			"1111|2222", &c));
		if (strstr(world_sent(&w), "pin:") != NULL)
			fail_msg("%s: a PIN was sent", why);
		world_done(&w);
	}
}

TEST(an_application_that_renames_the_user_meanwhile_gets_the_cards)
{
	struct world w;
	struct conv c = { .manners = CONV_SETS_USER, .answers = "1111" };
	const void *user = NULL;
	pam_handle_t *h;

	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd(&w, "P3 r:1:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_authenticate(h, 0), PAM_SUCCESS);
	assert_int_equal(pam_get_item(h, PAM_USER, &user), PAM_SUCCESS);
	assert_string_equal(user, "demo");
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

TEST(a_service_that_breaks_off_or_babbles_is_down_at_every_step)
{
	static const struct {
		const char *user, *script, *answers;
	} rows[] = {
		{ "demo", "close", NULL },
		{ "demo", "hang", NULL },
		{ "demo", "cut hang", NULL },
		{ "demo", "huge", NULL },
		{ "demo", "short", NULL },
		{ "demo", "type", NULL },
		{ "demo", "secret", NULL },
		{ NULL, "choice close", "1" },
		{ NULL, "choice hang", "1" },
		{ NULL, "choice type", "1" },
		{ "demo", "P3 close", "1111" },
		{ "demo", "P3 hang", "1111" },
		{ "demo", "P3 huge", "1111" },
		{ "demo", "P3 short", "1111" },
		{ "demo", "P3 cut hang", "1111" },
		{ "demo", "P5 P4 close", "1111|2222" },
		{ "demo", "r:1:demo", "1111" }, /* a yes without a PIN */
		{ "demo", "P3 r:1:root", "1111" }, /* a yes to another */
		{ "demo", "p:root r:1:root", "1111" },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct world w;
		struct conv c = { 0 };
		uint64_t start = clock_ms();

		world_init(&w);
		world_service(&w, "svc", ALONE);
		world_authd(&w, rows[i].script);
		app_expect_code(rows[i].script, PAM_AUTHINFO_UNAVAIL,
		    app_login(&w, rows[i].user, rows[i].answers, &c));
		assert_in_range(clock_ms() - start, 0, 20000);
		assert_non_null(strstr(c.heard, "error smart card login: "));
		world_done(&w);
	}
}

TEST(no_service_is_down_too)
{
	struct world w;
	struct conv c = { 0 };

	world_init(&w);
	world_service(&w, "svc", ALONE);
	app_expect_code(
	    "no socket", PAM_AUTHINFO_UNAVAIL, app_login(&w, "demo", NULL, &c));
	world_authd(&w, "P3");
	world_authd_stop(&w);
	app_expect_code("nobody listens", PAM_AUTHINFO_UNAVAIL,
	    app_login(&w, "demo", NULL, &c));
	world_done(&w);
}

TEST(a_stranger_on_the_socket_gets_no_pin)
{
	struct world w;
	struct conv c = { 0 };
	char stack[128];

	if (getuid() != 0)
		skip();
	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd_as(&w, "P3 r:1:demo", OTHER_UID);
	app_expect_code("stranger", PAM_AUTHINFO_UNAVAIL,
	    app_login(&w, "demo", "1111", &c));
	app_expect_sent(&w, "stranger", "");
	assert_null(strstr(c.heard, "echo_off"));
	(void)snprintf(stack, sizeof(stack), ALONE " auth_uid=%d", OTHER_UID);
	world_service(&w, "svc", stack);
	app_expect_code(
	    "named", PAM_SUCCESS, app_login(&w, "demo", "1111", &c));
	world_done(&w);
}

TEST(a_folder_that_others_may_write_gets_no_pin)
{
	struct world w;
	struct conv c = { 0 };

	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd(&w, "P3 r:1:demo");
	assert_int_equal(chmod(w.dir, 0777), 0);
	app_expect_code(
	    "0777", PAM_AUTHINFO_UNAVAIL, app_login(&w, "demo", "1111", &c));
	app_expect_sent(&w, "0777", "");
	world_done(&w);
}

TEST(an_argument_nobody_knows_opens_nothing)
{
	static const char *args[] = { "nullok", "prefix=relative", "timeout=0",
		"auth_uid=0 auth_uid=x", "USE_FIRST_PASS" };

	for (size_t i = 0; i < nitems(args); i++) {
		struct world w;
		struct conv c = { 0 };
		char stack[128];

		world_init(&w);
		(void)snprintf(stack, sizeof(stack), ALONE " %s", args[i]);
		world_service(&w, "svc", stack);
		world_authd(&w, "P3 r:1:demo");
		app_expect_code(args[i], PAM_SERVICE_ERR,
		    app_login(&w, "demo", "1111", &c));
		app_expect_sent(&w, args[i], "");
		world_done(&w);
	}
}

TEST(names_that_are_no_names_are_not_sent)
{
	static char longname[300];
	static const struct {
		int item;
		const char *value;
	} rows[] = {
		{ PAM_USER, longname },
		{ PAM_RHOST, longname },
		{ PAM_TTY, longname },
		{ PAM_USER, "de\nmo" },
		{ PAM_RHOST, "\x1b[2J" },
		{ PAM_TTY, "\xff" },
	};

	memset(longname, 'x', sizeof(longname) - 1);
	for (size_t i = 0; i < nitems(rows); i++) {
		struct world w;
		struct conv c = { .answers = "1111" };
		pam_handle_t *h;

		world_init(&w);
		world_service(&w, "svc", ALONE);
		world_authd(&w, "P3 r:1:demo");
		h = app_begin(&w, "demo", &c);
		assert_int_equal(
		    pam_set_item(h, rows[i].item, rows[i].value), PAM_SUCCESS);
		app_expect_code(
		    "name", PAM_USER_UNKNOWN, pam_authenticate(h, 0));
		app_expect_sent(&w, "name", "");
		pam_end(h, PAM_SUCCESS);
		world_done(&w);
	}
}

static size_t
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

TEST(nothing_stays_open_whatever_happens)
{
	static const char *scripts[] = { "P3 r:1:demo", "r:2:", "close",
		"P3 close", "type" };
	struct world w;
	size_t before;

	world_init(&w);
	world_service(&w, "svc", ALONE);
	for (size_t i = 0; i < nitems(scripts); i++) {
		struct conv c = { .answers = "1111" };
		pam_handle_t *h;
		int rc;

		world_authd(&w, scripts[i]);
		before = open_files();
		h = app_begin(&w, "demo", &c);
		rc = pam_authenticate(h, 0);
		assert_int_equal(open_files(), before);
		pam_end(h, rc);
	}
	world_done(&w);
}

/* sshd and others authenticate in one process and go on in another. */
TEST(a_forked_child_can_go_on_and_start_anew)
{
	struct world w;
	struct conv c = { .answers = "1111" };
	pam_handle_t *h;
	pid_t pid;
	int status = -1;

	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd(&w, "P3 r:1:demo / P3 r:1:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_authenticate(h, 0), PAM_SUCCESS);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int first = pam_setcred(h, PAM_ESTABLISH_CRED);

		c.answers = "1111";
		_exit(first == PAM_SUCCESS &&
			    pam_authenticate(h, 0) == PAM_SUCCESS
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

TEST_MAIN("pam/hostile")
