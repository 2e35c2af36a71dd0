/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole conversation of a row is written to the socket beforehand, since
 * the order of the answers does not depend on what was asked; afterwards the
 * frames that the module sent are read back. A row is three little texts:
 *
 * says    what the service answers, in the words of test-says.h
 * person  answers, one for each question, separated by '|'
 * sent    the frames that came back
 */
#include "login/pam/dialogue.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "fault.h"
#include "login/pam/test-person.h"
#include "login/pam/test-says.h"
#include "test.h"

static void
say_all(int fd, const char *says)
{
	char text[256], *at = text, *word;

	(void)snprintf(text, sizeof(text), "%s", says);
	while ((word = strsep(&at, " ")) != NULL) {
		if (*word != '\0')
			EXPECT_ERR(ERR_OK, says_word(fd, word), word);
	}
}

struct row {
	const char *why;
	const char *user, *first_pin; /* first_pin NULL: none */
	bool quiet; /* not interactive */
	const char *says, *person;
	err_t want;
	enum verdict verdict; /* if want is ERR_OK */
	const char *sent;
};

static void
run(const struct row *r, struct script *s, struct outcome *out)
{
	CLEANUP(secret_free) struct secret *pin = NULL;
	struct person person = person_of_script(s);
	struct login login = { "svc", r->user, "host", "tty", !r->quiet, NULL,
		1 };
	struct why why = { 0 };
	char sent[512] = "";
	int sv[2];
	err_t e;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	if (r->first_pin != NULL)
		EXPECT_OK(secret_from(span_str(r->first_pin), &pin));
	login.first_pin = pin;
	s->answers = r->person;
	say_all(sv[1], r->says);
	assert_int_equal(shutdown(sv[1], SHUT_WR), 0);
	e = dialogue_run(sv[0], &login, &person, out, &why);
	fd_close(&sv[0]);
	EXPECT_ERR(r->want, e, r->why);
	if (e == ERR_OK && out->verdict != r->verdict)
		fail_msg("%s: verdict %d", r->why, (int)out->verdict);
	if (e != ERR_OK && why.text[0] == '\0' && e != ERR_IO)
		fail_msg("%s: no reason given", r->why);
	for (;;) {
		CLEANUP(msg_done) struct msg m = { 0 };

		msg_init(&m, 0);
		if (msg_recv(sv[1], &m, DEADLINE_NONE) != ERR_OK)
			break;
		EXPECT_OK(says_note(&m, sent, sizeof(sent)));
	}
	fd_close(&sv[1]);
	if (strcmp(sent, r->sent) != 0)
		fail_msg("%s: sent \"%s\"", r->why, sent);
}

static void
run_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct script s = { 0 };
		struct outcome out;

		run(&rows[i], &s, &out);
		if (rows[i].quiet && (s.heard[0] != '\0' || out.talked))
			fail_msg("%s: talked to nobody", rows[i].why);
		if ((s.heard[0] != '\0') != out.talked)
			fail_msg("%s: talked is wrong", rows[i].why);
	}
}

