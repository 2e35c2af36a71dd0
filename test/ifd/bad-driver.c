/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IFDHandler 3.0 that behaves as its DEVICENAME and its commands tell it.
 * It has one slot, and a card in it that answers 90 00 to everything else.
 *
 *	DEVICENAME "well", "hang-open", "crash-open", "hang-presence",
 *	"hang-power", "long-atr", "no-atr"; "two": it has two slots;
 *	"two-at-once", "sixteen-at-once": which may be called at the same time;
 *	a path, up to a colon: it opens that for writing
 *
 *	command  what the driver does
 *	00 E1    crashes
 *	00 E2    hangs
 *	00 E3    claims 100,000 bytes
 *	00 E4    leaks 64 MiB, and answers 90 00 as long as there is any
 *	00 E5    answers one byte
 *	00 E6    closes its host's channel with rubbish, and hangs
 *	00 E7    tries what a driver has no business with: 90 00 if all failed,
 *	         also when it was loaded; otherwise 6F and which one did not
 *	00 E8    says that the card has gone
 *	00 E9    as E4, of memory that could be shared
 *	00 EA    makes threads until there are no more, and ends them: 6F if
 *	         that takes more than a thousand
 *	00 EB    gets no word out of its reader from then on
 *	00 EC    sees the card from then on, but has no answer from it
 *	00 ED    waits until another slot gets
 *	00 EE    which does nothing else
 *	00 EF    waits for that as well, and crashes
 *	00 F0    closes its host's socket for requests, and hangs
 *	00 F1    the same of the pipe for answers
 *	00 F2    prints, on standard output and error, what looks like a line of
 *	         another process, and many more: 6F if that was not let through
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ifd/forbidden.h"
#include "reader/ifd/abi.h"

#define EXPORT __attribute__((visibility("default")))
#define LEAK (64ul * 1024 * 1024)
#define LIE 100000ul

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

static char behaviour[64];
static int blind, deaf;

static int
is(const char *what)
{
	return strcmp(behaviour, what) == 0;
}

static void
hang(void)
{
	for (;;)
		(void)sleep(1000);
}

static void
crash(void)
{
	(void)raise(SIGSEGV);
}

