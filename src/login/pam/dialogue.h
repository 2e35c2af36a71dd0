/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One login as ipc/auth-proto.h describes it: what scs-authd says is turned
 * into questions to a person, and the answers into frames. Knows no PAM, so
 * that tests and the fuzzer drive it without one.
 *
 * What it holds the service to, whatever that sends: a yes only after a PIN and
 * only for the user who was asked for; three PINs at most, the last try of a
 * card only after the person's yes, and no PIN twice.
 */
#ifndef SCS_LOGIN_PAM_DIALOGUE_H
#define SCS_LOGIN_PAM_DIALOGUE_H

#include "base/secret.h"
#include "base/why.h"
#include "ipc/auth-proto.h"

/* The person at the prompt. Any failure of theirs ends the login. */
struct person {
	void *ctx; /* borrowed */
	/* One line of news; `bad` when it is a failure. ERR_IO: not heard. */
	err_t (*tell)(void *ctx, bool bad, const char *text);
	/* A question whose answer may be seen. ERR_IO, ERR_LIMIT: too long. */
	err_t (*ask)(void *ctx, const char *prompt, char *out, size_t cap);
	/* A PIN, taken by the caller; NULL for an empty answer. ERR_IO,
	 * ERR_NOMEM, ERR_PIN_FORM: longer than any PIN. */
	err_t (*ask_pin)(void *ctx, const char *prompt, struct secret **pin);
};

/* What is asked for. Strings are borrowed and never NULL; "" says nothing. */
struct login {
	const char *service;
	const char *user; /* "": found from the card */
	const char *rhost;
	const char *tty;
	bool interactive; /* else `person` is never called */
	const struct secret *first_pin; /* from an earlier module, or NULL */
	unsigned int timeout_s; /* for each answer of the service */
};

struct outcome {
	enum verdict verdict;
	char user[AUTH_NAME_MAX]; /* whose card; "" if not known */
	char reason[AUTH_TEXT_MAX];
	char token_id[AUTH_TEXT_MAX];
	uint16_t apdus; /* from the PIN to the verdict, 0xffff unknown */
	bool talked; /* the person was told or asked something */
	bool first_pin_used; /* it was taken for a PIN, not refused by form */
};

/*
 * Lead the conversation on `fd`, a connection to the service. ERR_OK: there is
 * a verdict in `out`. Otherwise there is none, `why` says why, and `out` holds
 * talked and first_pin_used alone:
 *
 * ERR_SERVICE    the service left in the middle
 * ERR_TIMEOUT    it did not answer in time
 * ERR_SEQUENCE, ERR_FORMAT, ERR_LIMIT, ERR_SHORT
 *                its answer makes no sense
 * ERR_IO         the person could not be talked to
 * ERR_ABSENT     user, host or terminal are no text to send
 * ERR_PIN_NEEDED not interactive, and no first_pin
 * ERR_NOMEM
 */
MUST_CHECK err_t dialogue_run(int fd, const struct login *login,
    const struct person *person, struct outcome *out, struct why *why);

#endif
