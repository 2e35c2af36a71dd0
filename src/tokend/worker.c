/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-token-worker: one process for one card. Started with a channel to
 * scs-tokend and a connection to the reader service (with --pcscd, to a pcscd),
 * and nothing else. It reads the card once, tells tokend what is on it, and
 * then serves one request at a time until the channel ends or the card is gone.
 */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "sandbox/sandbox.h"
#include "tokend/link-pcsc.h"
#include "tokend/request.h"
#include "tokend/worker-proto.h"

#define HANG_SEC 120 /* longer than any request: then SIGALRM ends us */
#define CHANNEL_MS 10000 /* tokend is at the other end, and not slow */
#define HEARTBEAT_MS 60000
#define BUSY_MS 500 /* between two tries to connect to a card */

struct worker {
	enum pcsc_dialect dialect;
	struct pcsc_link link;
	struct card *card;
	struct token *token;
	struct guard *guard;
	struct memory memory;
	uint32_t drivers_off;
};

/* Everything OpenSSL loads or asks for once, before the sandbox closes. */
static err_t
prepare_openssl(void)
{
	uint8_t byte;

	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		    OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS,
		NULL) != 1 ||
	    RAND_bytes(&byte, 1) != 1)
		return ERR_NOMEM;
	return ERR_OK;
}

/* Before a secret goes to the card, and after: tokend outlives us. */
static void
tell_memory(void *ctx UNUSED, const struct secret *key, struct span bytes)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, WRK_MEMORY);
	msg_put_bytes(&m.body, bytes);
	if (secret_from(secret_span(key), &m.secret) != ERR_OK ||
	    msg_send(WORKER_CHANNEL_FD, &m, deadline_in(CHANNEL_MS)) != ERR_OK)
		_exit(1); /* nothing is presented that is not remembered */
}

static err_t
receive_start(struct worker *w)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	struct span body, memory;
	err_t e;

	msg_init(&m, 0);
	if ((e = memory_init(&w->memory)) ||
	    (e = msg_recv(WORKER_CHANNEL_FD, &m, deadline_in(CHANNEL_MS))))
		return e;
	w->memory.changed = tell_memory;
	body = buf_span(&m.body);
	if (m.type != WRK_START ||
	    span_u64(&body, &w->token->insertion) != ERR_OK ||
	    span_u32(&body, &w->drivers_off) != ERR_OK ||
	    msg_get_str(&body, w->token->reader, sizeof(w->token->reader)) !=
		ERR_OK ||
	    msg_get_bytes(&body, MEMORY_BYTES, &memory) != ERR_OK ||
	    span_end(body) != ERR_OK)
		return ERR_FORMAT;
	return memory.n == 0 ? ERR_OK
			     : memory_load(&w->memory, m.secret, memory);
}

/* While the card, or who has it, is waited for. */
static void
still_waiting(void)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, WRK_ALIVE);
	/* without tokend nobody waits for us; a card that we hold is reset */
	if (msg_send(WORKER_CHANNEL_FD, &m, deadline_in(CHANNEL_MS)) != ERR_OK)
		_exit(1);
}

/* Somebody has the card for himself: until then there is no token here. */
static bool
wait_busy(void)
{
	struct pollfd p = { .fd = WORKER_CHANNEL_FD, .events = POLLIN };
	static bool told;

	if (!told)
		log_notice("another program has the card for itself: waiting");
	told = true;
	(void)alarm(HANG_SEC);
	still_waiting();
	return poll(&p, 1, BUSY_MS) == 0;
}

static err_t
read_card(struct worker *w, struct why *why)
{
	struct token *t = w->token;
	struct pcsc_link_want want = { .fd = WORKER_READER_FD,
		.dialect = w->dialect,
		.reader = t->reader,
		.waiting = still_waiting,
		.waiting_ms = WRK_ALIVE_MS,
		.wait = w->dialect == PCSC_PLAIN ? wait_busy : NULL };
	err_t e;

	if ((e = pcsc_link_open(&want, &w->link, why)))
		return e;
	memcpy(t->atr, w->link.atr, w->link.atr_n);
	t->atr_n = w->link.atr_n;
	if ((e = card_new(pcsc_link_card(&w->link), span_from(t->atr, t->atr_n),
		 w->link.protocol == SCARD_PROTOCOL_T1, &w->card)))
		return e;
	return guard_open(
	    w->card, w->drivers_off, &w->memory, t, &w->guard, why);
}

