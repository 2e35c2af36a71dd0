/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole sessions in which one allocation fails, each in its turn: ours, and
 * libplist's as far as we see them (OpenSSL's: test-proof). What is refused with
 * memory enough is never accepted without, and no card is given a PIN more.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authd/fake-tokend.h"
#include "authd/session.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "fault.h"
#include "ident/cert.h"
#include "prefs/prefs.h"
#include "test.h"

#define USER_A "nobody"
#define USER_B "daemon"
#define PIN "123456"
#define FAULTS_MAX 5000
#define PREFERENCES PATH_PREFS_DIR "/" PREFS_SMARTCARD ".plist"
#define OFF "<key>allowSmartCard</key><false/>"

static char dir[] = "/tmp/scs-authd-fault.XXXXXX";
static char token_path[64];
static struct fake *fake;
static pid_t fake_pid;
static struct authd d;

/* Plain writes: thousands of synced ones would take minutes. */
static void
put(const char *path, const char *xml)
{
	char p[SCS_PATH_MAX];
	FILE *f;

	EXPECT_OK(path_under(dir, path, p));
	assert_non_null(f = fopen(p, "we"));
	(void)fprintf(f, "<plist><dict>%s</dict></plist>", xml);
	assert_int_equal(fclose(f), 0);
}

static void
pair_with(const char *user, enum fake_key key, bool yes)
{
	struct pkhh h = fake_hash(key);
	char path[256], value[PAIRING_VALUE_SIZE], xml[512] = "";

	pairing_print(&h, value);
	if (yes)
		(void)snprintf(xml, sizeof(xml),
		    "<key>AuthenticationAuthority</key><array><string>%s"
		    "</string></array>",
		    value);
	(void)snprintf(path, sizeof(path), "%s/%s.plist", PATH_USERS_DIR, user);
	put(path, xml);
}

/* What differs from a good login of USER_A. */
struct scene {
	const char *why, *user, *pin;
	enum fake_key key;
	enum fake_lie lie;
	bool unpaired, unpaired_since, both_users, twin, off_since, pair;
	bool signs_without_pin;
	enum verdict want;
	unsigned int pins; /* that may reach the card */
};

/* What the service knew when the session began, and what is so by now. */
static void
set_up(const struct scene *s)
{
	fake_reset(fake, s->key);
	fake->lie = s->lie;
	fake->cards[0].signs_without_pin = s->signs_without_pin;
	if (s->twin) {
		fake->cards[1] = fake->cards[0];
		fake->cards_n = 2;
	}
	put(PREFERENCES, "");
	pair_with(USER_A, s->key, !s->unpaired);
	pair_with(USER_B, s->key, s->both_users);
	EXPECT_OK(prefs_open(dir, &d.prefs));
	EXPECT_OK(index_new(dir, &d.index));
	EXPECT_OK(index_refresh(d.index, NULL));
	if (s->off_since)
		put(PREFERENCES, OFF);
	if (s->unpaired_since)
		pair_with(USER_A, s->key, false);
}

static void
tear_down(void)
{
	prefs_close(&d.prefs);
	index_free(&d.index);
}

static void
send_frame(int fd, struct msg *m, const char *pin)
{
	if (pin != NULL)
		EXPECT_OK(secret_from(span_str(pin), &m->secret));
	EXPECT_OK(msg_send(fd, m, deadline_in(1000)));
	msg_done(m);
}

/* All that the caller says, before the session reads any of it. */
static void
speak(int fd, const struct scene *s)
{
	struct pkhh h = fake_hash(s->key);
	char hex[2 * PKHH_SIZE + 1];
	struct msg m;

	if (s->pair) {
		pkhh_print(&h, hex);
		msg_init(&m, AUTH_PAIR_CHECK);
		msg_put_str(&m.body, s->user);
		msg_put_str(&m.body, hex);
		buf_put_u8(&m.body, 0);
		send_frame(fd, &m, s->pin);
	} else {
		msg_init(&m, AUTH_START);
		msg_put_str(&m.body, "login");
		msg_put_str(&m.body, s->user);
		msg_put_str(&m.body, "");
		msg_put_str(&m.body, "tty1");
		buf_put_u8(&m.body, 0);
		send_frame(fd, &m, NULL);
		msg_init(&m, AUTH_PIN);
		buf_put_u8(&m.body, 0);
		send_frame(fd, &m, s->pin);
	}
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
}

/* The verdict that the caller was told; VERDICT_INTERNAL: none. */
static enum verdict
told(int fd)
{
	for (;;) {
		CLEANUP(msg_done) struct msg m;
		struct span in;
		uint16_t v;

		msg_init(&m, 0);
		if (msg_recv(fd, &m, 0) != ERR_OK)
			return VERDICT_INTERNAL;
		in = buf_span(&m.body);
		if (m.type == AUTH_RESULT || m.type == AUTH_PAIR_RESULT) {
			EXPECT_OK(span_u16(&in, &v));
			return (enum verdict)v;
		}
	}
}

/* One session. Did it meet failure k? */
static bool
play(const struct scene *sc, unsigned int k, enum verdict *verdict)
{
	CLOSE_FD int mine = -1, theirs = -1;
	struct session s = { .d = &d,
		.gate = -1,
		.privileged = true,
		.place = { .active = true } };
	int pair[2];
	bool met;

	set_up(sc);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	s.fd = theirs = pair[0];
	mine = pair[1];
	speak(mine, sc);
	fault_at(k);
	*verdict = session_run(&s);
	met = fault_stop() >= k;
	fd_close(&theirs);
	if (told(mine) == VERDICT_OK)
		assert_int_equal(*verdict, VERDICT_OK);
	else if (!met)
		assert_int_not_equal(*verdict, VERDICT_OK);
	tear_down();
	return met;
}

