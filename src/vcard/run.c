/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-vcard run: the card in a reader, and the socket of the hand that holds
 * it. One loop: the reader, the listening socket, one control client at a time.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "vcard/command.h"
#include "vcard/control.h"
#include "vcard/link.h"

#define RETRY_MS 100 /* between attempts to reach the reader */
#define COMMAND_MAX 16384 /* of a control command: a rule may hold an answer */
#define ANSWER_MAX (TRACE_MAX + 65536)
#define SEND_MS 5000

struct run {
	const char *where; /* the reader */
	const char *control; /* path, or NULL */
	bool once; /* end when the reader closes */
	struct link link;
	struct hand hand;
	int listener, client; /* -1: none */
	struct buf line; /* of the control client, not whole yet */
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig UNUSED)
{
	stopped = 1;
}

static void
on_trace(const char *line, void *ctx)
{
	struct buf *b = ctx;

	if (b->n + strlen(line) + 1 > b->max)
		return;
	buf_put(b, span_str(line));
	buf_put_u8(b, '\n');
}

static void
run_done(struct run *r)
{
	link_done(&r->link);
	fd_close(&r->client);
	fd_close(&r->listener);
	if (r->control != NULL)
		(void)unlink(r->control);
	vcard_free(&r->hand.card);
	buf_done(&r->hand.trace);
	buf_done(&r->line);
}

/* Bring the link to where the hand wants the card. */
static void
settle(struct run *r)
{
	if (r->hand.want_in && r->link.fd < 0 &&
	    link_connect(&r->link, r->where, NULL) == ERR_OK)
		vcard_power(r->hand.card, false);
	if (!r->hand.want_in && r->link.fd >= 0) {
		fd_close(&r->link.fd);
		vcard_power(r->hand.card, false);
	}
	r->hand.is_in = r->link.fd >= 0;
}

static void
serve_reader(struct run *r)
{
	bool powered = vcard_powered(r->hand.card);

	if (link_serve(&r->link, r->hand.card) == ERR_OK)
		return;
	/* lost power by itself: a rule pulled it, it stays out */
	if (powered && !vcard_powered(r->hand.card))
		r->hand.want_in = false;
	vcard_power(r->hand.card, false);
	r->hand.is_in = false;
	if (r->once)
		r->hand.quit = true;
}

static void
accept_client(struct run *r)
{
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	fd_close(&r->client);
	buf_reset(&r->line);
	r->client = fd;
}

/* Every whole line; the answer is sent after what it asked for was done. */
static err_t
client_lines(struct run *r)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(ANSWER_MAX);
	uint8_t *end;
	size_t n;

	while (r->line.n > 0 &&
	    (end = memchr(r->line.p, '\n', r->line.n)) != NULL) {
		n = (size_t)(end - r->line.p);
		*end = '\0';
		control_line(&r->hand, (const char *)r->line.p, &out);
		buf_drop(&r->line, n + 1);
		settle(r);
	}
	if (buf_status(&out) != ERR_OK)
		return buf_status(&out);
	return fd_write_all(r->client, buf_span(&out), deadline_in(SEND_MS));
}

static void
serve_client(struct run *r)
{
	uint8_t chunk[1024];
	ssize_t n = recv(r->client, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_put(&r->line, span_from(chunk, (size_t)n));
	if (n <= 0 || buf_status(&r->line) != ERR_OK ||
	    client_lines(r) != ERR_OK)
		fd_close(&r->client);
}

static void
loop(struct run *r)
{
	while (!r->hand.quit && !stopped) {
		struct pollfd p[] = {
			{ .fd = r->link.fd, .events = POLLIN },
			{ .fd = r->listener, .events = POLLIN },
			{ .fd = r->client, .events = POLLIN },
		};
		bool waits = r->hand.want_in && r->link.fd < 0;

		if (poll(p, nitems(p), waits ? RETRY_MS : -1) < 0 &&
		    errno != EINTR)
			return;
		if (p[0].revents != 0)
			serve_reader(r);
		if (p[2].revents != 0)
			serve_client(r);
		if (p[1].revents != 0)
			accept_client(r);
		settle(r);
	}
}

static int
start(struct run *r, const char *file, const char *rule)
{
	struct why why = { 0 };
	err_t e;

	if ((e = vcard_open(file, &r->hand.card, &why)))
		return command_failed(file, e, &why);
	vcard_on_trace(r->hand.card, on_trace, &r->hand.trace);
	if (rule != NULL && (e = vcard_misbehave(r->hand.card, rule, &why)))
		return command_failed("--misbehave", e, &why);
	if (r->control != NULL &&
	    (e = fd_listen_unix(r->control, 0600, &r->listener))) {
		const char *path = r->control;

		r->control = NULL; /* not ours to remove */
		return command_failed(path, e, NULL);
	}
	if (r->hand.want_in && r->once &&
	    (e = link_connect(&r->link, r->where, &why)))
		return command_failed("run", e, &why);
	r->hand.is_in = r->link.fd >= 0;
	settle(r);
	loop(r);
	return EXIT_OK;
}

static bool
where_ok(const char *where)
{
	return where != NULL &&
	    (strncmp(where, "unix:", 5) == 0 || strncmp(where, "tcp:", 4) == 0);
}

int
run_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "connect", required_argument, NULL, 'c' },
		{ "control", required_argument, NULL, 'C' },
		{ "misbehave", required_argument, NULL, 'm' },
		{ "once", no_argument, NULL, '1' },
		{ "out", no_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	CLEANUP(run_done)
	struct run r = { .listener = -1,
		.client = -1,
		.hand = { .want_in = true, .trace = BUF_INIT(TRACE_MAX) },
		.line = BUF_INIT(COMMAND_MAX) };
	const struct sigaction act = { .sa_handler = on_signal };
	const char *rule = NULL;
	int id;

	link_init(&r.link);
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (id == '?')
			return command_usage("run: wrong option");
		if (id == 'c')
			r.where = optarg;
		else if (id == 'C')
			r.control = optarg;
		else if (id == 'm')
			rule = optarg;
		else if (id == '1')
			r.once = true;
		else
			r.hand.want_in = false;
	}
	if (argc - optind != 1 || !where_ok(r.where))
		return command_usage("run: FILE and --connect are wanted");
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGINT, &act, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return start(&r, argv[optind], rule);
}
