/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_smartcard.so: the six entry points of a PAM module (pam(3), Linux-PAM).
 * It lives in a stranger's process, often root's: no thread, signal, output,
 * environment or child, and nothing open between two calls.
 *
 * Only authentication is its business. For accounts, passwords and sessions it
 * says PAM_IGNORE: it knows nothing about them, and a stack of nothing but
 * PAM_IGNORE is a refusal in Linux-PAM.
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <syslog.h>

#include "login/pam/login.h"

/* and named in pam_smartcard.map */
#define EXPORT __attribute__((visibility("default")))

EXPORT int
pam_sm_authenticate(pam_handle_t *h, int flags, int argc, const char **argv)
{
	struct why why = { 0 };
	struct args a;
	int rc;

	/* an earlier success with this handle does not outlive a failure */
	if ((rc = login_forget(h)) != PAM_SUCCESS)
		return rc;
	if (args_parse(argc, argv, &a, &why) != ERR_OK) {
		pam_syslog(h, LOG_ERR, "login refused: %s", why.text);
		return PAM_SERVICE_ERR;
	}
	if (a.pkinit)
		pam_syslog(h, LOG_WARNING,
		    "pkinit: this version fetches no Kerberos ticket");
	return login_run(h, flags, &a);
}

/*
 * There is nothing to establish. PAM_SUCCESS says only that this module let
 * this user in with this handle, so that a later setcred of a stack where
 * another module did it depends on that one.
 */
EXPORT int
pam_sm_setcred(pam_handle_t *h, int flags UNUSED, int argc UNUSED,
    const char **argv UNUSED)
{
	return login_succeeded(h) ? PAM_SUCCESS : PAM_IGNORE;
}

EXPORT int
pam_sm_acct_mgmt(pam_handle_t *h UNUSED, int flags UNUSED, int argc UNUSED,
    const char **argv UNUSED)
{
	return PAM_IGNORE;
}

EXPORT int
pam_sm_chauthtok(pam_handle_t *h UNUSED, int flags UNUSED, int argc UNUSED,
    const char **argv UNUSED)
{
	return PAM_IGNORE;
}

EXPORT int
pam_sm_open_session(pam_handle_t *h UNUSED, int flags UNUSED, int argc UNUSED,
    const char **argv UNUSED)
{
	return PAM_IGNORE;
}

EXPORT int
pam_sm_close_session(pam_handle_t *h UNUSED, int flags UNUSED, int argc UNUSED,
    const char **argv UNUSED)
{
	return PAM_IGNORE;
}
