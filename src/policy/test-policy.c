/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/policy.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "test.h"

#define OFF "<key>allowSmartCard</key><false/>"
#define ARD "<key>ignoreArd</key><true/>"

static char dir[] = "/tmp/scs-policy.XXXXXX";
static bool made; /* its name may end in an X */

static void
put(const char *domain, const char *xml)
{
	char p[SCS_PATH_MAX], text[512];

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	(void)snprintf(p, sizeof(p), "%s%s", dir, PATH_PREFS_DIR);
	EXPECT_OK(file_mkdirs(p, 0755));
	(void)snprintf(
	    p, sizeof(p), "%s%s/%s.plist", dir, PATH_PREFS_DIR, domain);
	if (xml == NULL) {
		(void)unlink(p);
		return;
	}
	(void)snprintf(
	    text, sizeof(text), "<plist><dict>%s</dict></plist>", xml);
	EXPECT_OK(file_write(p, 0644, span_str(text)));
}

static struct prefs *
prefs_with(const char *smartcard, const char *authorization)
{
	struct prefs *p = NULL;

	put(PREFS_SMARTCARD, smartcard);
	put(PREFS_AUTHORIZATION, authorization);
	EXPECT_OK(prefs_open(dir, &p));
	return p;
}

TEST(who_may_log_in_with_a_card)
{
	static const struct {
		const char *why, *smartcard, *authorization, *rhost;
		bool remote;
		err_t want;
		const char *reason;
	} rows[] = {
		{ "here", NULL, NULL, "", false, ERR_OK, "" },
		{ "localhost", NULL, NULL, "localhost", false, ERR_OK, "" },
		{ "loopback", NULL, NULL, "127.0.0.1", false, ERR_OK, "" },
		{ "loopback, version 6", NULL, NULL, "::1", false, ERR_OK, "" },
		{ "another host", NULL, NULL, "192.0.2.1", false, ERR_DENIED,
		    "192.0.2.1" },
		{ "a host that begins like ours", NULL, NULL,
		    "localhost.example.org", false, ERR_DENIED, "localhost." },
		{ "another case is another name", NULL, NULL, "LOCALHOST",
		    false, ERR_DENIED, "LOCALHOST" },
		{ "a remote session", NULL, NULL, "", true, ERR_DENIED,
		    "session is remote" },
		{ "another host, ignoreArd", NULL, ARD, "192.0.2.1", true,
		    ERR_OK, "" },
		{ "turned off", OFF, NULL, "", false, ERR_DENIED,
		    "allowSmartCard" },
		{ "turned off, ignoreArd", OFF, ARD, "", false, ERR_DENIED,
		    "allowSmartCard" },
		{ "unreadable", "<key>", NULL, "", false, ERR_DENIED,
		    "cannot be read" },
		{ "unreadable elsewhere", NULL, "<key>", "", false, ERR_DENIED,
		    "cannot be read" },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(prefs_close)
		struct prefs *p =
		    prefs_with(rows[i].smartcard, rows[i].authorization);
		struct policy_request r = { .rhost = rows[i].rhost,
			.place = { .remote = rows[i].remote, .active = true },
			.privileged = true };
		struct why why = { 0 };

		EXPECT_ERR(
		    rows[i].want, policy_login(p, &r, &why), rows[i].why);
		if (strstr(why.text, rows[i].reason) == NULL)
			fail_msg("%s: \"%s\"", rows[i].why, why.text);
	}
}

TEST(callers_that_are_not_root_speak_for_themselves_from_the_seat)
{
	static const struct {
		const char *why;
		uid_t caller, user;
		bool privileged, active;
		err_t want;
	} rows[] = {
		{ "root for anybody", 0, 1000, true, false, ERR_OK },
		{ "himself, active", 1000, 1000, false, true, ERR_OK },
		{ "himself, not active", 1000, 1000, false, false, ERR_DENIED },
		{ "another", 1000, 1001, false, true, ERR_DENIED },
		{ "root by another", 1000, 0, false, true, ERR_DENIED },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct policy_request r = { .rhost = "",
			.place = { .active = rows[i].active },
			.caller = rows[i].caller,
			.privileged = rows[i].privileged };
		struct why why = { 0 };

		EXPECT_ERR(rows[i].want, policy_caller(&r, rows[i].user, &why),
		    rows[i].why);
	}
}

