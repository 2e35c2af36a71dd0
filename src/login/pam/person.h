/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The person at the other end of an application's PAM conversation. Answers
 * are wiped from the application's memory as soon as they are here.
 */
#ifndef SCS_LOGIN_PAM_PERSON_H
#define SCS_LOGIN_PAM_PERSON_H

#include <security/pam_modules.h>

#include "login/pam/dialogue.h"

struct person_pam {
	pam_handle_t *h; /* borrowed */
	bool silent; /* PAM_SILENT: questions only */
};

/* `ctx` is borrowed for as long as the result is used. */
struct person person_of(struct person_pam *ctx);

#endif
