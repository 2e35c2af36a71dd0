/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that does what libpcsclite allows and nobody should: it shares a
 * connection between processes and threads, cancels from a signal handler, and
 * gives buffers of no, and of the greatest, length. beside_wrongheaded.py runs
 * it on pcscd and on ours; each line is a result.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <reader.h>
#include <winscard.h>

#define READERS 16
#define THREADS 8
#define LONGEST MAX_BUFFER_SIZE_EXTENDED

static const BYTE select_mf[] = { 0x00, 0xa4, 0x04, 0x00 };
static BYTE big[LONGEST + 1], room[LONGEST + 1];
static char reader[MAX_READERNAME];

static unsigned int
code(LONG rv)
{
	return (unsigned int)rv & 0xffffffffu;
}

static void
say(const char *what, LONG rv)
{
	printf("%s: %08x\n", what, code(rv));
	fflush(stdout);
}

static void
say_bytes(const char *what, LONG rv, const BYTE *p, DWORD n)
{
	printf("%s: %08x %lu ", what, code(rv), n);
	for (DWORD i = 0; rv == 0 && p != NULL && i < n && i < 32; i++)
		printf("%02x", p[i]);
	putchar('\n');
	fflush(stdout);
}

struct card {
	SCARDCONTEXT context;
	SCARDHANDLE handle;
	DWORD protocol;
};

static struct card
open_card(void)
{
	struct card c;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &c.context) !=
		0 ||
	    SCardConnect(c.context, reader, SCARD_SHARE_SHARED,
		SCARD_PROTOCOL_ANY, &c.handle, &c.protocol) != 0) {
		puts("no card: 0");
		exit(1);
	}
	return c;
}

static LONG
transmit(SCARDHANDLE handle)
{
	DWORD n = sizeof(room);

	return SCardTransmit(
	    handle, SCARD_PCI_T1, select_mf, sizeof(select_mf), NULL, room, &n);
}

/* ---- two processes with one connection */

static void
child_of(const char *what, struct card c, void (*body)(struct card))
{
	pid_t pid = fork();

	if (pid == 0) {
		body(c);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	printf("after the child that %s\n", what);
	say("  status",
	    SCardStatus(c.handle, NULL, NULL, NULL, NULL, NULL, NULL));
	say("  transmit", transmit(c.handle));
	say("  end", SCardEndTransaction(c.handle, SCARD_LEAVE_CARD));
	say("  disconnect", SCardDisconnect(c.handle, SCARD_LEAVE_CARD));
	say("  release", SCardReleaseContext(c.context));
}

static void
uses_it(struct card c)
{
	DWORD n = sizeof(room);

	say("child: list", SCardListReaders(c.context, NULL, (char *)room, &n));
	say("child: status",
	    SCardStatus(c.handle, NULL, NULL, NULL, NULL, NULL, NULL));
	say("child: transmit", transmit(c.handle));
}

static void
begins(struct card c)
{
	say("child: begin", SCardBeginTransaction(c.handle));
}

static void
disconnects(struct card c)
{
	say("child: disconnect", SCardDisconnect(c.handle, SCARD_RESET_CARD));
}

static void
releases(struct card c)
{
	say("child: release", SCardReleaseContext(c.context));
}

static void
processes(void)
{
	child_of("uses it", open_card(), uses_it);
	child_of("begins a transaction", open_card(), begins);
	child_of("disconnects", open_card(), disconnects);
	child_of("releases", open_card(), releases);
}

/* ---- threads with one connection */

static LONG
round_of(const struct card *c)
{
	SCARD_READERSTATE s = { .szReader = reader };
	BYTE answer[258];
	DWORD n = sizeof(answer);
	LONG rv;

	if ((rv = SCardTransmit(c->handle, SCARD_PCI_T1, select_mf,
		 sizeof(select_mf), NULL, answer, &n)) != 0 ||
	    (rv = SCardStatus(c->handle, NULL, NULL, NULL, NULL, NULL, NULL)) !=
		0 ||
	    (rv = SCardListReaders(c->context, NULL, NULL, &n)) != 0 ||
	    (rv = SCardBeginTransaction(c->handle)) != 0 ||
	    (rv = SCardEndTransaction(c->handle, SCARD_LEAVE_CARD)) != 0)
		return rv;
	return SCardGetStatusChange(c->context, 0, &s, 1);
}

static void *
busy(void *arg)
{
	LONG rv = 0;

	for (int i = 0; i < 30 && rv == 0; i++)
		rv = round_of(arg);
	return (void *)(size_t)code(rv);
}

static void
threads(void)
{
	struct card c = open_card();
	pthread_t t[THREADS];
	void *rv;

	for (int i = 0; i < THREADS; i++)
		(void)pthread_create(&t[i], NULL, busy, &c);
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(t[i], &rv);
		say("a thread of eight", (LONG)(size_t)rv);
	}
	say("release", SCardReleaseContext(c.context));
}

