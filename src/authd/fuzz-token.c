/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a token service that a card has taken over says to scs-authd: the first
 * byte says what it was asked, the rest waits in the socket before that.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authd/token.h"
#include "base/fd.h"
#include "base/text.h"
#include "fuzz.h"

static struct {
	int listening;
	char dir[40], path[64];
} w = { .listening = -1 };

static void
clean_up(void)
{
	fd_close(&w.listening);
	(void)unlink(w.path);
	(void)rmdir(w.dir);
}

static void
start(void)
{
	(void)snprintf(w.dir, sizeof(w.dir), "/tmp/scs-fuzz-token-XXXXXX");
	FUZZ_PROMISE(mkdtemp(w.dir) != NULL);
	(void)snprintf(w.path, sizeof(w.path), "%s/s", w.dir);
	FUZZ_PROMISE(fd_listen_unix(w.path, 0600, &w.listening) == ERR_OK);
	(void)atexit(clean_up);
}

static err_t
sign(struct token_client *c, struct why *why)
{
	CLEANUP(secret_free) struct secret *pin = NULL;
	struct token_signed out = { .sig = BUF_INIT(1024) };
	struct token_sign what = {
		.insertion = 1, .slot = 0x9a, .data = span_str("hash")
	};
	err_t e;

	FUZZ_PROMISE(secret_from(span_str("123456"), &pin) == ERR_OK);
	what.pin = pin;
	e = token_verify_sign(c, &what, &out, why);
	FUZZ_PROMISE(out.sig.n <= 1024);
	buf_done(&out.sig);
	return e;
}

static err_t
ask(struct token_client *c, uint8_t what, struct why *why)
{
	CLEANUP(tokens_done) struct tokens all = { 0 };
	char reader[TOKEN_READER_MAX] = "";
	uint8_t tries;
	bool signs;
	err_t e;

	switch (what % 5) {
	case 0:
		return token_list(c, &all, why);
	case 1:
		e = token_settled(c, reader, why);
		FUZZ_PROMISE(e != ERR_OK || text_ok(span_str(reader)));
		return e;
	case 2:
		return token_tries(c, 1, &tries, why);
	case 3:
		return token_probe(c, 1, 0x9a, &signs, why);
	default:
		return sign(c, why);
	}
}

void
fuzz_one(struct span in)
{
	struct token_client *c = NULL;
	struct why why = { 0 };
	uint8_t what;
	int service;
	err_t e;

	if (w.listening < 0)
		start();
	if (span_u8(&in, &what) != ERR_OK)
		return;
	FUZZ_PROMISE(token_open(w.path, getuid(), &c, &why) == ERR_OK);
	FUZZ_PROMISE((service = accept(w.listening, NULL, NULL)) >= 0);
	/* what does not fit into the socket is cut off */
	if (fd_write_all(service, in, 0) != ERR_OK)
		(void)shutdown(service, SHUT_WR);
	(void)shutdown(service, SHUT_WR);
	e = ask(c, what, &why);
	FUZZ_PROMISE(e == ERR_OK || e == ERR_NOMEM || why.text[0] != '\0');
	FUZZ_PROMISE(text_ok(span_str(why.text)));
	token_close(&c);
	fd_close(&service);
}
