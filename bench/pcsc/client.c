/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command does with the PC/SC interface. */
#include <reader.h>

#include "bench.h"

#define READERS_MAX 16
#define LIST_MAX (READERS_MAX * MAX_READERNAME)

SCARDCONTEXT
establish(void)
{
	SCARDCONTEXT context;

	need("SCardEstablishContext",
	    SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context));
	return context;
}

const char *
reader_name(SCARDCONTEXT context, unsigned int n)
{
	static char list[LIST_MAX];
	static const char *names[READERS_MAX];
	static unsigned int names_n;
	DWORD len = sizeof(list);

	if (names_n == 0) {
		need("SCardListReaders",
		    SCardListReaders(context, NULL, list, &len));
		for (char *p = list; *p != '\0' && names_n < READERS_MAX;
		     p += strlen(p) + 1)
			names[names_n++] = p;
	}
	if (names_n == 0)
		fatal("no reader", SCARD_E_NO_READERS_AVAILABLE);
	return names[n % names_n];
}

LONG
connect_card(SCARDCONTEXT context, unsigned int n, SCARDHANDLE *card)
{
	DWORD protocol;

	return SCardConnect(context, reader_name(context, n),
	    SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, card,
	    &protocol);
}

uint8_t *
make_apdu(void)
{
	uint8_t *apdu = calloc(1, opt.send);

	if (apdu == NULL)
		fatal("memory", 0);
	apdu[0] = 0x80;
	apdu[1] = 0x10;
	apdu[2] = (uint8_t)((opt.recv - 2) >> 8);
	apdu[3] = (uint8_t)(opt.recv - 2);
	return apdu;
}

LONG
transmit(SCARDHANDLE card, const uint8_t *apdu)
{
	static uint8_t answer[MAX_BUFFER_SIZE_EXTENDED];
	DWORD len = sizeof(answer);
	LONG rv = SCardTransmit(
	    card, SCARD_PCI_T1, apdu, opt.send, NULL, answer, &len);

	if (rv == SCARD_S_SUCCESS && len != opt.recv)
		return SCARD_F_INTERNAL_ERROR;
	return rv;
}