/* ---- cancelled from a signal handler */

static SCARDCONTEXT waiting;

static void
on_alarm(int sig)
{
	(void)sig;
	(void)SCardCancel(waiting);
}

static void
cancelled(void)
{
	const struct itimerval often = { { 0, 100000 }, { 0, 100000 } },
			       never = { { 0, 0 }, { 0, 0 } };
	struct card c = open_card();
	SCARD_READERSTATE s = { .szReader = "\\\\?PnP?\\Notification" };

	waiting = c.context;
	(void)signal(SIGALRM, on_alarm);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	say("cancelled by a handler",
	    SCardGetStatusChange(c.context, INFINITE, &s, 1));
	(void)setitimer(ITIMER_REAL, &never, NULL);
	say("and then", transmit(c.handle));
	say("release", SCardReleaseContext(c.context));
}

/* ---- buffers that the library makes */

static void
allocated(void)
{
	struct card c = open_card();
	DWORD n = SCARD_AUTOALLOCATE, m = SCARD_AUTOALLOCATE, state, protocol;
	char *text = NULL;
	BYTE *bytes = NULL;
	LONG rv;

	rv = SCardListReaders(c.context, NULL, (char *)&text, &n);
	say_bytes("readers", rv, (BYTE *)text, n);
	say("free", SCardFreeMemory(c.context, text));
	n = SCARD_AUTOALLOCATE;
	rv = SCardListReaderGroups(c.context, (char *)&text, &n);
	say_bytes("groups", rv, (BYTE *)text, n);
	say("free", SCardFreeMemory(c.context, text));
	n = SCARD_AUTOALLOCATE;
	rv = SCardStatus(
	    c.handle, (char *)&text, &n, &state, &protocol, (BYTE *)&bytes, &m);
	say_bytes("status: name", rv, (BYTE *)text, n);
	say_bytes("status: answer to reset", rv, bytes, m);
	say("free", SCardFreeMemory(c.context, text));
	say("free", SCardFreeMemory(c.context, bytes));
	n = SCARD_AUTOALLOCATE;
	bytes = NULL;
	rv = SCardGetAttrib(
	    c.handle, SCARD_ATTR_DEVICE_FRIENDLY_NAME, (BYTE *)&bytes, &n);
	say_bytes("attribute", rv, bytes, n);
	n = SCARD_AUTOALLOCATE;
	rv = SCardGetAttrib(c.handle, 0x00dead, (BYTE *)&bytes, &n);
	say("no such attribute", rv);
	say("free nothing", SCardFreeMemory(c.context, NULL));
	say("release", SCardReleaseContext(c.context));
}

/* ---- nothing, and too much */

/* What is wrong with it may cost the connection: each has its own. */
static void
one_transmit(const char *what, DWORD send, DWORD receive, bool nowhere)
{
	struct card c = open_card();
	DWORD n = receive;
	LONG rv;

	memcpy(big, select_mf, sizeof(select_mf));
	rv = SCardTransmit(c.handle, SCARD_PCI_T1, send > 0 ? big : NULL, send,
	    NULL, nowhere ? NULL : room, &n);
	say_bytes(what, rv, nowhere ? NULL : room, n);
	say("  and then", transmit(c.handle));
	(void)SCardReleaseContext(c.context);
}

