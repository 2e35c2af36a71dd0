/* SPDX-License-Identifier: BSD-2-Clause */
/* The module through the real libpam: what it does for users and stacks. */
#include <security/pam_appl.h>

#include "app.h"
#include "codes.h"
#include "test.h"

TEST(the_right_pin_logs_in_and_setcred_knows)
{
	struct world w;
	struct conv c = { .answers = "123456" };
	pam_handle_t *h;

	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd(&w, "card:123456:3:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_authenticate(h, 0), PAM_SUCCESS);
	assert_string_equal(c.heard, "echo_off Enter PIN for 'Card': \n");
	app_expect_sent(&w, "login", "start:demo:1 pin:123456:0 ");
	assert_int_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_setcred(h, PAM_DELETE_CRED), PAM_SUCCESS);
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

TEST(setcred_without_a_success_in_this_handle_is_no_success)
{
	struct world w;
	struct conv c = { .answers = "1|2|3" };
	pam_handle_t *h;

	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd(&w, "card:123456:9:demo / card:123456:9:demo / r:4:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_PERM_DENIED);
	assert_int_equal(pam_authenticate(h, 0), PAM_AUTH_ERR);
	assert_int_not_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	c.answers = "123456";
	assert_int_equal(pam_authenticate(h, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	/* another user, or a later refusal, and it is forgotten */
	assert_int_equal(pam_set_item(h, PAM_USER, "root"), PAM_SUCCESS);
	assert_int_not_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_set_item(h, PAM_USER, "demo"), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(h, 0), PAM_PERM_DENIED);
	assert_int_not_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

TEST(a_success_is_forgotten_when_the_next_attempt_fails)
{
	struct world w;
	struct conv c = { .answers = "1111|1111" };
	pam_handle_t *h;

	world_init(&w);
	world_service(&w, "svc", ALONE " \nauth optional SPY CRED ");
	world_authd(&w, "P3 r:1:demo / P3 r:5:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_authenticate(h, 0), PAM_SUCCESS);
	assert_non_null(strstr(c.heard, "info cred 0\n")); /* success */
	c.heard[0] = '\0';
	assert_int_equal(pam_authenticate(h, 0), PAM_AUTH_ERR);
	assert_non_null(strstr(c.heard, "info cred 25\n")); /* ignore */
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

TEST(setcred_leaves_it_to_the_module_that_let_the_user_in)
{
	struct world w;
	struct conv c = { 0 };
	pam_handle_t *h;

	world_init(&w);
	world_service(
	    &w, "svc", "auth sufficient MODULE \nauth required pam_permit.so");
	world_authd(&w, "r:2:");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_authenticate(h, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

/* sshd: pam_setcred() in a process that did not authenticate. */
TEST(an_optional_permit_lets_another_process_set_credentials_and_no_more)
{
	struct world w;
	struct conv c = { 0 };
	pam_handle_t *h;

	world_init(&w);
	world_service(&w, "svc", ALONE " \nauth optional pam_permit.so");
	world_authd(&w, "P3 r:5:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	pam_end(h, PAM_SUCCESS);
	app_expect_code(
	    "wrong PIN", PAM_AUTH_ERR, app_login(&w, "demo", "1111", &c));
	world_done(&w);
}

static void
expect_user(pam_handle_t *h, const char *want)
{
	const void *user = NULL;

	assert_int_equal(pam_get_item(h, PAM_USER, &user), PAM_SUCCESS);
	if (want == NULL)
		assert_null(user);
	else
		assert_string_equal(user, want);
}

TEST(the_user_comes_from_the_card_and_only_after_success)
{
	static const struct {
		const char *why, *script, *answers, *user, *sent;
		int rc;
	} rows[] = {
		{ "found", "P3 r:1:demo", "1111", "demo",
		    "start::1 pin:1111:0 ", PAM_SUCCESS },
		{ "wrong PIN", "P3 r:5:demo", "1111", NULL,
		    "start::1 pin:1111:0 ", PAM_AUTH_ERR },
		{ "chosen", "choice p:bob r:1:bob", "2|1111", "bob",
		    "start::1 choose:1 pin:1111:0 ", PAM_SUCCESS },
		{ "chosen, wrong PIN", "choice p:bob r:5:bob", "2|1111", NULL,
		    "start::1 choose:1 pin:1111:0 ", PAM_AUTH_ERR },
		{ "no card: nobody is asked who it is", "r:2:", "demo", NULL,
		    "start::1 ", PAM_CRED_UNAVAIL },
		{ "card names nobody, name typed", "r:3: / P3 r:1:demo",
		    "demo|1111", "demo", "start::1 start:demo:1 pin:1111:0 ",
		    PAM_SUCCESS },
		{ "card names nobody, and not that one", "r:3: / r:3:", "demo",
		    "demo", "start::1 start:demo:1 ", PAM_CRED_INSUFFICIENT },
		{ "card names nobody, no name", "r:3: / P3 r:1:demo", "", NULL,
		    "start::1 ", PAM_USER_UNKNOWN },
		{ "card names nobody, person gone", "r:3: / P3 r:1:demo", NULL,
		    NULL, "start::1 ", PAM_CONV_ERR },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct world w;
		struct conv c = { .answers = rows[i].answers };
		pam_handle_t *h;
		const void *user = NULL;

		world_init(&w);
		world_service(&w, "svc", ALONE);
		world_authd(&w, rows[i].script);
		h = app_begin(&w, NULL, &c);
		app_expect_code(
		    rows[i].why, rows[i].rc, pam_authenticate(h, 0));
		app_expect_sent(&w, rows[i].why, rows[i].sent);
		/* an empty name is what pam_get_user() itself leaves */
		if (pam_get_item(h, PAM_USER, &user) == PAM_SUCCESS &&
		    (user == NULL || *(const char *)user != '\0'))
			expect_user(h, rows[i].user);
		pam_end(h, PAM_SUCCESS);
		world_done(&w);
	}
}

TEST(a_pin_does_not_stay_in_authtok)
{
	static const struct {
		const char *why, *args, *token, *script, *answers;
		const char *left, *sent;
		int rc;
	} rows[] = {
		{ "use: accepted", "use_first_pass", "1111", "P3 r:1:demo",
		    NULL, "none", "start:demo:2 pin:1111:0 ", PAM_SUCCESS },
		{ "use: rejected", "use_first_pass", "1111", "P3 r:5:demo",
		    NULL, "none", "start:demo:2 pin:1111:0 ", PAM_AUTH_ERR },
		{ "use: service breaks off after it", "use_first_pass", "1111",
		    "P3 close", NULL, "none", "start:demo:2 pin:1111:0 ",
		    PAM_AUTHINFO_UNAVAIL },
		{ "use: no card, so not taken", "use_first_pass", "secret",
		    "r:2:", NULL, "secret", "start:demo:2 ", PAM_CRED_UNAVAIL },
		{ "use: the last try is not spent", "use_first_pass", "1111",
		    "P1 r:1:demo", NULL, "1111", "start:demo:2 ",
		    PAM_AUTH_ERR },
		{ "try: accepted", "try_first_pass", "1111", "P3 r:1:demo",
		    NULL, "none", "start:demo:3 pin:1111:0 ", PAM_SUCCESS },
		{ "try: rejected, another typed", "try_first_pass", "1111",
		    "P3 P2 r:1:demo", "2222", "none",
		    "start:demo:3 pin:1111:0 pin:2222:0 ", PAM_SUCCESS },
		{ "try: a password, refused by form", "try_first_pass",
		    "secret", "P3 P3 r:1:demo", "2222", "secret",
		    "start:demo:3 pin:secret:0 pin:2222:0 ", PAM_SUCCESS },
		{ "asked itself: what was there is not touched", "", "secret",
		    "P3 r:1:demo", "2222", "secret", "start:demo:1 pin:2222:0 ",
		    PAM_SUCCESS },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct world w;
		struct conv c = { 0 };
		char stack[512], want[64];

		world_init(&w);
		(void)snprintf(stack, sizeof(stack),
		    "auth optional SPY set=%s\nauth required MODULE %s"
		    "\nauth optional SPY show",
		    rows[i].token, rows[i].args);
		world_service(&w, "svc", stack);
		world_authd(&w, rows[i].script);
		app_expect_code(rows[i].why, rows[i].rc,
		    app_login(&w, "demo", rows[i].answers, &c));
		app_expect_sent(&w, rows[i].why, rows[i].sent);
		(void)snprintf(
		    want, sizeof(want), "authtok %s\n", rows[i].left);
		if (strstr(c.heard, want) == NULL)
			fail_msg("%s: heard %s", rows[i].why, c.heard);
		if (strcmp(rows[i].args, "use_first_pass") == 0 &&
		    strncmp(c.heard, "info authtok", 12) != 0)
			fail_msg("%s: talked: %s", rows[i].why, c.heard);
		world_done(&w);
	}
}

TEST(a_pin_taken_over_is_not_taken_over_for_another_name)
{
	struct world w;
	struct conv c = { 0 };

	world_init(&w);
	world_service(&w, "svc",
	    "auth optional SPY set=1111\nauth required MODULE try_first_pass");
	world_authd(&w, "P3 r:3: / P3 r:1:demo");
	app_expect_code(
	    "name", PAM_SUCCESS, app_login(&w, NULL, "demo|2222", &c));
	app_expect_sent(
	    &w, "name", "start::3 pin:1111:0 start:demo:1 pin:2222:0 ");
	world_done(&w);
}

TEST(a_pin_that_was_asked_for_never_gets_into_authtok)
{
	struct world w;
	struct conv c = { 0 };

	world_init(&w);
	world_service(
	    &w, "svc", ALONE " try_first_pass\nauth optional SPY show");
	world_authd(&w, "P3 r:1:demo");
	app_expect_code(
	    "asked", PAM_SUCCESS, app_login(&w, "demo", "1111", &c));
	assert_non_null(strstr(c.heard, "info authtok none\n"));
	world_done(&w);
}

TEST(use_first_pass_without_a_pin_says_so)
{
	struct world w;
	struct conv c = { 0 };
	char long_token[256], stack[512];

	world_init(&w);
	world_service(&w, "svc", ALONE " use_first_pass");
	world_authd(&w, "P3 r:1:demo");
	app_expect_code("none", PAM_AUTHTOK_RECOVERY_ERR,
	    app_login(&w, "demo", "1111", &c));
	app_expect_sent(&w, "none", "start:demo:0 ");
	memset(long_token, 'x', sizeof(long_token));
	long_token[65] = '\0';
	(void)snprintf(stack, sizeof(stack),
	    "auth optional SPY set=%s\nauth required MODULE use_first_pass",
	    long_token);
	world_service(&w, "svc", stack);
	app_expect_code("65 characters", PAM_AUTHTOK_RECOVERY_ERR,
	    app_login(&w, "demo", NULL, &c));
	app_expect_sent(&w, "65 characters", "start:demo:0 ");
	assert_string_equal(c.heard, "");
	world_done(&w);
}

/* With pam_permit behind it, PAM_IGNORE becomes success and nothing else. */
static void
login_before_permit(const char *why, const char *args, const char *script,
    const char *user, const char *answers, int want)
{
	struct world w;
	struct conv c = { 0 };
	char stack[256];

	world_init(&w);
	(void)snprintf(stack, sizeof(stack),
	    ALONE " %s\nauth required pam_permit.so", args);
	world_service(&w, "svc", stack);
	world_authd(&w, script);
	app_expect_code(why, want, app_login(&w, user, answers, &c));
	if (want == PAM_SUCCESS && c.heard[0] != '\0')
		fail_msg("%s: heard %s", why, c.heard);
	world_done(&w);
}

TEST(only_no_card_is_ignored_and_only_before_anybody_was_asked)
{
	static const struct {
		const char *why, *args, *script, *user, *answers;
		int rc;
	} rows[] = {
		{ "no card", "ignore_no_card", "r:2:", "demo", "", 0 },
		{ "no card, use_first_pass", "ignore_no_card use_first_pass",
		    "r:2:", "demo", NULL, 0 },
		{ "no card, not an option", "", "r:2:", "demo", "",
		    PAM_CRED_UNAVAIL },
		{ "no card, no_ignore", "no_ignore", "r:2:", "demo", "",
		    PAM_CRED_UNAVAIL },
		{ "no card, both", "ignore_no_card no_ignore", "r:2:", "demo",
		    "", PAM_CRED_UNAVAIL },
		{ "gone after the PIN", "ignore_no_card", "P3 r:2:demo", "demo",
		    "1111", PAM_CRED_UNAVAIL },
		{ "gone after the choice", "ignore_no_card",
		    "choice r:2:", NULL, "1", PAM_CRED_UNAVAIL },
		{ "gone after the name", "ignore_no_card", "r:3: / r:2:", NULL,
		    "demo", PAM_CRED_UNAVAIL },
		{ "not paired", "ignore_no_card", "r:3:", "demo", "",
		    PAM_CRED_INSUFFICIENT },
		{ "refused", "ignore_no_card", "r:4:", "demo", "",
		    PAM_PERM_DENIED },
		{ "wrong PIN", "ignore_no_card", "P3 r:5:demo", "demo", "1",
		    PAM_AUTH_ERR },
		{ "blocked", "ignore_no_card", "r:6:", "demo", "",
		    PAM_MAXTRIES },
		{ "given up", "ignore_no_card", "P3", "demo", "",
		    PAM_AUTH_ERR },
		{ "card error", "ignore_no_card", "r:8:", "demo", "",
		    PAM_CRED_ERR },
		{ "service", "ignore_no_card", "r:9:", "demo", "",
		    PAM_AUTHINFO_UNAVAIL },
		{ "zero", "ignore_no_card", "r:0:", "demo", "",
		    PAM_SYSTEM_ERR },
		{ "unknown", "ignore_no_card", "r:999:", "demo", "",
		    PAM_SYSTEM_ERR },
		{ "broken off", "ignore_no_card", "close", "demo", "",
		    PAM_AUTHINFO_UNAVAIL },
		{ "bad argument", "ignore_no_card ignore_all", "r:2:", "demo",
		    "", PAM_SERVICE_ERR },
	};

	for (size_t i = 0; i < nitems(rows); i++)
		login_before_permit(rows[i].why, rows[i].args, rows[i].script,
		    rows[i].user, rows[i].answers, rows[i].rc);
}

TEST(silent_means_questions_only)
{
	struct world w;
	struct conv c = { .answers = "1111|2222" };
	pam_handle_t *h;

	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd(&w, "P5 P4 r:4:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_authenticate(h, PAM_SILENT), PAM_PERM_DENIED);
	assert_string_equal(c.heard,
	    "echo_off Enter PIN for 'Card': \n"
	    "echo_off Enter PIN for 'Card': \n");
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

TEST(the_other_stacks_are_none_of_its_business)
{
	struct world w;
	struct conv c = { .answers = "1111" };
	pam_handle_t *h;

	world_init(&w);
	world_service(&w, "svc",
	    ALONE " \naccount required MODULE \npassword required MODULE "
		  "\nsession required MODULE");
	world_authd(&w, "P3 r:1:demo");
	h = app_begin(&w, "demo", &c);
	assert_int_equal(pam_authenticate(h, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(h, 0), PAM_PERM_DENIED);
	assert_int_not_equal(pam_chauthtok(h, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(h, 0), PAM_PERM_DENIED);
	assert_int_equal(pam_close_session(h, 0), PAM_PERM_DENIED);
	pam_end(h, PAM_SUCCESS);
	world_done(&w);
}

TEST(a_pin_longer_than_any_is_not_sent)
{
	struct world w;
	struct conv c = { 0 };
	char answers[128];

	memset(answers, '1', sizeof(answers));
	memcpy(answers + 65, "|2222", 6);
	world_init(&w);
	world_service(&w, "svc", ALONE);
	world_authd(&w, "P3 r:1:demo");
	app_expect_code("65", PAM_SUCCESS, app_login(&w, "demo", answers, &c));
	app_expect_sent(&w, "65", "start:demo:1 pin:2222:0 ");
	assert_non_null(strstr(c.heard, "error PIN not sent: longer"));
	world_done(&w);
}

TEST_MAIN("pam/module")