static int
opens(const char *device)
{
	char node[PATH_MAX];
	int fd;

	(void)snprintf(
	    node, sizeof(node), "%.*s", (int)strcspn(device, ":"), device);
	fd = open(node, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 && close(fd) == 0;
}

long
IFDHCreateChannelByName(ifdh_dword lun, char *device)
{
	(void)lun;
	if (device[0] == '/' && !opens(device))
		return IFDH_COMMUNICATION_ERROR;
	(void)strncpy(behaviour, device, sizeof(behaviour) - 1);
	if (is("hang-open"))
		hang();
	if (is("crash-open"))
		crash();
	return IFDH_SUCCESS;
}

long
IFDHCreateChannel(ifdh_dword lun, ifdh_dword channel)
{
	(void)lun;
	(void)channel;
	return IFDH_SUCCESS;
}

long
IFDHCloseChannel(ifdh_dword lun)
{
	(void)lun;
	return IFDH_SUCCESS;
}

static unsigned int
slots(void)
{
	return is("two") || is("two-at-once") ? 2
	    : is("sixteen-at-once")           ? 16
					      : 1;
}

long
IFDHGetCapabilities(
    ifdh_dword lun, ifdh_dword tag, ifdh_dword *length, uint8_t *value)
{
	(void)lun;
	if (tag == IFDH_TAG_SLOTS)
		value[0] = (uint8_t)slots();
	else if (tag == IFDH_TAG_SLOTS_AT_ONCE && strstr(behaviour, "-at-once"))
		value[0] = 1;
	else
		return IFDH_TAG_UNKNOWN;
	*length = 1;
	return IFDH_SUCCESS;
}

long
IFDHSetCapabilities(
    ifdh_dword lun, ifdh_dword tag, ifdh_dword length, uint8_t *value)
{
	(void)lun;
	(void)tag;
	(void)length;
	(void)value;
	return IFDH_NOT_SUPPORTED;
}

long
IFDHSetProtocolParameters(ifdh_dword lun, ifdh_dword protocol, uint8_t flags,
    uint8_t pts1, uint8_t pts2, uint8_t pts3)
{
	(void)lun;
	(void)protocol;
	(void)flags;
	(void)pts1;
	(void)pts2;
	(void)pts3;
	return IFDH_SUCCESS;
}

long
IFDHPowerICC(
    ifdh_dword lun, ifdh_dword action, uint8_t *atr, ifdh_dword *length)
{
	static const uint8_t own[] = { 0x3b, 0x80, 0x01, 0x81 };

	(void)lun;
	if (is("hang-power"))
		hang();
	*length = 0;
	if (action == IFDH_POWER_DOWN || is("no-atr"))
		return IFDH_SUCCESS;
	memcpy(atr, own, sizeof(own));
	*length = is("long-atr") ? LIE : sizeof(own);
	return IFDH_SUCCESS;
}

/* What its constructor got away with, before anybody has called it. */
static int early;

__attribute__((constructor)) static void
try_early(void)
{
	early = forbidden();
}

static void
rubbish(void)
{
	static const uint8_t junk[64] = { 0xff, 0xff, 0xff, 0xff };

	(void)send(3, junk, sizeof(junk), 0); /* where nobody listens */
	(void)!write(4, junk, sizeof(junk));
	(void)raise(SIGSTOP); /* not even its host's threads go on */
	hang();
}

/* One of the two ways between its host and scs-readerd is gone, and it stays. */
static void
hang_up(int fd)
{
	(void)close(fd);
	(void)raise(SIGSTOP);
	hang();
}

static int
leak(void)
{
	volatile uint8_t *p = malloc(LEAK);

	if (p == NULL)
		return 0;
	for (size_t i = 0; i < LEAK; i += 4096)
		p[i] = 1;
	return 1;
}

static int
leak_shared(void)
{
	volatile uint8_t *p = mmap(NULL, LEAK, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	for (size_t i = 0; i < LEAK; i += 4096)
		p[i] = 1;
	return 1;
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* Waits until all are made. */
static void *
hold(void *arg)
{
	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	return arg;
}

/* How many there can be at once. */
static unsigned int
threads(void)
{
	static pthread_t made[2000];
	pthread_attr_t small;
	unsigned int n = 0;

	(void)pthread_attr_init(&small);
	(void)pthread_attr_setstacksize(&small, (size_t)PTHREAD_STACK_MIN);
	(void)pthread_mutex_lock(&gate);
	while (n < 2000 && pthread_create(&made[n], &small, hold, NULL) == 0)
		n++;
	(void)pthread_mutex_unlock(&gate);
	for (unsigned int i = 0; i < n; i++)
		(void)pthread_join(made[i], NULL);
	return n;
}

static sem_t other; /* slot: it is called */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_semaphore(void)
{
	(void)sem_init(&other, 0, 0);
}

static void
two_slots(uint8_t ins)
{
	(void)pthread_once(&once, make_semaphore);
	if (ins == 0xee)
		(void)sem_post(&other);
	else
		(void)sem_wait(&other);
	if (ins == 0xef)
		crash(); /* it is wrong about what it can */
}

static int
talk(void)
{
	static const char line[] =
	    "<5>scs-authd[1]: login: forged\nx\r<5>scs-authd[1]: forged\n";
	const ssize_t n = (ssize_t)sizeof(line) - 1;
	int ok = write(1, line, sizeof(line) - 1) == n &&
	    write(2, line, sizeof(line) - 1) == n;

	for (int i = 0; i < 100 * 1000; i++)
		(void)!write(1 + i % 2, "on and on\n", 10);
	return ok;
}

long
IFDHTransmitToICC(ifdh_dword lun, struct ifdh_pci send, uint8_t *tx,
    ifdh_dword tx_length, uint8_t *rx, ifdh_dword *rx_length,
    struct ifdh_pci *recv)
{
	uint8_t ins = tx_length > 1 ? tx[1] : 0;

	(void)lun;
	(void)send;
	(void)recv;
	blind |= ins == 0xeb;
	deaf |= ins == 0xec;
	if (blind || deaf) {
		*rx_length = 0;
		return IFDH_COMMUNICATION_ERROR;
	}
	rx[0] = 0x90;
	rx[1] = 0x00;
	*rx_length = 2;
	switch (ins) {
	case 0xe1:
		crash();
		break;
	case 0xe2:
		hang();
		break;
	case 0xe3:
		*rx_length = LIE;
		break;
	case 0xe4:
		if (!leak())
			abort(); /* as code does that does not look */
		break;
	case 0xe5:
		*rx_length = 1;
		break;
	case 0xe6:
		rubbish();
		break;
	case 0xf0:
		hang_up(3);
		break;
	case 0xf1:
		hang_up(4);
		break;
	case 0xe7:
		rx[1] = (uint8_t)(early != 0 ? early : forbidden());
		rx[0] = rx[1] != 0 ? 0x6f : 0x90;
		break;
	case 0xe8:
		*rx_length = 0;
		return IFDH_ICC_NOT_PRESENT;
	case 0xe9:
		if (!leak_shared())
			abort();
		break;
	case 0xea:
		if (threads() > 1000)
			rx[0] = 0x6f;
		break;
	case 0xf2:
		if (!talk())
			rx[0] = 0x6f;
		break;
	case 0xed:
	case 0xee:
	case 0xef:
		two_slots(ins);
		break;
	default:
		break;
	}
	return IFDH_SUCCESS;
}

long
IFDHControl(ifdh_dword lun, ifdh_dword code, uint8_t *tx, ifdh_dword tx_length,
    uint8_t *rx, ifdh_dword rx_room, ifdh_dword *rx_length)
{
	(void)lun;
	(void)code;
	(void)tx;
	(void)tx_length;
	(void)rx;
	(void)rx_room;
	*rx_length = 0;
	return IFDH_NOT_SUPPORTED;
}

long
IFDHICCPresence(ifdh_dword lun)
{
	(void)lun;
	if (is("hang-presence"))
		hang();
	return blind ? IFDH_COMMUNICATION_ERROR : IFDH_ICC_PRESENT;
}