static void
one_control(const char *what, DWORD send, DWORD receive, bool nowhere)
{
	struct card c = open_card();
	DWORD n = 77;
	LONG rv = SCardControl(c.handle, SCARD_CTL_CODE(1),
	    send > 0 ? big : NULL, send, nowhere ? NULL : room, receive, &n);

	say_bytes(what, rv, nowhere ? NULL : room, n);
	say("  and then", transmit(c.handle));
	(void)SCardReleaseContext(c.context);
}

static void
lengths(void)
{
	static const struct {
		const char *what;
		DWORD send, receive;
		bool nowhere;
	} rows[] = {
		{ "nothing", 0, 0, false },
		{ "nothing at all", 0, 0, true },
		{ "nothing sent", 0, 258, false },
		{ "no room", 4, 0, false },
		{ "nowhere", 4, 258, true },
		{ "one byte of room", 4, 1, false },
		{ "one byte sent", 1, 258, false },
		{ "the longest", LONGEST, LONGEST, false },
		{ "one more sent", LONGEST + 1, LONGEST, false },
		{ "one more of room", 4, LONGEST + 1, false },
		{ "room without end", 4, SCARD_AUTOALLOCATE, false },
	};
	char what[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(what, sizeof(what), "transmit %s", rows[i].what);
		one_transmit(
		    what, rows[i].send, rows[i].receive, rows[i].nowhere);
		/* the library itself loses count of the answer's bytes */
		if (rows[i].nowhere && rows[i].receive > 0)
			continue;
		(void)snprintf(what, sizeof(what), "control %s", rows[i].what);
		one_control(
		    what, rows[i].send, rows[i].receive, rows[i].nowhere);
	}
}

static void
nulls(void)
{
	struct card c = open_card();
	SCARDHANDLE h;
	DWORD n = 0, p;

	say("context nowhere",
	    SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, NULL));
	say("readers nowhere", SCardListReaders(c.context, NULL, NULL, NULL));
	say("readers in none",
	    SCardListReaders(c.context, NULL, (char *)room, &n));
	say("connect to nothing", SCardConnect(c.context, NULL, 2, 3, &h, &p));
	say("connect nowhere", SCardConnect(c.context, reader, 2, 3, NULL, &p));
	say("connect without protocol",
	    SCardConnect(c.context, reader, 2, 3, &h, NULL));
	say("connect to \"\"", SCardConnect(c.context, "", 2, 3, &h, &p));
	memset(big, 'x', 200);
	big[200] = '\0';
	say("connect to a long name",
	    SCardConnect(c.context, (char *)big, 2, 3, &h, &p));
	say("reconnect", SCardReconnect(c.handle, 2, 3, 0, NULL));
	say("no states", SCardGetStatusChange(c.context, 0, NULL, 1));
	say("none of them", SCardGetStatusChange(c.context, 0, NULL, 0));
	say("transmit without protocol",
	    SCardTransmit(c.handle, NULL, select_mf, 4, NULL, room, &n));
	say("transmit without length",
	    SCardTransmit(
		c.handle, SCARD_PCI_T1, select_mf, 4, NULL, room, NULL));
	say("control without length",
	    SCardControl(c.handle, SCARD_CTL_CODE(1), NULL, 0, NULL, 0, NULL));
	say("attribute without length",
	    SCardGetAttrib(c.handle, SCARD_ATTR_ATR_STRING, room, NULL));
	say("attribute set to nothing",
	    SCardSetAttrib(c.handle, SCARD_ATTR_ATR_STRING, NULL, 0));
	say("attribute set to too much",
	    SCardSetAttrib(c.handle, SCARD_ATTR_ATR_STRING, big, 265));
	say("end in no way", SCardEndTransaction(c.handle, 99));
	say("no context", SCardIsValidContext(c.context + 1));
	say("no handle", SCardBeginTransaction(c.handle + 1));
	say("disconnect in no way", SCardDisconnect(c.handle, 99));
	say("disconnect", SCardDisconnect(c.handle, SCARD_LEAVE_CARD));
	say("twice", SCardDisconnect(c.handle, SCARD_LEAVE_CARD));
	say("release", SCardReleaseContext(c.context));
	say("twice", SCardReleaseContext(c.context));
}

