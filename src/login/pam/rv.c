/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/rv.h"

#include <security/_pam_types.h>

int
rv_verdict(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
		return PAM_SUCCESS;
	case VERDICT_NO_CARD:
		return PAM_CRED_UNAVAIL;
	case VERDICT_NOT_PAIRED:
		return PAM_CRED_INSUFFICIENT;
	case VERDICT_REFUSED:
		return PAM_PERM_DENIED;
	case VERDICT_WRONG_PIN:
	case VERDICT_NO_CONSENT:
		return PAM_AUTH_ERR;
	case VERDICT_BLOCKED:
		return PAM_MAXTRIES;
	case VERDICT_CARD_ERROR:
		return PAM_CRED_ERR;
	case VERDICT_SERVICE:
		return PAM_AUTHINFO_UNAVAIL;
	case VERDICT_INTERNAL:
	case VERDICT_COUNT_:
		return PAM_SYSTEM_ERR;
	}
	return PAM_SYSTEM_ERR; /* a number that no version of ours knows */
}

int
rv_err(err_t e)
{
	switch (e) {
	case ERR_NOMEM:
		return PAM_BUF_ERR;
	case ERR_IO: /* nobody there to talk to */
		return PAM_CONV_ERR;
	case ERR_ABSENT: /* no user name that could be one */
		return PAM_USER_UNKNOWN;
	case ERR_PIN_NEEDED: /* use_first_pass, and nobody left a PIN */
		return PAM_AUTHTOK_RECOVERY_ERR;
	case ERR_PIN_WRONG:
	case ERR_PIN_FORM:
		return PAM_AUTH_ERR;
	case ERR_PIN_BLOCKED:
		return PAM_MAXTRIES;
	case ERR_DENIED: /* the service is not who it has to be */
	case ERR_SERVICE:
	case ERR_TIMEOUT:
	case ERR_BUSY:
	case ERR_SHORT:
	case ERR_FORMAT:
	case ERR_SEQUENCE:
	case ERR_LIMIT:
		return PAM_AUTHINFO_UNAVAIL;
	case ERR_CARD:
	case ERR_REMOVED:
		return PAM_CRED_ERR;
	case ERR_OK:
	case ERR_UNSUPPORTED:
	case ERR_COUNT_:
		return PAM_SYSTEM_ERR;
	}
	return PAM_SYSTEM_ERR;
}

const char *
rv_verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_INTERNAL:
		return "internal";
	case VERDICT_OK:
		return "ok";
	case VERDICT_NO_CARD:
		return "no_card";
	case VERDICT_NOT_PAIRED:
		return "not_paired";
	case VERDICT_REFUSED:
		return "refused";
	case VERDICT_WRONG_PIN:
		return "wrong_pin";
	case VERDICT_BLOCKED:
		return "blocked";
	case VERDICT_NO_CONSENT:
		return "no_consent";
	case VERDICT_CARD_ERROR:
		return "card_error";
	case VERDICT_SERVICE:
		return "service";
	case VERDICT_COUNT_:
		break;
	}
	return "unknown";
}
