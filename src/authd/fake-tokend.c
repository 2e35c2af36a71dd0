/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/fake-tokend.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authd/fake-keys.h"
#include "base/clock.h"
#include "base/fd.h"
#include "ipc/msg.h"

static void
put_item(struct buf *b, const struct fake_item *i)
{
	const struct fake_pair *p = &fake_pairs[i->cert];
	struct pkhh h = fake_hash(i->cert);
	struct span cert = span_from(p->cert, p->cert_n);

	if (i->no_cert)
		cert = SPAN_NONE;
	if (i->bad_cert)
		cert = span_first(cert, cert.n - 1);
	buf_put_u8(b, i->slot);
	msg_put_str(b, "Certificate For PIV Authentication (Jane Example)");
	msg_put_str(b, "Key For PIV Authentication (Jane Example)");
	msg_put_bytes(b, SPAN_OF(h.b));
	buf_put_u8(b, 0x11);
	buf_put_u16(b, 256);
	buf_put_u8(b, i->flags);
	buf_put_u8(b, PIN_POLICY_ONCE);
	msg_put_bytes(b, cert);
	msg_put_bytes(b, span_from(p->spki, p->spki_n));
}

static void
put_list(struct buf *b, const struct fake *f)
{
	static const uint8_t atr[] = { 0x3b, 0x80, 0x01, 0x81 };

	if (f->lie == LIE_LIST_HUGE_COUNT)
		buf_put_u16(b, 0xffff);
	else
		buf_put_u16(b, (uint16_t)f->cards_n);
	for (size_t i = 0; i < f->cards_n; i++) {
		const struct fake_card *c = &f->cards[i];
		char reader[TOKEN_READER_MAX];

		(void)snprintf(
		    reader, sizeof(reader), "Virtual Reader %02zu", i);
		buf_put_u64(b, i + 1);
		msg_put_str(b, c->id);
		msg_put_str(b, reader);
		msg_put_str(b, "com.apple.CryptoTokenKit.pivtoken");
		msg_put_bytes(b, SPAN_OF(atr));
		buf_put_u8(b, c->flags);
		buf_put_u8(b, 6);
		buf_put_u8(b, 8);
		buf_put_u16(b, (uint16_t)c->items_n);
		for (size_t k = 0; k < c->items_n; k++)
			put_item(b, &c->items[k]);
		buf_put_u16(b, 0);
	}
	if (f->lie == LIE_LIST_GARBAGE)
		buf_put_u8(b, 0);
}

static void
refuse(struct buf *b, err_t e, const char *reason, uint8_t tries)
{
	buf_reset(b);
	buf_put_u16(b, (uint16_t)e);
	msg_put_str(b, reason);
	buf_put_u8(b, tries);
}

static uint8_t
told_tries(const struct fake *f)
{
	return f->say_tries != 0 ? f->say_tries : f->tries;
}

/* The card's own check. False: `b` has the refusal. */
static bool
verify(struct fake *f, const struct secret *pin, bool last_ok, struct buf *b)
{
	struct span s = secret_span(pin);

	if (f->refuse != 0)
		return refuse(b, (err_t)f->refuse, "told to", 0xff), false;
	if (f->tries == 0)
		return refuse(b, ERR_PIN_BLOCKED, "blocked", 0), false;
	if (f->tries == 1 && !last_ok)
		return refuse(b, ERR_DENIED, "the last try", 1), false;
	if (f->presented < FAKE_PINS)
		(void)snprintf(f->pins[f->presented], sizeof(f->pins[0]),
		    "%.*s", (int)s.n, (const char *)s.p);
	f->presented++;
	if (span_eq(s, span_str(f->pin)))
		return f->tries = 3, true;
	f->tries--;
	refuse(b, ERR_PIN_WRONG, "wrong", told_tries(f));
	return false;
}

static const struct fake_item *
item_of(const struct fake *f, uint64_t insertion, uint8_t slot)
{
	const struct fake_card *c;

	if (insertion < 1 || insertion > f->cards_n)
		return NULL;
	c = &f->cards[insertion - 1];
	for (size_t i = 0; i < c->items_n; i++) {
		if (c->items[i].slot == slot)
			return &c->items[i];
	}
	return NULL;
}

static void
lie_about(struct fake *f, struct buf *sig)
{
	switch (f->lie) {
	case LIE_RANDOM_SIGNATURE:
		for (size_t i = 8; i < sig->n; i++)
			sig->p[i] ^= (uint8_t)(i * 37 + 11);
		break;
	case LIE_SHORT_SIGNATURE:
		buf_trim(sig, sig->n - 1);
		break;
	case LIE_LONG_SIGNATURE:
		buf_put_u8(sig, 0);
		break;
	case LIE_EMPTY_SIGNATURE:
		buf_trim(sig, 0);
		break;
	case LIE_REPLAY:
		buf_trim(sig, 0);
		buf_put(sig, span_from(f->honest, f->honest_n));
		break;
	case LIE_NONE:
		memcpy(f->honest, sig->p, sig->n);
		f->honest_n = sig->n;
		break;
	case LIE_OTHER_KEY:
	case LIE_OTHER_DIGEST:
	case LIE_CLOSE:
	case LIE_HUGE_FRAME:
	case LIE_GARBAGE:
	case LIE_WRONG_TYPE:
	case LIE_UNKNOWN_ERROR:
	case LIE_LIST_GARBAGE:
	case LIE_LIST_HUGE_COUNT:
		break;
	}
}

static void
sign(struct fake *f, const struct fake_item *i, struct span data,
    struct buf *out)
{
	CLEANUP(buf_done) struct buf sig = BUF_INIT(1024);
	uint8_t other[64];