/* ---- what a reader tells of itself */

/* All that reader.h has a name for, and some that it has not. */
static const DWORD tags[] = { SCARD_ATTR_VENDOR_NAME,
	SCARD_ATTR_VENDOR_IFD_TYPE, SCARD_ATTR_VENDOR_IFD_VERSION,
	SCARD_ATTR_VENDOR_IFD_SERIAL_NO, SCARD_ATTR_CHANNEL_ID,
	SCARD_ATTR_ASYNC_PROTOCOL_TYPES, SCARD_ATTR_DEFAULT_CLK,
	SCARD_ATTR_MAX_CLK, SCARD_ATTR_DEFAULT_DATA_RATE,
	SCARD_ATTR_MAX_DATA_RATE, SCARD_ATTR_MAX_IFSD,
	SCARD_ATTR_SYNC_PROTOCOL_TYPES, SCARD_ATTR_POWER_MGMT_SUPPORT,
	SCARD_ATTR_USER_TO_CARD_AUTH_DEVICE, SCARD_ATTR_USER_AUTH_INPUT_DEVICE,
	SCARD_ATTR_CHARACTERISTICS, SCARD_ATTR_CURRENT_PROTOCOL_TYPE,
	SCARD_ATTR_CURRENT_CLK, SCARD_ATTR_CURRENT_F, SCARD_ATTR_CURRENT_D,
	SCARD_ATTR_CURRENT_N, SCARD_ATTR_CURRENT_W, SCARD_ATTR_CURRENT_IFSC,
	SCARD_ATTR_CURRENT_IFSD, SCARD_ATTR_CURRENT_BWT, SCARD_ATTR_CURRENT_CWT,
	SCARD_ATTR_CURRENT_EBC_ENCODING, SCARD_ATTR_EXTENDED_BWT,
	SCARD_ATTR_ICC_PRESENCE, SCARD_ATTR_ICC_INTERFACE_STATUS,
	SCARD_ATTR_CURRENT_IO_STATE, SCARD_ATTR_ATR_STRING,
	SCARD_ATTR_ICC_TYPE_PER_ATR, SCARD_ATTR_ESC_RESET,
	SCARD_ATTR_ESC_CANCEL, SCARD_ATTR_ESC_AUTHREQUEST, SCARD_ATTR_MAXINPUT,
	SCARD_ATTR_DEVICE_UNIT, SCARD_ATTR_DEVICE_IN_USE,
	SCARD_ATTR_DEVICE_FRIENDLY_NAME_A, SCARD_ATTR_DEVICE_SYSTEM_NAME_A,
	SCARD_ATTR_DEVICE_FRIENDLY_NAME_W, SCARD_ATTR_DEVICE_SYSTEM_NAME_W,
	SCARD_ATTR_SUPRESS_T1_IFS_REQUEST, 0, 1, 0x0fae, 0x0fad, 0x0fac, 0x0fb1,
	0x7fffffff, 0xffffffff };

