/* SPDX-License-Identifier: BSD-2-Clause */
/* A person with a script, for tests of the dialogue. */
#ifndef SCS_LOGIN_PAM_TEST_PERSON_H
#define SCS_LOGIN_PAM_TEST_PERSON_H

#include "login/pam/dialogue.h"

/*
 * Answers, one for each question, separated by '|'; NULL or none left: the
 * person has gone. "LONG" is a PIN longer than any.
 */
struct script {
	const char *answers; /* what is left of them */
	char heard[1024]; /* "?QUESTION" and "!NEWS", each with a newline */
};

/* `s` is borrowed for as long as the result is used. */
struct person person_of_script(struct script *s);

#endif
