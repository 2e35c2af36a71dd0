/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person reads: which thing, what happened, what to do. Everything is
 * one line, in one language; what comes from scs-authd has been checked to be
 * text (ipc/auth-answer.h).
 */
#ifndef SCS_LOGIN_PAM_WORDS_H
#define SCS_LOGIN_PAM_WORDS_H

#include "ipc/auth-answer.h"

#define WORDS_CHOICE_MAX (AUTH_USERS_MAX * (AUTH_NAME_MAX + 8) + 128)
#define WORDS_PROMPT_MAX (AUTH_TEXT_MAX + 32)
#define WORDS_REJECTED_MAX (AUTH_TEXT_MAX + 64)
#define WORDS_END_MAX (AUTH_TEXT_MAX + 256)

#define WORDS_LAST_TRY \
	"Only one PIN try is left before the card blocks. Use it? [yes/no] "
#define WORDS_TOO_LONG "PIN not sent: longer than any card takes, type it again"
#define WORDS_SAME_PIN \
	"PIN not sent: it is the one that was just rejected, type another"

/* "Several users have this card: 1 alice, 2 bob. Number or name: " */
void words_choice(const struct answer_users *c, char out[WORDS_CHOICE_MAX]);

/* The user that `text` means: a name, or else a number counted from 1. */
bool words_chosen(
    const struct answer_users *c, const char *text, unsigned int *index);

/* "Enter PIN for 'LABEL': " */
void words_prompt(const char *label, char out[WORDS_PROMPT_MAX]);

/* The service's words, or else "PIN rejected, 2 tries left". */
void words_rejected(
    const struct answer_prompt *p, char out[WORDS_REJECTED_MAX]);

/* "yes", in any case; nothing else is a yes. */
bool words_yes(const char *text);

/*
 * How a login ended that did not succeed:
 * "smart card login: no smart card is inserted; insert your card and try again"
 */
void words_end(enum verdict v, const char *reason, char out[WORDS_END_MAX]);

#endif
