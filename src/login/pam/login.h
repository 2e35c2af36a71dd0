/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_sm_authenticate without its entry point: what PAM knows goes into one or
 * two dialogues with scs-authd, and what comes out goes back to PAM.
 */
#ifndef SCS_LOGIN_PAM_LOGIN_H
#define SCS_LOGIN_PAM_LOGIN_H

#include <security/pam_modules.h>

#include "login/pam/args.h"

/* A PAM code: rv.h, or PAM_IGNORE as ignore_no_card allows. */
MUST_CHECK int login_run(pam_handle_t *h, int flags, const struct args *a);

/* That login_run() succeeded with this handle, for the user it still names. */
bool login_succeeded(pam_handle_t *h);

/* Forget that. PAM_SUCCESS, or the code of pam_set_data. */
MUST_CHECK int login_forget(pam_handle_t *h);

#endif
