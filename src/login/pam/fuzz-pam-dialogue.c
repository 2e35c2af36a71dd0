/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-authd gone mad: the first byte chooses the login, the rest is all that
 * the service ever sends. Whatever it is, no yes without a PIN, no fourth PIN,
 * no question where nobody can be asked.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "fuzz.h"
#include "ipc/msg.h"
#include "login/pam/dialogue.h"
#include "login/pam/rv.h"

struct counts {
	unsigned int pins, questions, news;
};

static err_t
on_tell(void *ctx, bool bad UNUSED, const char *text)
{
	struct counts *c = ctx;

	FUZZ_PROMISE(strpbrk(text, "\n\r\033") == NULL);
	c->news++;
	return ERR_OK;
}

static err_t
on_ask(void *ctx, const char *prompt, char *out, size_t cap)
{
	struct counts *c = ctx;

	FUZZ_PROMISE(strpbrk(prompt, "\n\r\033") == NULL);
	c->questions++;
	(void)snprintf(out, cap, "%s", c->questions % 2 ? "yes" : "1");
	return ERR_OK;
}

static err_t
on_ask_pin(void *ctx, const char *prompt, struct secret **pin)
{
	struct counts *c = ctx;
	uint8_t digit = (uint8_t)('0' + ++c->pins % 10);

	FUZZ_PROMISE(strpbrk(prompt, "\n\r\033") == NULL);
	return secret_from((struct span){ &digit, 1 }, pin);
}

static unsigned int
count_pins(int fd)
{
	unsigned int n = 0;

	for (;;) {
		CLEANUP(msg_done) struct msg m = { 0 };

		msg_init(&m, 0);
		if (msg_recv(fd, &m, 0) != ERR_OK)
			return n;
		n += m.type == AUTH_PIN ? 1 : 0;
	}
}

static void
check(const struct login *l, err_t e, const struct outcome *out,
    unsigned int pins, const struct counts *c)
{
	/* what an earlier module left may turn out to be no PIN */
	FUZZ_PROMISE(pins <= AUTH_TRIES + (l->first_pin != NULL ? 1u : 0u));
	FUZZ_PROMISE(c->pins <= AUTH_TRIES);
	FUZZ_PROMISE(l->interactive || c->pins + c->questions + c->news == 0);
	FUZZ_PROMISE(out->talked == (c->pins + c->questions + c->news > 0));
	if (e != ERR_OK) {
		FUZZ_PROMISE(out->verdict != VERDICT_OK);
		return;
	}
	FUZZ_PROMISE(out->verdict < VERDICT_COUNT_);
	if (out->verdict != VERDICT_OK)
		return;
	FUZZ_PROMISE(pins > 0 && out->user[0] != '\0');
	FUZZ_PROMISE(l->user[0] == '\0' || strcmp(l->user, out->user) == 0);
}

void
fuzz_one(struct span in)
{
	CLEANUP(secret_free) struct secret *first = NULL;
	CLOSE_FD int mine = -1, theirs = -1;
	struct counts c = { 0 };
	struct person person = { &c, on_tell, on_ask, on_ask_pin };
	struct login l = { "svc", "demo", "", "", true, NULL, 1 };
	struct outcome out;
	uint8_t how;
	int sv[2];
	err_t e;

	if (span_u8(&in, &how) != ERR_OK || in.n > 32768)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0)
		abort();
	mine = sv[0];
	theirs = sv[1];
	if ((how & 1) != 0)
		l.user = "";
	l.interactive = (how & 2) == 0;
	if ((how & 4) != 0 && secret_from(span_str("9999"), &first) == ERR_OK)
		l.first_pin = first;
	if (fd_write_all(theirs, in, 0) != ERR_OK ||
	    shutdown(theirs, SHUT_WR) != 0)
		abort();
	e = dialogue_run(mine, &l, &person, &out, NULL);
	check(&l, e, &out, count_pins(theirs), &c);
}
