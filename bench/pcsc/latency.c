/* SPDX-License-Identifier: BSD-2-Clause */
/* One client, one call again and again. */
#include <reader.h>

#include "bench.h"

static struct client me;

static void
call_transmit(void)
{
	need("SCardTransmit", transmit(me.card, me.apdu));
}

static void
call_txn(void)
{
	need("SCardBeginTransaction", SCardBeginTransaction(me.card));
	need("SCardEndTransaction",
	    SCardEndTransaction(me.card, SCARD_LEAVE_CARD));
}

static void
call_status(void)
{
	char name[MAX_READERNAME];
	DWORD name_len = sizeof(name), atr_len = MAX_ATR_SIZE, state, protocol;
	uint8_t atr[MAX_ATR_SIZE];

	need("SCardStatus",
	    SCardStatus(
		me.card, name, &name_len, &state, &protocol, atr, &atr_len));
}

static void
call_control(void)
{
	uint8_t out[16];
	DWORD out_len;

	need("SCardControl",
	    SCardControl(me.card, SCARD_CTL_CODE(1), "ping", 4, out,
		sizeof(out), &out_len));
	if (out_len != 4)
		fatal("SCardControl: wrong answer", 0);
}

static void
call_cycle(void)
{
	SCARDCONTEXT context = establish();
	SCARDHANDLE card;

	need("SCardConnect", connect_card(context, 0, &card));
	need("SCardDisconnect", SCardDisconnect(card, SCARD_LEAVE_CARD));
	need("SCardReleaseContext", SCardReleaseContext(context));
}

static void
call_list(void)
{
	char list[16 * MAX_READERNAME];
	DWORD len = sizeof(list);

	need(
	    "SCardListReaders", SCardListReaders(me.context, NULL, list, &len));
}

static void
call_changes(void)
{
	static SCARD_READERSTATE state;
	LONG rv;

	state.szReader = reader_name(me.context, 0);
	rv = SCardGetStatusChange(me.context, 0, &state, 1);
	if (rv != SCARD_S_SUCCESS && rv != (LONG)SCARD_E_TIMEOUT)
		fatal("SCardGetStatusChange", rv);
	state.dwCurrentState = state.dwEventState;
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{ "transmit", call_transmit },
	{ "txn", call_txn },
	{ "status", call_status },
	{ "control", call_control },
	{ "cycle", call_cycle },
	{ "listreaders", call_list },
	{ "getstatus0", call_changes },
};

static void
measure(const char *name, void (*call)(void))
{
	unsigned int n = opt.iterations;
	uint64_t *ns = calloc(n, sizeof(*ns)), t;

	if (ns == NULL)
		fatal("memory", 0);
	for (unsigned int i = 0; i < n / 20 + 10; i++)
		call();
	for (unsigned int i = 0; i < n; i++) {
		t = now_ns();
		call();
		ns[i] = now_ns() - t;
	}
	printf("{\"bench\":\"%s\",", name);
	print_figures("us", ns, n);
	printf("}\n");
	free(ns);
}

int
run_latency(const char *name)
{
	void (*call)(void) = NULL;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, name) == 0)
			call = calls[i].call;
	}
	if (call == NULL)
		return 2;
	me.apdu = make_apdu();
	me.context = establish();
	/* a cycle shows the first connection to the card, not the second */
	if (call != call_cycle)
		need("SCardConnect", connect_card(me.context, 0, &me.card));
	measure(name, call);
	return 0;
}
