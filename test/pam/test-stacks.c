/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stack does with what the module says, through the real libpam: each
 * stack a PAM line is written in, times each outcome. Rows are literal: whoever
 * changes rv.c or adds an outcome sees here which doors open.
 *
 * Two kinds of rows let somebody in without the module's yes. Those whose lines
 * say so (a pam_permit that counts), and `required` with ignore_no_card before
 * an optional pam_permit: Linux-PAM makes success of PAM_IGNORE and an optional
 * success, which is why ignore_no_card is never the default, and why
 * pam_smartcard(8) warns of that stack.
 */
#include <security/pam_appl.h>

#include "codes.h"
#include "conv.h"
#include "test.h"
#include "world.h"

enum {
	YES,
	NO_CARD,
	NOT_PAIRED,
	REFUSED,
	WRONG_PIN,
	BLOCKED,
	CARD_ERROR,
	SERVICE,
	INTERNAL,
	DOWN, /* scs-authd breaks off */
	BAD_ANSWER, /* a yes that nobody earned */
	OUTCOMES
};

/* clang-format off */
static const char *const scripts[OUTCOMES] = {
	[YES] = "P3 r:1:demo",       [NO_CARD] = "r:2:demo",
	[NOT_PAIRED] = "r:3:demo",   [REFUSED] = "P3 r:4:demo",
	[WRONG_PIN] = "P3 r:5:demo", [BLOCKED] = "r:6:demo",
	[CARD_ERROR] = "r:8:demo",   [SERVICE] = "r:9:demo",
	[INTERNAL] = "r:0:demo",     [DOWN] = "close",
	[BAD_ANSWER] = "r:1:demo",
};

/* The codes of pam_smartcard(8), in the order above. */
#define OWN PAM_SUCCESS, PAM_CRED_UNAVAIL, PAM_CRED_INSUFFICIENT, \
	PAM_PERM_DENIED, PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR, \
	PAM_AUTHINFO_UNAVAIL, PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL, \
	PAM_AUTHINFO_UNAVAIL
#define ALL(c) c, c, c, c, c, c, c, c, c, c, c
#define YES_ELSE(y, c) y, c, c, c, c, c, c, c, c, c, c