static void
attributes(void)
{
	static const DWORD rooms[] = { 0, 1, 3, 4, 33, MAX_BUFFER_SIZE,
		MAX_BUFFER_SIZE + 1 };
	struct card c = open_card();
	char what[32];

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		for (size_t k = 0; k < sizeof(rooms) / sizeof(rooms[0]); k++) {
			DWORD n = rooms[k];
			LONG rv = SCardGetAttrib(c.handle, tags[i], room, &n);

			(void)snprintf(what, sizeof(what), "%08lx in %lu",
			    tags[i], rooms[k]);
			say_bytes(what, rv, room, n);
		}
		(void)snprintf(what, sizeof(what), "%08lx nowhere", tags[i]);
		say(what,
		    SCardGetAttrib(c.handle, tags[i], NULL, &(DWORD){ 0 }));
		(void)snprintf(what, sizeof(what), "%08lx set", tags[i]);
		say(what, SCardSetAttrib(c.handle, tags[i], select_mf, 4));
	}
	(void)SCardReleaseContext(c.context);
}

static void
features(void)
{
	struct card c = open_card();
	char what[32];

	for (DWORD i = 0; i < 0x40; i++) {
		DWORD at = i == 0 ? CM_IOCTL_GET_FEATURE_REQUEST
		    : i < 0x30    ? SCARD_CTL_CODE(i)
				  : 0x42330000 + i - 0x30;
		DWORD n = 0;
		LONG rv = SCardControl(
		    c.handle, at, big, i % 4, room, sizeof(room) - 1, &n);

		(void)snprintf(what, sizeof(what), "control %08lx", at);
		say_bytes(what, rv, room, n);
	}
	(void)SCardReleaseContext(c.context);
}

/* ---- sixteen readers, a context for each and one more */

struct waiter {
	SCARD_READERSTATE s[2];
	SCARDCONTEXT context;
	pthread_t thread;
	LONG rv;
	volatile bool done;
};

static void *
waits(void *arg)
{
	struct waiter *w = arg;

	w->rv = SCardGetStatusChange(w->context, INFINITE, w->s, 2);
	w->done = true;
	return NULL;
}

static void
start(struct waiter *w, const char *name)
{
	*w = (struct waiter){ .s = { { .szReader = name },
				  { .szReader = "\\\\?PnP?\\Notification" } } };
	(void)SCardEstablishContext(
	    SCARD_SCOPE_SYSTEM, NULL, NULL, &w->context);
	(void)SCardGetStatusChange(w->context, 0, w->s, 2);
	for (int i = 0; i < 2; i++)
		w->s[i].dwCurrentState =
		    w->s[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	(void)pthread_create(&w->thread, NULL, waits, w);
}

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

static void
sixteen(void)
{
	static struct waiter w[READERS];
	static char names[READERS][MAX_READERNAME];
	char what[32];

	for (unsigned int i = 0; i < READERS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%.*s%02X",
		    (int)strlen(reader) - 2, reader, i);
		start(&w[i], names[i]);
	}
	puts("CARD IN 5");
	fflush(stdout);
	while (!w[5].done)
		pause_ms(10);
	for (unsigned int i = 0; i < READERS; i++) {
		/* who has not begun to wait cannot be cancelled */
		while (!w[i].done) {
			(void)SCardCancel(w[i].context);
			pause_ms(20);
		}
		(void)pthread_join(w[i].thread, NULL);
		(void)snprintf(what, sizeof(what), "reader %u", i);
		printf("%s: %08x %04lx %lu %04lx\n", what, code(w[i].rv),
		    w[i].s[0].dwEventState & 0xffff, w[i].s[0].cbAtr,
		    w[i].s[1].dwEventState & 0xffff);
		say(what, SCardReleaseContext(w[i].context));
	}
	puts("CARD OUT 5");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*body)(void);
	} parts[] = {
		{ "processes", processes },
		{ "threads", threads },
		{ "cancelled", cancelled },
		{ "allocated", allocated },
		{ "lengths", lengths },
		{ "nulls", nulls },
		{ "attributes", attributes },
		{ "features", features },
		{ "sixteen", sixteen },
	};

	if (argc != 3)
		return 2;
	(void)snprintf(reader, sizeof(reader), "%s", argv[2]);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(argv[1], parts[i].name) == 0)
			parts[i].body();
	}
	return 0;
}
