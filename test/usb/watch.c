/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients of libpcsclite for the test machine; every line is written at
 * once.
 *
 *	watch list            each reader, "card" or "empty", and its name
 *	watch events          what happens to readers and cards, as it happens
 *	watch use PART        commands to the card in the reader whose name has
 *	                      PART, ten a second, until one fails: "used N times,
 *	                      then CODE"
 *	watch send PART HEX   one command, and the answer or "then CODE"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winscard.h>

#define READERS 16

static SCARDCONTEXT context;
static SCARD_READERSTATE states[READERS];
static size_t states_n;

static void
say(const char *name, const char *what)
{
	(void)printf("%s: %s\n", name, what);
	(void)fflush(stdout);
}

static void
must(const char *what, LONG rv)
{
	if (rv == SCARD_S_SUCCESS)
		return;
	(void)printf("%s: 0x%08lX\n", what, (unsigned long)rv);
	exit(1);
}

static char *
readers(void)
{
	static char list[4096];
	DWORD n = sizeof(list);
	LONG rv = SCardListReaders(context, NULL, list, &n);

	if (rv == (LONG)SCARD_E_NO_READERS_AVAILABLE)
		list[0] = list[1] = '\0';
	else
		must("SCardListReaders", rv);
	return list;
}

static const SCARD_READERSTATE *
known(const char *name)
{
	for (size_t i = 1; i < states_n; i++) {
		if (strcmp(states[i].szReader, name) == 0)
			return &states[i];
	}
	return NULL;
}

static void
add_new(void)
{
	for (char *name = readers(); *name != '\0'; name += strlen(name) + 1) {
		if (known(name) != NULL || states_n == READERS)
			continue;
		states[states_n] =
		    (SCARD_READERSTATE){ .szReader = strdup(name) };
		states_n++;
		say(name, "there");
	}
}

static void
tell(SCARD_READERSTATE *s)
{
	DWORD now = s->dwEventState, was = s->dwCurrentState;

	s->dwCurrentState = now & ~(DWORD)SCARD_STATE_CHANGED;
	if ((now ^ was) & SCARD_STATE_PRESENT)
		say(s->szReader,
		    now & SCARD_STATE_PRESENT ? "card in" : "card out");
}

static void
drop_gone(void)
{
	for (size_t i = 1; i < states_n;) {
		if ((states[i].dwEventState &
			(SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE)) == 0) {
			i++;
			continue;
		}
		say(states[i].szReader, "gone");
		states[i] = states[--states_n];
	}
}

static int
events(void)
{
	LONG rv;

	states[0].szReader = "\\\\?PnP?\\Notification";
	states_n = 1;
	for (;;) {
		add_new();
		rv = SCardGetStatusChange(context, INFINITE, states, states_n);
		if (rv != (LONG)SCARD_E_UNKNOWN_READER)
			must("SCardGetStatusChange", rv);
		else
			/* one went between the two calls: ask for each */
			for (size_t i = 1; i < states_n; i++)
				if (SCardGetStatusChange(context, 0, &states[i],
					1) == (LONG)SCARD_E_UNKNOWN_READER)
					states[i].dwEventState =
					    SCARD_STATE_UNKNOWN;
		for (size_t i = 1; i < states_n; i++)
			tell(&states[i]);
		drop_gone();
		states[0].dwCurrentState = 0;
	}
}

static const char *
with(const char *part)
{
	for (char *name = readers(); *name != '\0'; name += strlen(name) + 1) {
		if (strstr(name, part) != NULL)
			return name;
	}
	return NULL;
}

static int
list(void)
{
	for (char *name = readers(); *name != '\0'; name += strlen(name) + 1) {
		SCARD_READERSTATE s = { .szReader = name };

		/* it may have gone since */
		if (SCardGetStatusChange(context, 0, &s, 1) == SCARD_S_SUCCESS)
			(void)printf("%s %s\n",
			    s.dwEventState & SCARD_STATE_PRESENT ? "card"
								 : "empty",
			    name);
	}
	return 0;
}

static SCARDHANDLE card;
static DWORD protocol;

static int
connect_to(const char *part)
{
	const char *name = with(part);

	if (name == NULL)
		return puts("no such reader"), 1;
	must("SCardConnect",
	    SCardConnect(context, name, SCARD_SHARE_SHARED,
		SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol));
	return 0;
}

static LONG
transmit(const BYTE *command, DWORD n, BYTE *answer, DWORD *answer_n)
{
	return SCardTransmit(card,
	    protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
	    command, n, NULL, answer, answer_n);
}

static int
use(const char *part)
{
	static const BYTE select_piv[] = { 0x00, 0xa4, 0x04, 0x00, 0x05, 0xa0,
		0x00, 0x00, 0x03, 0x08 };
	BYTE answer[300];
	unsigned int used = 0;
	DWORD n;
	LONG rv;

	if (connect_to(part) != 0)
		return 1;
	for (;;) {
		n = sizeof(answer);
		rv = transmit(select_piv, sizeof(select_piv), answer, &n);
		if (rv != SCARD_S_SUCCESS)
			break;
		if (++used == 1)
			say(part, "in use");
		(void)usleep(100000);
	}
	(void)printf("used %u times, then 0x%08lX\n", used, (unsigned long)rv);
	return 0;
}

static int
send_one(const char *part, const char *hex)
{
	static BYTE command[MAX_BUFFER_SIZE_EXTENDED];
	static BYTE answer[MAX_BUFFER_SIZE_EXTENDED];
	DWORD n = 0, answer_n = sizeof(answer);
	LONG rv;

	if (connect_to(part) != 0)
		return 1;
	while (n < sizeof(command) &&
	    sscanf(hex + 2 * n, "%2hhx", &command[n]) == 1)
		n++;
	rv = transmit(command, n, answer, &answer_n);
	if (rv != SCARD_S_SUCCESS)
		return printf("then 0x%08lX\n", (unsigned long)rv), 1;
	for (DWORD i = 0; i < answer_n; i++)
		(void)printf("%02x", answer[i]);
	return puts(""), 0;
}

int
main(int argc, char **argv)
{
	must("SCardEstablishContext",
	    SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context));
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	if (argc == 2 && strcmp(argv[1], "events") == 0)
		return events();
	if (argc == 3 && strcmp(argv[1], "use") == 0)
		return use(argv[2]);
	if (argc == 4 && strcmp(argv[1], "send") == 0)
		return send_one(argv[2], argv[3]);
	return fputs("usage: watch list | events | use PART | send PART HEX\n",
		   stderr),
	       2;
}
