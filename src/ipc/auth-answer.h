/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scs-authd answers, from bytes to values: the bodies that it sends, as
 * ipc/auth-proto.h defines them, for the PAM module and sc_auth. Neither trusts
 * its service to keep to the form: they often run as root.
 *
 * All: ERR_SHORT, ERR_LIMIT, ERR_FORMAT; outputs untouched on failure.
 */
#ifndef SCS_IPC_AUTH_ANSWER_H
#define SCS_IPC_AUTH_ANSWER_H

#include "base/span.h"
#include "ipc/auth-proto.h"

#define ANSWER_TRIES_UNKNOWN 0xff

struct answer_users {
	unsigned int n; /* up to AUTH_USERS_MAX */
	char users[AUTH_USERS_MAX][AUTH_NAME_MAX]; /* none empty */
};

struct answer_prompt {
	char user[AUTH_NAME_MAX]; /* not empty */
	char label[AUTH_TEXT_MAX];
	char message[AUTH_TEXT_MAX];
	uint8_t tries; /* ANSWER_TRIES_UNKNOWN */
	bool last; /* said so, or tries is 1 */
};

struct answer_result {
	enum verdict verdict; /* VERDICT_INTERNAL for a number not known */
	char user[AUTH_NAME_MAX];
	char reason[AUTH_TEXT_MAX];
	char token_id[AUTH_TEXT_MAX];
	uint16_t apdus; /* 0xffff: not known */
};

struct answer_pair {
	enum verdict verdict; /* VERDICT_INTERNAL for a number not known */
	char reason[AUTH_TEXT_MAX];
	char label[AUTH_TEXT_MAX]; /* of the certificate */
	uint8_t notes; /* enum pair_notes */
};

/* AUTH_USERS: maybe nobody; AUTH_CHOICE: at least one, else ERR_LIMIT. */
MUST_CHECK err_t answer_users(struct span body, struct answer_users *out);
MUST_CHECK err_t answer_choice(struct span body, struct answer_users *out);
MUST_CHECK err_t answer_prompt(struct span body, struct answer_prompt *out);
MUST_CHECK err_t answer_result(struct span body, struct answer_result *out);
MUST_CHECK err_t answer_pair(struct span body, struct answer_pair *out);

#endif
