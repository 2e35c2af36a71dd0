/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/test-says.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/auth-proto.h"

static err_t
prompt(
    int fd, const char *user, uint8_t tries, uint8_t last, const char *secret)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	err_t e;

	msg_init(&m, AUTH_PROMPT);
	msg_put_str(&m.body, user);
	msg_put_str(&m.body, "Card");
	buf_put_u8(&m.body, tries);
	buf_put_u8(&m.body, last);
	msg_put_str(&m.body, "");
	if (secret != NULL && (e = secret_from(span_str(secret), &m.secret)))
		return e;
	return msg_send(fd, &m, DEADLINE_NONE);
}

err_t
says_prompt(int fd, const char *user, uint8_t tries)
{
	return prompt(fd, user, tries, tries == 1, NULL);
}

err_t
says_result(int fd, uint16_t verdict, const char *user)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, AUTH_RESULT);
	buf_put_u16(&m.body, verdict);
	msg_put_str(&m.body, user);
	msg_put_str(&m.body, "the reason");
	msg_put_str(&m.body, "token");
	buf_put_u16(&m.body, 2);
	return msg_send(fd, &m, DEADLINE_NONE);
}

static err_t
choice(int fd)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, AUTH_CHOICE);
	buf_put_u16(&m.body, 2);
	msg_put_str(&m.body, "alice");
	msg_put_str(&m.body, "bob");
	return msg_send(fd, &m, DEADLINE_NONE);
}

/* clang-format off */
static const struct {
	const char *word, *bytes;
	size_t n;
} raw[] = {
	{ "type",  "\0\0\0\0\x07\x77\0\0", 8 },
	{ "short", "\0\0\0\x03\x01\x81\0\0\0\0\0", 11 },
	{ "huge",  "\xff\xff\xff\xff\x01\x81\0\0", 8 },
	{ "cut",   "\0\0\0", 3 },
};
/* clang-format on */

err_t
says_word(int fd, const char *word)
{
	char *user;
	unsigned long verdict;

	for (size_t i = 0; i < nitems(raw); i++) {
		if (strcmp(word, raw[i].word) == 0)
			return fd_write_all(fd,
			    span_from(raw[i].bytes, raw[i].n), DEADLINE_NONE);
	}
	if (word[0] == 'P')
		return prompt(fd, "demo",
		    word[1] == '?' ? 0xff : (uint8_t)(word[1] - '0'), 0, NULL);
	if (strcmp(word, "last") == 0)
		return prompt(fd, "demo", 0xff, 1, NULL);
	if (strcmp(word, "secret") == 0)
		return prompt(fd, "demo", 3, 0, "boo");
	if (strcmp(word, "choice") == 0)
		return choice(fd);
	if (strncmp(word, "p:", 2) == 0)
		return prompt(fd, word + 2, 3, 0, NULL);
	if (strncmp(word, "r:", 2) != 0)
		return ERR_ABSENT;
	verdict = strtoul(word + 2, &user, 10);
	if (*user != ':' || verdict > UINT16_MAX)
		return ERR_ABSENT;
	return says_result(fd, (uint16_t)verdict, user + 1);
}

static err_t
note_start(struct span body, char *out, size_t cap)
{
	char items[4][AUTH_NAME_MAX];
	uint8_t flags;
	err_t e;

	for (size_t i = 0; i < nitems(items); i++) {
		if ((e = msg_get_str(&body, items[i], sizeof(items[i]))))
			return e;
	}
	if ((e = span_u8(&body, &flags)) || (e = span_end(body)))
		return e;
	(void)snprintf(out, cap, "start:%s:%u ", items[1], flags);
	return ERR_OK;
}

err_t
says_note(const struct msg *m, char *out, size_t cap)
{
	struct span body = buf_span(&m->body), pin = secret_span(m->secret);
	size_t n = strlen(out);
	uint16_t index;
	uint8_t yes;
	err_t e;

	switch (m->type) {
	case AUTH_START:
		return note_start(body, out + n, cap - n);
	case AUTH_PIN:
		if ((e = span_u8(&body, &yes)) || (e = span_end(body)))
			return e;
		(void)snprintf(out + n, cap - n, "pin:%.*s:%u ", (int)pin.n,
		    (const char *)pin.p, yes);
		return ERR_OK;
	case AUTH_CHOOSE:
		if ((e = span_u16(&body, &index)) || (e = span_end(body)))
			return e;
		(void)snprintf(out + n, cap - n, "choose:%u ", index);
		return ERR_OK;
	default:
		return ERR_FORMAT;
	}
}