static void
check(const struct scene *s)
{
	enum verdict v = VERDICT_INTERNAL;
	unsigned int k = 0;
	bool met;

	do {
		met = play(s, ++k, &v);
		if (v == VERDICT_OK && s->want != VERDICT_OK)
			fail_msg("%s: accepted when allocation %u failed",
			    s->why, k);
		if (fake->presented > s->pins)
			fail_msg("%s: a PIN more when allocation %u failed",
			    s->why, k);
	} while (met && k < FAULTS_MAX);
	if (v != s->want)
		fail_msg("%s: wanted verdict %d, got %d", s->why, (int)s->want,
		    (int)v);
	assert_true(k > 5);
	(void)printf("%s: %u sessions\n", s->why, k);
}

static const struct scene scenes[] = {
	{ .why = "a good login",
	    .user = USER_A,
	    .pin = PIN,
	    .key = FAKE_P256,
	    .want = VERDICT_OK,
	    .pins = 1 },
	{ .why = "with RSA, the user found",
	    .user = "",
	    .pin = PIN,
	    .key = FAKE_RSA,
	    .want = VERDICT_OK,
	    .pins = 1 },
	{ .why = "a wrong PIN",
	    .user = USER_A,
	    .pin = "654321",
	    .key = FAKE_P256,
	    .want = VERDICT_WRONG_PIN,
	    .pins = 1 },
	{ .why = "no PIN",
	    .user = USER_A,
	    .pin = "12345x",
	    .key = FAKE_P256,
	    .want = VERDICT_WRONG_PIN },
	{ .why = "not paired",
	    .user = USER_A,
	    .pin = PIN,
	    .key = FAKE_P256,
	    .unpaired = true,
	    .want = VERDICT_NOT_PAIRED },
	{ .why = "unpaired since",
	    .user = "",
	    .pin = PIN,
	    .key = FAKE_P256,
	    .unpaired_since = true,
	    .want = VERDICT_NOT_PAIRED },
	{ .why = "of two users, nobody to choose",
	    .user = "",
	    .pin = PIN,
	    .key = FAKE_P256,
	    .both_users = true,
	    .want = VERDICT_REFUSED },
	{ .why = "a copy in another reader",
	    .user = USER_A,
	    .pin = PIN,
	    .key = FAKE_P256,
	    .twin = true,
	    .want = VERDICT_REFUSED },
	{ .why = "turned off since",
	    .user = USER_A,
	    .pin = PIN,
	    .key = FAKE_P256,
	    .off_since = true,
	    .want = VERDICT_REFUSED },
	{ .why = "a stolen certificate",
	    .user = USER_A,
	    .pin = PIN,
	    .key = FAKE_P256,
	    .lie = LIE_OTHER_KEY,
	    .want = VERDICT_REFUSED,
	    .pins = 1 },
	{ .why = "a certificate of card authentication",
	    .user = USER_A,
	    .pin = PIN,
	    .key = FAKE_CARD_AUTH,
	    .want = VERDICT_REFUSED },
	{ .why = "a weak key",
	    .user = USER_A,
	    .pin = PIN,
	    .key = FAKE_WEAK,
	    .want = VERDICT_REFUSED },
	{ .why = "a good pair check",
	    .user = USER_B,
	    .pin = PIN,
	    .key = FAKE_P256,
	    .pair = true,
	    .want = VERDICT_OK,
	    .pins = 1 },
	{ .why = "a pair check of a key without PIN",
	    .user = USER_B,
	    .pin = PIN,
	    .key = FAKE_P256,
	    .pair = true,
	    .signs_without_pin = true,
	    .want = VERDICT_REFUSED },
};

TEST(no_failure_makes_an_answer_better)
{
	for (size_t i = 0; i < nitems(scenes); i++)
		check(&scenes[i]);
}

static int
up(void **state UNUSED)
{
	char p[SCS_PATH_MAX];

	assert_non_null(mkdtemp(dir));
	EXPECT_OK(path_under(dir, PATH_PREFS_DIR, p));
	EXPECT_OK(file_mkdirs(p, 0755));
	EXPECT_OK(path_under(dir, PATH_USERS_DIR, p));
	EXPECT_OK(file_mkdirs(p, 0755));
	(void)snprintf(token_path, sizeof(token_path), "%s/token.sock", dir);
	log_init("test", open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LV_ERR);
	fake_init();
	EXPECT_OK(cert_init());
	fake = fake_start(token_path, &fake_pid);
	d = (struct authd){
		.prefix = dir, .token_path = token_path, .token_uid = geteuid()
	};
	return 0;
}

static int
down(void **state UNUSED)
{
	static const char *const paths[] = { "/token.sock",
		PATH_USERS_DIR "/" USER_A ".plist",
		PATH_USERS_DIR "/" USER_B ".plist", PREFERENCES, PATH_USERS_DIR,
		PATH_CONF_DIR "/directory", PATH_PREFS_DIR, PATH_CONF_DIR,
		"/etc", "" };
	char p[SCS_PATH_MAX];

	fake_stop(&fake, &fake_pid);
	for (size_t i = 0; i < nitems(paths); i++) {
		(void)snprintf(p, sizeof(p), "%s%s", dir, paths[i]);
		(void)remove(p);
	}
	return 0;
}

int
main(void)
{
	return _cmocka_run_group_tests(
	    "authd/fault", tests_, tests_n_, up, down);
}
