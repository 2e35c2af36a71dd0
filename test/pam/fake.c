/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/auth-proto.h"
#include "login/pam/test-says.h"

struct fake {
	int fd, log_fd;
	int tries; /* of the card, -1 until it was described */
};

_Noreturn static void
bad_script(const char *word)
{
	fprintf(stderr, "fake-authd: \"%s\" makes no sense\n", word);
	_exit(2);
}

/* Wait for a frame and write it down. False when there is none. */
static bool
hear(struct fake *f, struct msg *m)
{
	char text[512] = "";

	if (msg_recv(f->fd, m, DEADLINE_NONE) != ERR_OK)
		return false;
	if (says_note(m, text, sizeof(text)) != ERR_OK)
		(void)snprintf(text, sizeof(text), "strange ");
	return write(f->log_fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static void
card(struct fake *f, const char *pin, const char *user)
{
	unsigned int asked = 0;

	for (;;) {
		CLEANUP(msg_done) struct msg m = { 0 };
		struct span got;

		msg_init(&m, 0);
		if (f->tries == 0) {
			(void)!says_result(f->fd, VERDICT_BLOCKED, user);
			return;
		}
		if (asked++ == AUTH_TRIES) {
			(void)!says_result(f->fd, VERDICT_WRONG_PIN, user);
			return;
		}
		if (says_prompt(f->fd, user, (uint8_t)f->tries) != ERR_OK ||
		    !hear(f, &m))
			return;
		got = secret_span(m.secret);
		if (span_eq(got, span_str(pin))) {
			(void)!says_result(f->fd, VERDICT_OK, user);
			return;
		}
		f->tries--;
	}
}

/* card:PIN:N:U */
static void
card_word(struct fake *f, char *word)
{
	char *at = word, *pin, *tries, *user;

	(void)strsep(&at, ":");
	pin = strsep(&at, ":");
	tries = strsep(&at, ":");
	user = at;
	if (pin == NULL || tries == NULL || user == NULL)
		bad_script(word);
	if (f->tries < 0)
		f->tries = (int)strtol(tries, NULL, 10);
	card(f, pin, user);
}

static void
hang(struct fake *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLRDHUP };

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		continue;
}

static void
serve(struct fake *f, char *script)
{
	char *word;

	while ((word = strsep(&script, " ")) != NULL) {
		CLEANUP(msg_done) struct msg m = { 0 };
		err_t e;

		msg_init(&m, 0);
		if (*word == '\0')
			continue;
		if (!hear(f, &m) || strcmp(word, "close") == 0)
			return;
		if (strcmp(word, "hang") == 0) {
			hang(f);
			return;
		}
		if (strncmp(word, "card:", 5) == 0) {
			card_word(f, word);
			return;
		}
		e = says_word(f->fd, word);
		if (e == ERR_ABSENT)
			bad_script(word);
		if (e != ERR_OK)
			return;
	}
}

void
fake_authd(int listen_fd, const char *script, int log_fd)
{
	struct fake f = { .fd = -1, .log_fd = log_fd, .tries = -1 };
	struct pollfd p = { .fd = listen_fd, .events = POLLIN };
	const char *at = script, *end;
	char part[512];

	for (;;) {
		if (poll(&p, 1, -1) < 0)
			continue;
		f.fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (f.fd < 0)
			continue;
		end = strstr(at, " / ");
		(void)snprintf(part, sizeof(part), "%.*s",
		    (int)(end != NULL ? (size_t)(end - at) : strlen(at)), at);
		serve(&f, part);
		fd_close(&f.fd);
		at = end != NULL ? end + 3 : at;
	}
}
