/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the stack above is told: the one place where a verdict of scs-authd or
 * an error of ours becomes a PAM code. pam_smartcard(8) prints this table.
 *
 *	VERDICT_OK          PAM_SUCCESS
 *	VERDICT_NO_CARD     PAM_CRED_UNAVAIL (PAM_IGNORE with ignore_no_card,
 *	                    decided in module.c)
 *	VERDICT_NOT_PAIRED  PAM_CRED_INSUFFICIENT
 *	VERDICT_REFUSED     PAM_PERM_DENIED
 *	VERDICT_WRONG_PIN   PAM_AUTH_ERR
 *	VERDICT_NO_CONSENT  PAM_AUTH_ERR: no PIN was given
 *	VERDICT_BLOCKED     PAM_MAXTRIES
 *	VERDICT_CARD_ERROR  PAM_CRED_ERR
 *	VERDICT_SERVICE     PAM_AUTHINFO_UNAVAIL
 *	VERDICT_INTERNAL    PAM_SYSTEM_ERR, and every number that is none of these
 *
 * None but VERDICT_OK becomes PAM_SUCCESS, and none at all PAM_IGNORE.
 */
#ifndef SCS_LOGIN_PAM_RV_H
#define SCS_LOGIN_PAM_RV_H

#include "base/err.h"
#include "ipc/auth-proto.h"

int rv_verdict(enum verdict v);

/*
 * For a conversation that came to no verdict. ERR_OK is PAM_SYSTEM_ERR: "no
 * error" is not a success. ERR_IO is the conversation with the person,
 * ERR_ABSENT the missing user name.
 */
int rv_err(err_t e);

/* "no_card", for the log. Never NULL. */
const char *rv_verdict_name(enum verdict v);

#endif
