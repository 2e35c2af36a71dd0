/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service's side of a login in words, for tests:
 *
 *	PN      AUTH_PROMPT for user demo, N tries left (? unknown)
 *	last    the same, tries unknown, flagged as the last one
 *	p:U     AUTH_PROMPT for user U, 3 tries
 *	r:V:U   AUTH_RESULT with verdict number V for user U
 *	choice  AUTH_CHOICE of alice and bob
 *	type    a frame of a type nobody knows
 *	secret  AUTH_PROMPT that carries a secret
 *	short   AUTH_PROMPT whose body ends early
 *	huge    a header that promises 4 GB
 *	cut     part of a header
 *
 * and the module's frames as text: "start:USER:FLAGS ", "pin:PIN:YES ",
 * "choose:N ".
 */
#ifndef SCS_LOGIN_PAM_TEST_SAYS_H
#define SCS_LOGIN_PAM_TEST_SAYS_H

#include "ipc/msg.h"

/* ERR_ABSENT: no such word. */
MUST_CHECK err_t says_word(int fd, const char *word);

MUST_CHECK err_t says_prompt(int fd, const char *user, uint8_t tries);
MUST_CHECK err_t says_result(int fd, uint16_t verdict, const char *user);

/* Append the text of one frame. ERR_FORMAT: no frame the module may send. */
MUST_CHECK err_t says_note(const struct msg *m, char *out, size_t cap);

#endif