/* clang-format off */
TEST(a_login_asks_three_times_at_most_and_the_last_try_after_a_yes)
{
	static const struct row rows[] = {
		{ "right PIN", "demo", NULL, false, "P3 r:1:demo", "1111",
		  ERR_OK, VERDICT_OK, "start:demo:1 pin:1111:0 " },
		{ "user from the card", "", NULL, false, "P3 r:1:demo", "1111",
		  ERR_OK, VERDICT_OK, "start::1 pin:1111:0 " },
		{ "second PIN right", "demo", NULL, false, "P5 P4 r:1:demo",
		  "1111|2222", ERR_OK, VERDICT_OK,
		  "start:demo:1 pin:1111:0 pin:2222:0 " },
		{ "a fourth prompt gets no PIN", "demo", NULL, false,
		  "P9 P8 P7 P6 r:1:demo", "1111|2222|3333|4444", ERR_OK,
		  VERDICT_WRONG_PIN,
		  "start:demo:1 pin:1111:0 pin:2222:0 pin:3333:0 " },
		{ "last try, yes", "demo", NULL, false, "P1 r:1:demo",
		  "yes|1111", ERR_OK, VERDICT_OK, "start:demo:1 pin:1111:1 " },
		{ "last try, no", "demo", NULL, false, "P1 r:1:demo", "no|1111",
		  ERR_OK, VERDICT_NO_CONSENT, "start:demo:1 " },
		{ "last try, PIN typed at the question", "demo", NULL, false,
		  "last r:1:demo", "1111|1111", ERR_OK, VERDICT_NO_CONSENT,
		  "start:demo:1 " },
		{ "last try, an answer without end", "demo", NULL, false,
		  "last r:1:demo", "yesyesyesyesyesyesyes|1111", ERR_OK,
		  VERDICT_NO_CONSENT, "start:demo:1 " },
		{ "last try flagged alone", "demo", NULL, false,
		  "last r:1:demo", "YES|1111", ERR_OK, VERDICT_OK,
		  "start:demo:1 pin:1111:1 " },
		{ "last after a wrong one", "demo", NULL, false,
		  "P2 P1 r:1:demo", "1111|yes|2222", ERR_OK, VERDICT_OK,
		  "start:demo:1 pin:1111:0 pin:2222:1 " },
		{ "no tries left", "demo", NULL, false, "P0", "1111", ERR_OK,
		  VERDICT_BLOCKED, "start:demo:1 " },
		{ "empty PIN gives up", "demo", NULL, false, "P3 r:1:demo", "",
		  ERR_OK, VERDICT_NO_CONSENT, "start:demo:1 " },
		{ "the same PIN is not sent again", "demo", NULL, false,
		  "P5 P4 r:5:demo", "1111|1111|2222", ERR_OK, VERDICT_WRONG_PIN,
		  "start:demo:1 pin:1111:0 pin:2222:0 " },
		{ "too long is not sent, but asked", "demo", NULL, false,
		  "P5 r:1:demo", "LONG|2222", ERR_OK, VERDICT_OK,
		  "start:demo:1 pin:2222:0 " },
		{ "three too long", "demo", NULL, false, "P5 r:1:demo",
		  "LONG|LONG|LONG|1111", ERR_OK, VERDICT_WRONG_PIN,
		  "start:demo:1 " },
		{ "person gone", "demo", NULL, false, "P5 r:1:demo", NULL,
		  ERR_IO, VERDICT_INTERNAL, "start:demo:1 " },
		{ "person gone at the last try", "demo", NULL, false,
		  "P1 r:1:demo", NULL, ERR_IO, VERDICT_INTERNAL,
		  "start:demo:1 " },
	};

	run_all(rows, nitems(rows));
}