static const struct {
	const char *why, *lines;
	int want[OUTCOMES];
} stacks[] = {
	{ "required alone", "auth required MODULE", { OWN } },
	{ "requisite alone", "auth requisite MODULE", { OWN } },
	{ "sufficient alone", "auth sufficient MODULE",
	  { YES_ELSE(PAM_SUCCESS, PAM_PERM_DENIED) } },
	{ "optional alone", "auth optional MODULE",
	  { YES_ELSE(PAM_SUCCESS, PAM_PERM_DENIED) } },
	{ "done or die", "auth [success=done default=die] MODULE", { OWN } },
	{ "ok or bad", "auth [success=ok default=bad] MODULE", { OWN } },
	{ "ignore everything but success",
	  "auth [success=ok default=ignore] MODULE",
	  { YES_ELSE(PAM_SUCCESS, PAM_PERM_DENIED) } },
	{ "required, optional permit",
	  "auth required MODULE \nauth optional pam_permit.so", { OWN } },
	{ "requisite, optional permit",
	  "auth requisite MODULE \nauth optional pam_permit.so", { OWN } },
	{ "required, required permit",
	  "auth required MODULE \nauth required pam_permit.so", { OWN } },
	{ "optional permit, required",
	  "auth optional pam_permit.so\nauth required MODULE", { OWN } },
	{ "sufficient permit after a required",
	  "auth required MODULE \nauth sufficient pam_permit.so", { OWN } },
	{ "required, deny", "auth required MODULE \nauth required pam_deny.so",
	  { PAM_AUTH_ERR, PAM_CRED_UNAVAIL, PAM_CRED_INSUFFICIENT,
	    PAM_PERM_DENIED, PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR,
	    PAM_AUTHINFO_UNAVAIL, PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL,
	    PAM_AUTHINFO_UNAVAIL } },
	{ "sufficient, deny",
	  "auth sufficient MODULE \nauth required pam_deny.so",
	  { YES_ELSE(PAM_SUCCESS, PAM_AUTH_ERR) } },
	{ "jump over deny",
	  "auth [success=1 default=ignore] MODULE "
	  "\nauth requisite pam_deny.so\nauth required pam_permit.so",
	  { YES_ELSE(PAM_SUCCESS, PAM_AUTH_ERR) } },
	{ "sufficient, then another way in that is open",
	  "auth sufficient MODULE \nauth required pam_permit.so",
	  { ALL(PAM_SUCCESS) } },
	{ "another way in only without a card",
	  "auth [success=done cred_unavail=ignore default=die] MODULE "
	  "\nauth required pam_permit.so",
	  { PAM_SUCCESS, PAM_SUCCESS, PAM_CRED_INSUFFICIENT, PAM_PERM_DENIED,
	    PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR, PAM_AUTHINFO_UNAVAIL,
	    PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL } },
	{ "another way in only when the service is down",
	  "auth [success=done authinfo_unavail=ignore default=die] MODULE "
	  "\nauth required pam_permit.so",
	  { PAM_SUCCESS, PAM_CRED_UNAVAIL, PAM_CRED_INSUFFICIENT,
	    PAM_PERM_DENIED, PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR,
	    PAM_SUCCESS, PAM_SYSTEM_ERR, PAM_SUCCESS, PAM_SUCCESS } },
	{ "ignore_no_card alone", "auth required MODULE ignore_no_card",
	  { PAM_SUCCESS, PAM_PERM_DENIED, PAM_CRED_INSUFFICIENT,
	    PAM_PERM_DENIED, PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR,
	    PAM_AUTHINFO_UNAVAIL, PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL,
	    PAM_AUTHINFO_UNAVAIL } },
	{ "ignore_no_card, deny",
	  "auth required MODULE ignore_no_card\nauth required pam_deny.so",
	  { PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_CRED_INSUFFICIENT,
	    PAM_PERM_DENIED, PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR,
	    PAM_AUTHINFO_UNAVAIL, PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL,
	    PAM_AUTHINFO_UNAVAIL } },
	{ "a password only without a card or service (sudo.example)",
	  "auth [success=done ignore=ignore authinfo_unavail=ignore "
	  "default=die] MODULE ignore_no_card\nauth required pam_permit.so",
	  { PAM_SUCCESS, PAM_SUCCESS, PAM_CRED_INSUFFICIENT, PAM_PERM_DENIED,
	    PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR, PAM_SUCCESS,
	    PAM_SYSTEM_ERR, PAM_SUCCESS, PAM_SUCCESS } },
	{ "ignore_no_card, optional permit: the stack to warn of",
	  "auth required MODULE ignore_no_card\nauth optional pam_permit.so",
	  { PAM_SUCCESS, PAM_SUCCESS, PAM_CRED_INSUFFICIENT, PAM_PERM_DENIED,
	    PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR, PAM_AUTHINFO_UNAVAIL,
	    PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL } },
	{ "ignore_no_card, done or die: libpam makes a refusal of it",
	  "auth [success=done default=die] MODULE ignore_no_card",
	  { PAM_SUCCESS, PAM_PERM_DENIED, PAM_CRED_INSUFFICIENT, PAM_PERM_DENIED,
	    PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_ERR, PAM_AUTHINFO_UNAVAIL,
	    PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL } },
};
/* clang-format on */

static int
login(struct world *w)
{
	struct conv c = { .answers = "1111" };
	struct pam_conv conv = conv_of(&c);
	pam_handle_t *h = NULL;
	int rc;

	assert_int_equal(
	    pam_start_confdir("svc", "demo", &conv, w->conf, &h), PAM_SUCCESS);
	rc = pam_authenticate(h, 0);
	/* who was let in gets credentials, who was not does not */
	if (rc != PAM_SUCCESS)
		assert_int_not_equal(
		    pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	pam_end(h, rc);
	return rc;
}

TEST(every_stack_does_with_every_outcome_what_is_written_here)
{
	unsigned int n = 0, bad = 0;
	struct world w;

	world_init(&w);
	for (size_t o = 0; o < OUTCOMES; o++) {
		world_authd(&w, scripts[o]);
		for (size_t s = 0; s < nitems(stacks); s++, n++) {
			int want = stacks[s].want[o], rc;

			world_service(&w, "svc", stacks[s].lines);
			rc = login(&w);
			if (rc == want)
				continue;
			bad++;
			print_error("%s, %s: wanted %s, got %s\n",
			    stacks[s].why, scripts[o], code_name(want),
			    code_name(rc));
		}
	}
	world_done(&w);
	print_message("%u combinations\n", n);
	assert_int_equal(bad, 0);
}

TEST_MAIN("pam/stacks")