TEST(trust_that_cannot_be_evaluated_is_refused)
{
	static const struct {
		const char *xml;
		err_t want;
	} rows[] = {
		{ NULL, ERR_OK },
		{ "<key>checkCertificateTrust</key><integer>0</integer>",
		    ERR_OK },
		{ "<key>checkCertificateTrust</key><integer>1</integer>",
		    ERR_DENIED },
		{ "<key>checkCertificateTrust</key><integer>3</integer>",
		    ERR_DENIED },
		{ "<key>checkCertificateTrust</key><true/>", ERR_DENIED },
		{ "<key>checkCertificateTrust</key><integer>7</integer>",
		    ERR_DENIED },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(prefs_close)
		struct prefs *p = prefs_with(rows[i].xml, NULL);
		struct why why = { 0 };

		EXPECT_ERR(rows[i].want, policy_trust(p, &why),
		    rows[i].xml != NULL ? rows[i].xml : "not set");
	}
}

TEST(one_card_per_user_counts_other_cards_alone)
{
	CLEANUP(prefs_close)
	struct prefs *one =
	    prefs_with("<key>oneCardPerUser</key><true/>", NULL);
	CLEANUP(prefs_close) struct prefs *many = prefs_with(NULL, NULL);
	struct why why = { 0 };

	EXPECT_OK(policy_pair(one, 0, &why));
	EXPECT_ERR(ERR_DENIED, policy_pair(one, 1, &why), "a second card");
	EXPECT_OK(policy_pair(many, 5, &why));
}

TEST(below_a_private_prefix_everybody_is_here)
{
	struct place p = place_of_peer("/somewhere", -1, 12345);

	assert_false(p.remote);
	assert_true(p.active);
	assert_int_equal(p.owner, 12345);
}

TEST(the_place_of_a_session_is_its_owners)
{
	static const struct {
		const char *why;
		struct place_session s;
		uid_t uid;
		bool remote, active;
		uid_t owner;
	} rows[] = {
		{ "at the seat", { false, true, "seat0", 1000 }, 1000, false,
		    true, 1000 },
		{ "root for him", { false, true, "seat0", 1000 }, 0, false,
		    true, 1000 },
		{ "another's session", { false, true, "seat0", 1001 }, 1000,
		    false, false, 1000 },
		{ "in the background", { false, false, "seat0", 1000 }, 1000,
		    false, false, 1000 },
		{ "another seat", { false, true, "seat1", 1000 }, 1000, false,
		    false, 1000 },
		{ "no seat", { false, true, NULL, 1000 }, 1000, false, false,
		    1000 },
		{ "remote", { true, true, "seat0", 1000 }, 1000, true, false,
		    1000 },
		{ "remote, root", { true, true, "seat0", 0 }, 0, true, false,
		    0 },
		{ "remote, root for him", { true, true, NULL, 1000 }, 0, true,
		    false, 1000 },
		{ "remote, another's", { true, true, NULL, 1001 }, 1000, true,
		    false, 1000 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct place p = place_judge(&rows[i].s, rows[i].uid);

		if (p.remote != rows[i].remote || p.active != rows[i].active ||
		    p.owner != rows[i].owner)
			fail_msg("%s", rows[i].why);
	}
}

TEST(zz_clean)
{
	static const char *const folders[] = { PATH_PREFS_DIR, PATH_CONF_DIR,
		"/etc", "" };
	char p[SCS_PATH_MAX];

	put(PREFS_SMARTCARD, NULL);
	put(PREFS_AUTHORIZATION, NULL);
	for (size_t i = 0; i < nitems(folders); i++) {
		(void)snprintf(p, sizeof(p), "%s%s", dir, folders[i]);
		assert_int_equal(rmdir(p), 0);
	}
}

TEST_MAIN("policy/policy")
