/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IFDHandler 3.0 whose every call is answered by a test: DEVICENAME is the
 * path of a socket there, to which each slot connects. One request and one
 * answer at a time for each; all numbers are 32 bits, in host order.
 *
 *	request  call, slot, argument, room for the answer, length, bytes
 *	answer   the code that the call returns, length, bytes
 *
 * The same file is loaded by pcscd and by scs-ifd.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "reader/ifd/abi.h"

#define EXPORT __attribute__((visibility("default")))
#define BYTES_MAX 70000u
#define SLOTS_MAX 16u

EXPORT ifdh_create_by_name_fn IFDHCreateChannelByName;
EXPORT ifdh_create_fn IFDHCreateChannel;
EXPORT ifdh_close_fn IFDHCloseChannel;
EXPORT ifdh_get_fn IFDHGetCapabilities;
EXPORT ifdh_set_fn IFDHSetCapabilities;
EXPORT ifdh_protocol_fn IFDHSetProtocolParameters;
EXPORT ifdh_power_fn IFDHPowerICC;
EXPORT ifdh_transmit_fn IFDHTransmitToICC;
EXPORT ifdh_control3_fn IFDHControl;
EXPORT ifdh_presence_fn IFDHICCPresence;

enum call {
	CALL_OPEN = 1,
	CALL_CLOSE,
	CALL_GET,
	CALL_SET,
	CALL_PROTOCOL,
	CALL_POWER,
	CALL_TRANSMIT,
	CALL_CONTROL,
	CALL_PRESENCE,
};

/* pcscd looks for cards in one thread and serves clients in others. */
static struct slot {
	pthread_mutex_t lock;
	int test; /* 0: not connected */
	uint8_t scrap[BYTES_MAX];
} slots[SLOTS_MAX];

static int
read_all(int test, void *to, size_t n)
{
	uint8_t *p = to;

	while (n > 0) {
		ssize_t r = recv(test, p, n, 0);

		if (r <= 0)
			return 0;
		p += r;
		n -= (size_t)r;
	}
	return 1;
}

static int
send_all(int test, const void *from, size_t n)
{
	const uint8_t *p = from;

	while (n > 0) {
		ssize_t r = send(test, p, n, MSG_NOSIGNAL);

		if (r <= 0)
			return 0;
		p += r;
		n -= (size_t)r;
	}
	return 1;
}

/* `wrote`: in, the room; out, what came back. NULL: no answer but a code. */
static long
ask(enum call call, ifdh_dword lun, ifdh_dword argument, const void *bytes,
    ifdh_dword n, void *room, ifdh_dword *wrote)
{
	uint32_t request[5] = { call, (uint32_t)(lun & 0xffff),
		(uint32_t)argument, wrote == NULL ? 0 : (uint32_t)*wrote,
		(uint32_t)n };
	uint32_t answer[2] = { IFDH_COMMUNICATION_ERROR, 0 };
	struct slot *s = &slots[lun % SLOTS_MAX];
	long code = IFDH_COMMUNICATION_ERROR;

	(void)pthread_mutex_lock(&s->lock);
	if (send_all(s->test, request, sizeof(request)) &&
	    send_all(s->test, bytes, n) &&
	    read_all(s->test, answer, sizeof(answer)) &&
	    answer[1] <= sizeof(s->scrap) &&
	    read_all(s->test, s->scrap, answer[1]))
		code = (long)answer[0];
	if (wrote != NULL && answer[1] > *wrote)
		code = IFDH_INSUFFICIENT_BUFFER;
	else if (wrote != NULL && (code == IFDH_SUCCESS || call != CALL_GET))
		memcpy(room, s->scrap, *wrote = answer[1]);
	(void)pthread_mutex_unlock(&s->lock);
	return code;
}

long
IFDHCreateChannelByName(ifdh_dword lun, char *device)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct slot *s = &slots[lun % SLOTS_MAX];

	if (s->test == 0) {
		(void)pthread_mutex_init(&s->lock, NULL);
		(void)strncpy(to.sun_path, device, sizeof(to.sun_path) - 1);
		s->test = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(s->test, (struct sockaddr *)&to, sizeof(to)) != 0)
			return IFDH_COMMUNICATION_ERROR;
	}
	return ask(CALL_OPEN, lun, 0, NULL, 0, NULL, NULL);
}

long
IFDHCreateChannel(ifdh_dword lun, ifdh_dword channel)
{
	(void)lun;
	(void)channel;
	return IFDH_COMMUNICATION_ERROR;
}

long
IFDHCloseChannel(ifdh_dword lun)
{
	return ask(CALL_CLOSE, lun, 0, NULL, 0, NULL, NULL);
}

long
IFDHGetCapabilities(
    ifdh_dword lun, ifdh_dword tag, ifdh_dword *length, uint8_t *value)
{
	return ask(CALL_GET, lun, tag, NULL, 0, value, length);
}

long
IFDHSetCapabilities(
    ifdh_dword lun, ifdh_dword tag, ifdh_dword length, uint8_t *value)
{
	return ask(CALL_SET, lun, tag, value, length, NULL, NULL);
}

long
IFDHSetProtocolParameters(ifdh_dword lun, ifdh_dword protocol, uint8_t flags,
    uint8_t pts1, uint8_t pts2, uint8_t pts3)
{
	const uint8_t bytes[] = { flags, pts1, pts2, pts3 };

	return ask(
	    CALL_PROTOCOL, lun, protocol, bytes, sizeof(bytes), NULL, NULL);
}

long
IFDHPowerICC(
    ifdh_dword lun, ifdh_dword action, uint8_t *atr, ifdh_dword *length)
{
	*length = 33; /* what every host has room for; not all of them say so */
	return ask(CALL_POWER, lun, action, NULL, 0, atr, length);
}

long
IFDHTransmitToICC(ifdh_dword lun, struct ifdh_pci send, uint8_t *tx,
    ifdh_dword tx_length, uint8_t *rx, ifdh_dword *rx_length,
    struct ifdh_pci *recv)
{
	(void)recv;
	return ask(
	    CALL_TRANSMIT, lun, send.protocol, tx, tx_length, rx, rx_length);
}

long
IFDHControl(ifdh_dword lun, ifdh_dword code, uint8_t *tx, ifdh_dword tx_length,
    uint8_t *rx, ifdh_dword rx_room, ifdh_dword *rx_length)
{
	*rx_length = rx_room;
	return ask(CALL_CONTROL, lun, code, tx, tx_length, rx, rx_length);
}

long
IFDHICCPresence(ifdh_dword lun)
{
	return ask(CALL_PRESENCE, lun, 0, NULL, 0, NULL, NULL);
}
