/* SPDX-License-Identifier: BSD-2-Clause */
#include "app.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codes.h"

pam_handle_t *
app_begin(struct world *w, const char *user, struct conv *c)
{
	struct pam_conv conv = conv_of(c);
	pam_handle_t *h = NULL;

	assert_int_equal(
	    pam_start_confdir("svc", user, &conv, w->conf, &h), PAM_SUCCESS);
	c->h = h;
	return h;
}

int
app_login(
    struct world *w, const char *user, const char *answers, struct conv *c)
{
	pam_handle_t *h;
	int rc;

	c->answers = answers;
	h = app_begin(w, user, c);
	rc = pam_authenticate(h, 0);
	assert_int_equal(pam_end(h, rc), PAM_SUCCESS);
	return rc;
}

void
app_expect_code(const char *why, int want, int got)
{
	if (want != got)
		fail_msg("%s: wanted %s, got %s", why, code_name(want),
		    code_name(got));
}

void
app_expect_sent(struct world *w, const char *why, const char *want)
{
	const char *got = world_sent(w);

	if (strcmp(got, want) != 0)
		fail_msg("%s: sent \"%s\"", why, got);
}