TEST(a_pin_from_before_is_tried_once_and_never_as_the_last)
{
	static const struct row rows[] = {
		{ "use, right", "demo", "1111", true, "P3 r:1:demo", NULL,
		  ERR_OK, VERDICT_OK, "start:demo:2 pin:1111:0 " },
		{ "use, wrong", "demo", "1111", true, "P3 r:5:demo", NULL,
		  ERR_OK, VERDICT_WRONG_PIN, "start:demo:2 pin:1111:0 " },
		{ "use, asked again", "demo", "1111", true, "P3 P2 r:1:demo",
		  NULL, ERR_OK, VERDICT_WRONG_PIN, "start:demo:2 pin:1111:0 " },
		{ "use, one try left", "demo", "1111", true, "P1 r:1:demo",
		  NULL, ERR_OK, VERDICT_NO_CONSENT, "start:demo:2 " },
		{ "use, flagged last", "demo", "1111", true, "last r:1:demo",
		  NULL, ERR_OK, VERDICT_NO_CONSENT, "start:demo:2 " },
		{ "use, none there", "demo", NULL, true, "P3 r:1:demo", NULL,
		  ERR_PIN_NEEDED, VERDICT_INTERNAL, "start:demo:0 " },
		{ "use, none there, no card", "demo", NULL, true, "r:2:demo",
		  NULL, ERR_OK, VERDICT_NO_CARD, "start:demo:0 " },
		{ "use, a choice", "", "1111", true, "choice r:1:bob", NULL,
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start::2 " },
		{ "try, right", "demo", "1111", false, "P3 r:1:demo", NULL,
		  ERR_OK, VERDICT_OK, "start:demo:3 pin:1111:0 " },
		{ "try, wrong, then typed", "demo", "1111", false,
		  "P3 P2 r:1:demo", "2222", ERR_OK, VERDICT_OK,
		  "start:demo:3 pin:1111:0 pin:2222:0 " },
		{ "try, wrong, typed the same", "demo", "1111", false,
		  "P3 P2 r:1:demo", "1111|2222", ERR_OK, VERDICT_OK,
		  "start:demo:3 pin:1111:0 pin:2222:0 " },
		{ "try, no PIN, then three", "demo", "password", false,
		  "P9 P9 P8 P7 P6 r:1:demo", "1111|2222|3333|4444", ERR_OK,
		  VERDICT_WRONG_PIN,
		  "start:demo:3 pin:password:0 pin:1111:0 pin:2222:0 "
		  "pin:3333:0 " },
		{ "try, a PIN, then two", "demo", "0000", false,
		  "P9 P8 P7 P6 r:1:demo", "1111|2222|3333|4444", ERR_OK,
		  VERDICT_WRONG_PIN,
		  "start:demo:3 pin:0000:0 pin:1111:0 pin:2222:0 " },
		{ "try, one try left", "demo", "1111", false, "P1 r:1:demo",
		  "yes|2222", ERR_OK, VERDICT_OK, "start:demo:3 pin:2222:1 " },
	};

	run_all(rows, nitems(rows));
}

TEST(a_choice_is_answered_once_and_binds)
{
	static const struct row rows[] = {
		{ "by number", "", NULL, false, "choice p:bob r:1:bob",
		  "2|1111", ERR_OK, VERDICT_OK,
		  "start::1 choose:1 pin:1111:0 " },
		{ "by name", "", NULL, false, "choice p:alice r:1:alice",
		  "alice|1111", ERR_OK, VERDICT_OK,
		  "start::1 choose:0 pin:1111:0 " },
		{ "none of them", "", NULL, false, "choice p:bob r:1:bob",
		  "eve|1111", ERR_OK, VERDICT_NO_CONSENT, "start::1 " },
		{ "another than chosen is asked", "", NULL, false,
		  "choice p:bob r:1:bob", "alice|1111", ERR_SEQUENCE,
		  VERDICT_INTERNAL, "start::1 choose:0 " },
		{ "twice", "", NULL, false, "choice choice", "1|1",
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start::1 choose:0 " },
		{ "with a user given", "demo", NULL, false, "choice", "1",
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start:demo:1 " },
		{ "after a PIN", "", NULL, false, "P3 choice", "1111|1",
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start::1 pin:1111:0 " },
	};

	run_all(rows, nitems(rows));
}

TEST(a_yes_that_nobody_earned_is_refused)
{
	static const struct row rows[] = {
		{ "without a PIN", "demo", NULL, false, "r:1:demo", NULL,
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start:demo:1 " },
		{ "without a PIN, user from card", "", NULL, false, "r:1:demo",
		  NULL, ERR_SEQUENCE, VERDICT_INTERNAL, "start::1 " },
		{ "after a choice alone", "", NULL, false, "choice r:1:bob",
		  "2", ERR_SEQUENCE, VERDICT_INTERNAL, "start::1 choose:1 " },
		{ "for another user", "demo", NULL, false, "P3 r:1:root",
		  "1111", ERR_SEQUENCE, VERDICT_INTERNAL,
		  "start:demo:1 pin:1111:0 " },
		{ "for no user", "demo", NULL, false, "P3 r:1:", "1111",
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start:demo:1 pin:1111:0 " },
		{ "for another than the prompt's", "", NULL, false,
		  "P3 r:1:root", "1111", ERR_SEQUENCE, VERDICT_INTERNAL,
		  "start::1 pin:1111:0 " },
		{ "prompt for another user", "demo", NULL, false,
		  "p:root r:1:root", "1111", ERR_SEQUENCE, VERDICT_INTERNAL,
		  "start:demo:1 " },
		{ "prompt changes the user", "", NULL, false,
		  "P3 p:root r:1:root", "1111|2222", ERR_SEQUENCE,
		  VERDICT_INTERNAL, "start::1 pin:1111:0 " },
	};

	run_all(rows, nitems(rows));
}

TEST(every_no_is_handed_on_and_zero_is_no_yes)
{
	static const struct row rows[] = {
		{ "zero", "demo", NULL, false, "P3 r:0:demo", "1111", ERR_OK,
		  VERDICT_INTERNAL, "start:demo:1 pin:1111:0 " },
		{ "no card", "demo", NULL, false, "r:2:", NULL, ERR_OK,
		  VERDICT_NO_CARD, "start:demo:1 " },
		{ "not paired", "demo", NULL, false, "r:3:", NULL, ERR_OK,
		  VERDICT_NOT_PAIRED, "start:demo:1 " },
		{ "refused", "demo", NULL, false, "P3 r:4:demo", "1111",
		  ERR_OK, VERDICT_REFUSED, "start:demo:1 pin:1111:0 " },
		{ "blocked", "demo", NULL, false, "P2 P1 r:6:demo",
		  "1111|yes|2222", ERR_OK, VERDICT_BLOCKED,
		  "start:demo:1 pin:1111:0 pin:2222:1 " },
		{ "unknown", "demo", NULL, false, "P3 r:4711:demo", "1111",
		  ERR_OK, VERDICT_INTERNAL, "start:demo:1 pin:1111:0 " },
		{ "257: not 1", "demo", NULL, false, "P3 r:257:demo", "1111",
		  ERR_OK, VERDICT_INTERNAL, "start:demo:1 pin:1111:0 " },
	};

	run_all(rows, nitems(rows));
}

TEST(a_service_that_breaks_off_or_babbles_ends_the_login)
{
	static const struct row rows[] = {
		{ "gone at once", "demo", NULL, false, "", NULL, ERR_SERVICE,
		  VERDICT_INTERNAL, "start:demo:1 " },
		{ "gone after the choice", "", NULL, false, "choice", "1",
		  ERR_SERVICE, VERDICT_INTERNAL, "start::1 choose:0 " },
		{ "gone after the PIN", "demo", NULL, false, "P3", "1111",
		  ERR_SERVICE, VERDICT_INTERNAL, "start:demo:1 pin:1111:0 " },
		{ "gone in a header", "demo", NULL, false, "cut", NULL,
		  ERR_SERVICE, VERDICT_INTERNAL, "start:demo:1 " },
		{ "4 GB", "demo", NULL, false, "huge", NULL, ERR_LIMIT,
		  VERDICT_INTERNAL, "start:demo:1 " },
		{ "body too short", "demo", NULL, false, "short", NULL,
		  ERR_SHORT, VERDICT_INTERNAL, "start:demo:1 " },
		{ "unknown frame", "demo", NULL, false, "type", NULL,
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start:demo:1 " },
		{ "unknown frame after the PIN", "demo", NULL, false, "P3 type",
		  "1111", ERR_SEQUENCE, VERDICT_INTERNAL,
		  "start:demo:1 pin:1111:0 " },
		{ "a secret for us", "demo", NULL, false, "secret", NULL,
		  ERR_SEQUENCE, VERDICT_INTERNAL, "start:demo:1 " },
	};

	run_all(rows, nitems(rows));
}

TEST(a_name_that_is_no_text_is_not_sent)
{
	static const struct row rows[] = {
		{ "escape", "a\033[2J", NULL, false, "P3", "1111", ERR_ABSENT,
		  VERDICT_INTERNAL, "" },
		{ "not UTF-8", "\xc3\x28", NULL, false, "P3", "1111",
		  ERR_ABSENT, VERDICT_INTERNAL, "" },
	};

	run_all(rows, nitems(rows));
}
/* clang-format on */

TEST(a_password_refused_by_its_form_stays_for_the_next_module)
{
	static const struct {
		struct row row;
		bool used;
	} rows[] = {
		{ { "form: tries unchanged", "demo", "secret word", false,
		      "P3 P3 r:1:demo", "1111", ERR_OK, VERDICT_OK,
		      "start:demo:3 pin:secret word:0 pin:1111:0 " },
		    false },
		{ { "card: a try less", "demo", "2222", false, "P3 P2 r:1:demo",
		      "1111", ERR_OK, VERDICT_OK,
		      "start:demo:3 pin:2222:0 pin:1111:0 " },
		    true },
		{ { "tries unknown", "demo", "2222", false, "P? P? r:1:demo",
		      "1111", ERR_OK, VERDICT_OK,
		      "start:demo:3 pin:2222:0 pin:1111:0 " },
		    true },
		{ { "accepted", "demo", "2222", true, "P3 r:1:demo", NULL,
		      ERR_OK, VERDICT_OK, "start:demo:2 pin:2222:0 " },
		    true },
		{ { "sent, then nothing more", "demo", "2222", true, "P3", NULL,
		      ERR_SERVICE, VERDICT_INTERNAL,
		      "start:demo:2 pin:2222:0 " },
		    true },
		{ { "not sent", "demo", "2222", true, "r:2:", NULL, ERR_OK,
		      VERDICT_NO_CARD, "start:demo:2 " },
		    false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct script s = { 0 };
		struct outcome out;

		run(&rows[i].row, &s, &out);
		if (out.first_pin_used != rows[i].used)
			fail_msg("%s: used is wrong", rows[i].row.why);
	}
}

TEST(the_person_reads_what_happens)
{
	static const struct row row = { "dialogue", "", NULL, false,
		"choice p:bob P3", "bob|1111", ERR_SEQUENCE, VERDICT_INTERNAL,
		"start::1 choose:1 pin:1111:0 " };
	static const struct row wrong = { "wrong", "demo", NULL, false,
		"P3 P2 P1 r:1:demo", "1111|2222|yes|3333", ERR_OK, VERDICT_OK,
		"start:demo:1 pin:1111:0 pin:2222:0 pin:3333:1 " };
	static const struct row over = { "over", "demo", NULL, false,
		"P9 P8 P7 P1 r:1:demo", "1111|2222|3333|yes", ERR_OK,
		VERDICT_WRONG_PIN,
		"start:demo:1 pin:1111:0 pin:2222:0 pin:3333:0 " };
	struct script s = { 0 }, w = { 0 }, o = { 0 };
	struct outcome out;

	run(&row, &s, &out);
	assert_string_equal(s.heard,
	    "?Several users have this card: 1 alice, 2 bob. Number or name: \n"
	    "?Enter PIN for 'Card': \n");
	run(&wrong, &w, &out);
	assert_string_equal(w.heard,
	    "?Enter PIN for 'Card': \n"
	    "!PIN rejected, 2 tries left\n"
	    "?Enter PIN for 'Card': \n"
	    "!PIN rejected, 1 try left\n"
	    "?Only one PIN try is left before the card blocks. Use it? "
	    "[yes/no] \n"
	    "?Enter PIN for 'Card': \n");
	assert_string_equal(out.user, "demo");
	assert_string_equal(out.token_id, "token");
	assert_int_equal(out.apdus, 2);
	/* nobody is asked for a yes that leads to nothing */
	run(&over, &o, &out);
	assert_null(strstr(o.heard, "yes/no"));
}

TEST(start_carries_what_pam_knows)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct script s = { 0 };
	struct person person = person_of_script(&s);
	struct login login = { "svc", "demo", "host", "tty", true, NULL, 1 };
	static const char *want[] = { "svc", "demo", "host", "tty" };
	char text[AUTH_NAME_MAX];
	struct outcome out;
	struct span body;
	int sv[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(shutdown(sv[1], SHUT_WR), 0);
	EXPECT_ERR(ERR_SERVICE,
	    dialogue_run(sv[0], &login, &person, &out, NULL), "silent");
	msg_init(&m, 0);
	EXPECT_OK(msg_recv(sv[1], &m, DEADLINE_NONE));
	body = buf_span(&m.body);
	for (size_t i = 0; i < nitems(want); i++) {
		EXPECT_OK(msg_get_str(&body, text, sizeof(text)));
		assert_string_equal(text, want[i]);
	}
	EXPECT_SPAN(body, "\x01"); /* interactive, no PIN yet */
	fd_close(&sv[0]);
	fd_close(&sv[1]);
}

/* k-th allocation fails: the login fails, and nothing leaks. */
TEST(a_login_without_memory_fails_and_says_so)
{
	err_t e = ERR_NOMEM;
	unsigned int k = 0;

	while (e == ERR_NOMEM) {
		struct script s = { .answers = "1|1111|2222" };
		struct person person = person_of_script(&s);
		struct login login = { "svc", "", "host", "tty", true, NULL,
			1 };
		struct outcome out;
		struct why why = { 0 };
		int sv[2];

		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
		say_all(sv[1], "choice p:alice p:alice r:1:alice");
		fault_at(++k);
		e = dialogue_run(sv[0], &login, &person, &out, &why);
		(void)fault_stop();
		fd_close(&sv[0]);
		fd_close(&sv[1]);
		assert_true(e == ERR_OK || out.verdict != VERDICT_OK);
	}
	EXPECT_OK(e);
	assert_true(k > 10);
}

TEST(a_silent_service_costs_the_timeout_and_no_more)
{
	struct script s = { 0 };
	struct person person = person_of_script(&s);
	struct login login = { "svc", "demo", "host", "tty", true, NULL, 1 };
	struct outcome out;
	struct why why = { 0 };
	uint64_t start = clock_ms();
	int sv[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	EXPECT_ERR(ERR_TIMEOUT,
	    dialogue_run(sv[0], &login, &person, &out, &why), "silence");
	assert_in_range(clock_ms() - start, 900, 20000);
	assert_non_null(strstr(why.text, "1 seconds"));
	fd_close(&sv[0]);
	fd_close(&sv[1]);
}

TEST_MAIN("login/pam/dialogue")