static err_t
report(struct worker *w, err_t e, const struct why *why)
{
	CLEANUP(msg_done) struct msg m = { 0 };

	msg_init(&m, WRK_TOKEN);
	buf_put_u16(&m.body, (uint16_t)e);
	if (e == ERR_OK)
		token_put(&m.body, w->token);
	else
		msg_put_str(&m.body, why_text(why, e));
	return msg_send(WORKER_CHANNEL_FD, &m, deadline_in(CHANNEL_MS));
}

static err_t
remember(struct worker *w, const struct msg *m)
{
	struct span body = buf_span(&m->body), memory;
	err_t e;

	if ((e = msg_get_bytes(&body, MEMORY_BYTES, &memory)) ||
	    (e = span_end(body)))
		return e;
	return guard_remember(w->guard, m->secret, memory);
}

/* The answer goes out first; what is cleared after it is on nobody's way. */
static err_t
serve_one(struct worker *w)
{
	CLEANUP(msg_done) struct msg in = { 0 }, answer = { 0 };
	err_t e;

	msg_init(&in, 0);
	msg_init(&answer, 0);
	if ((e = msg_recv(WORKER_CHANNEL_FD, &in, deadline_in(CHANNEL_MS))))
		return e;
	if (in.type == WRK_MEMORY)
		return remember(w, &in);
	(void)alarm(HANG_SEC);
	e = request_handle(w->guard, w->token, &in, &answer);
	if (e == ERR_OK)
		e = msg_send(
		    WORKER_CHANNEL_FD, &answer, deadline_in(CHANNEL_MS));
	guard_settle(w->guard);
	(void)alarm(0);
	return e;
}

static err_t
serve(struct worker *w)
{
	struct pollfd p[2] = { { .fd = WORKER_CHANNEL_FD, .events = POLLIN },
		{ .fd = pcsc_fd(w->link.pcsc), .events = POLLIN } };
	err_t e;

	while (!guard_dead(w->guard)) {
		if (poll(p, nitems(p), HEARTBEAT_MS) < 0)
			continue;
		if (p[0].revents != 0 && (e = serve_one(w)))
			return e;
		if (p[1].revents == 0)
			continue;
		/* a pcscd says nothing unasked: it has gone */
		if (w->dialect == PCSC_PLAIN)
			return ERR_SERVICE;
		if (card_wanted(w->card) && guard_holding(w->guard))
			guard_settle(w->guard);
		if (!pcsc_alive(w->link.pcsc))
			return ERR_SERVICE;
	}
	return ERR_REMOVED;
}

static err_t
run(struct worker *w)
{
	struct why why = { 0 };
	err_t e, sent;

	if ((e = token_new(&w->token)) || (e = receive_start(w)))
		return e;
	(void)alarm(HANG_SEC);
	e = read_card(w, &why);
	sent = report(w, e, &why);
	(void)alarm(0);
	if (e != ERR_OK) {
		log_debug(
		    "reader \"%s\": %s", w->token->reader, why_text(&why, e));
		return e;
	}
	return sent != ERR_OK ? sent : serve(w);
}

static bool
parse_options(int argc, char **argv, struct worker *w, bool *debug)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--debug") == 0)
			*debug = true;
		else if (strcmp(argv[i], "--pcscd") == 0)
			w->dialect = PCSC_PLAIN;
		else
			return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct worker w = { .dialect = PCSC_WORKER };
	bool debug = false;
	bool good = parse_options(argc, argv, &w, &debug);
	err_t e;

	log_init("scs-token-worker", STDERR_FILENO,
	    debug ? LOG_LV_DEBUG : LOG_LV_NOTICE);
	if (!good) {
		log_err("started by scs-tokend only; the options are --debug "
			"and --pcscd");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if ((e = prepare_openssl()) || (e = sandbox_harden()) ||
	    (e = sandbox_enter(SANDBOX_SOCKETS))) {
		log_err("closing the sandbox: %s", err_text(e));
		return 1;
	}
	e = run(&w);
	log_debug("ends: %s", err_text(e));
	guard_free(&w.guard);
	memory_done(&w.memory);
	token_free(&w.token);
	card_free(&w.card);
	pcsc_link_close(&w.link);
	/* no handlers at exit: they may want what the sandbox does not give */
	_exit(e == ERR_REMOVED ? 0 : 1);
}