	f->signatures++;
	f->digest_n = data.n;
	memcpy(f->digest, data.p, data.n);
	memcpy(other, data.p, data.n);
	if (f->lie == LIE_OTHER_DIGEST)
		other[data.n - 1] ^= 1;
	fake_sign(f->lie == LIE_OTHER_KEY ? FAKE_OTHER : i->key,
	    span_from(other, data.n), &sig);
	lie_about(f, &sig);
	msg_put_bytes(out, buf_span(&sig));
	buf_put_u16(out, 2);
}

static bool
verify_sign(struct fake *f, struct msg *m, struct buf *b)
{
	struct span in = buf_span(&m->body), data;
	const struct fake_item *i;
	uint64_t insertion;
	uint8_t slot, mech, last_ok;

	if (span_u64(&in, &insertion) || span_u8(&in, &slot) ||
	    span_u8(&in, &mech) || msg_get_bytes(&in, 64, &data) ||
	    span_u8(&in, &last_ok) || span_end(in) || m->secret == NULL)
		return false;
	if ((i = item_of(f, insertion, slot)) == NULL)
		return refuse(b, ERR_REMOVED, "no such card", 0xff), true;
	if (verify(f, m->secret, last_ok != 0, b))
		sign(f, i, data, b);
	return true;
}

/* False: not a request of ours, drop the client. */
static bool
answer(struct fake *f, struct msg *m, struct buf *b)
{
	struct span in = buf_span(&m->body);
	uint64_t insertion = 0;

	buf_put_u16(b, ERR_OK);
	switch (m->type) {
	case TOK_LIST:
		put_list(b, f);
		return in.n == 0;
	case TOK_SETTLED:
		if (f->cards_soon != 0)
			f->cards_n = f->cards_soon;
		f->cards_soon = 0;
		msg_put_str(b, f->slow ? "Slow Reader 00" : "");
		return in.n == 0;
	case TOK_TRIES:
		buf_put_u8(b, told_tries(f));
		return in.n == 8;
	case TOK_VERIFY_SIGN:
		return verify_sign(f, m, b);
	case TOK_PROBE:
		f->probes++;
		if (span_u64(&in, &insertion) || insertion < 1 ||
		    insertion > f->cards_n)
			return false;
		buf_put_u8(b, f->cards[insertion - 1].signs_without_pin);
		return in.n == 1;
	default:
		return false;
	}
}

/* Lies about the frame itself, of answers to TOK_VERIFY_SIGN. */
static bool
deliver(const struct fake *f, int fd, uint16_t request, struct msg *m)
{
	CLEANUP(buf_done) struct buf raw = BUF_INIT(MSG_BODY_MAX + 64);
	enum fake_lie lie = request == TOK_VERIFY_SIGN ? f->lie : LIE_NONE;

	if (lie == LIE_GARBAGE)
		buf_trim(&m->body, m->body.n - 1);
	if (lie == LIE_WRONG_TYPE)
		m->type = TOK_EVENT;
	if (lie == LIE_UNKNOWN_ERROR)
		m->body.p[0] = 0x7f;
	if (msg_build(m, &raw) != ERR_OK)
		return false;
	if (lie == LIE_HUGE_FRAME)
		memset(raw.p, 0xff, 4);
	if (lie == LIE_CLOSE)
		buf_trim(&raw, raw.n / 2);
	return fd_write_all(fd, buf_span(&raw), deadline_in(5000)) == ERR_OK &&
	    lie != LIE_CLOSE;
}

static void
client(struct fake *f, int fd)
{
	for (;;) {
		CLEANUP(msg_done) struct msg m, a;

		msg_init(&m, 0);
		msg_init(&a, TOK_ANSWER);
		if (msg_recv(fd, &m, DEADLINE_NONE) != ERR_OK ||
		    !answer(f, &m, &a.body) || !deliver(f, fd, m.type, &a))
			return;
	}
}

static void
serve(struct fake *f, int listener)
{
	int fd;

	for (;;) {
		if ((fd = accept(listener, NULL, NULL)) < 0)
			_exit(1);
		if (fork() == 0) {
			client(f, fd);
			_exit(0);
		}
		fd_close(&fd);
	}
}

struct fake *
fake_start(const char *path, pid_t *pid)
{
	struct fake *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t parent = getpid();
	int fd = -1;

	if (f == MAP_FAILED || fd_listen_unix(path, 0666, &fd) != ERR_OK)
		abort();
	/* a process for each client, which blocks */
	if (fcntl(fd, F_SETFL, 0) != 0 || (*pid = fork()) < 0)
		abort();
	if (*pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
		    getppid() != parent)
			_exit(1);
		(void)signal(SIGCHLD, SIG_IGN);
		serve(f, fd);
	}
	fd_close(&fd);
	return f;
}

void
fake_stop(struct fake **f, pid_t *pid)
{
	(void)kill(*pid, SIGKILL);
	(void)waitpid(*pid, NULL, 0);
	(void)munmap(*f, sizeof(**f));
	*f = NULL;
	*pid = 0;
}

void
fake_reset(struct fake *f, enum fake_key key)
{
	*f = (struct fake){ .pin = "123456", .tries = 3, .cards_n = 1 };
	f->cards[0] = (struct fake_card){
		.id = "com.apple.pivtoken:00112233445566778899AABBCCDDEEFF",
		.flags = TOKEN_LOGIN,
		.items_n = 2,
		.items = { { .slot = 0x9a,
			       .flags = ITEM_KEY | ITEM_SIGN | ITEM_LOGIN,
			       .key = key,
			       .cert = key },
		    { .slot = 0x9d,
			.flags = ITEM_KEY | ITEM_DERIVE,
			.key = FAKE_P256,
			.cert = FAKE_P256 } },
	};
}
