/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IFD handler (API 3.0) without hardware: what a benchmark over
 * it measures is the service in front of the driver. DEVICENAME in reader.conf
 * is the file of nullifd.h; the service is told of card moves at once, by the
 * event function that pcscd offers drivers.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <ifdhandler.h>
#include <reader.h>

#include "answer.h"
#include "base/def.h"
#include "nullifd.h"

#define READERS_MAX 16 /* of pcscd 1.9.9 */

static const unsigned char card_atr[] = { NULL_ATR };

static struct reader {
	struct nullifd_page *page;
	uint32_t seen; /* seq at the last look */
} readers[READERS_MAX];

static struct reader *
reader_of(DWORD lun)
{
	DWORD n = lun >> 16;

	return n < READERS_MAX && readers[n].page != NULL ? &readers[n] : NULL;
}

RESPONSECODE
IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
	int fd = open(DeviceName, O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0 || Lun >> 16 >= READERS_MAX)
		return IFD_COMMUNICATION_ERROR;
	p = mmap(NULL, sizeof(struct nullifd_page), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		return IFD_COMMUNICATION_ERROR;
	readers[Lun >> 16].page = p;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHCreateChannel(DWORD Lun UNUSED, DWORD Channel UNUSED)
{
	return IFD_COMMUNICATION_ERROR; /* the page has a name */
}

RESPONSECODE
IFDHCloseChannel(DWORD Lun UNUSED)
{
	return IFD_SUCCESS;
}

/* On the service's own event thread: until a change or a time-out. */
static RESPONSECODE
wait_for_event(DWORD lun, int timeout_ms)
{
	struct reader *r = reader_of(lun);
	struct timespec limit = { timeout_ms / 1000,
		(long)(timeout_ms % 1000) * 1000000 };

	while (r != NULL && atomic_load(&r->page->seq) == r->seen) {
		if (nullifd_futex(&r->page->seq, FUTEX_WAIT, r->seen, &limit) !=
			0 &&
		    errno != EINTR)
			break;
	}
	return IFD_SUCCESS;
}

static RESPONSECODE
stop_waiting(DWORD lun)
{
	struct reader *r = reader_of(lun);

	if (r == NULL)
		return IFD_NO_SUCH_DEVICE;
	atomic_fetch_add(&r->page->seq, 1);
	(void)nullifd_futex(&r->page->seq, FUTEX_WAKE, INT32_MAX, NULL);
	return IFD_SUCCESS;
}

static RESPONSECODE
put(PDWORD length, PUCHAR value, const void *src, size_t n)
{
	if (*length < n)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	memcpy(value, src, n);
	*length = n;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHGetCapabilities(DWORD Lun UNUSED, DWORD Tag, PDWORD Length, PUCHAR Value)
{
	RESPONSECODE (*wait_fn)(DWORD, int) = wait_for_event;
	RESPONSECODE (*stop_fn)(DWORD) = stop_waiting;
	const unsigned char yes = 1, one = 1, many = READERS_MAX;

	switch (Tag) {
	case TAG_IFD_ATR:
	case SCARD_ATTR_ATR_STRING:
		return put(Length, Value, card_atr, sizeof(card_atr));
	case TAG_IFD_SIMULTANEOUS_ACCESS:
		return put(Length, Value, &many, 1);
	case TAG_IFD_THREAD_SAFE:
	case TAG_IFD_SLOT_THREAD_SAFE:
		return put(Length, Value, &yes, 1);
	case TAG_IFD_SLOTS_NUMBER:
		return put(Length, Value, &one, 1);
	case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT:
		return put(Length, Value, &wait_fn, sizeof(wait_fn));
	case TAG_IFD_STOP_POLLING_THREAD:
		return put(Length, Value, &stop_fn, sizeof(stop_fn));
	default:
		return IFD_ERROR_TAG;
	}
}

RESPONSECODE
IFDHSetCapabilities(DWORD Lun UNUSED, DWORD Tag UNUSED, DWORD Length UNUSED,
    PUCHAR Value UNUSED)
{
	return IFD_ERROR_TAG;
}

RESPONSECODE
IFDHSetProtocolParameters(DWORD Lun UNUSED, DWORD Protocol UNUSED,
    UCHAR Flags UNUSED, UCHAR PTS1 UNUSED, UCHAR PTS2 UNUSED, UCHAR PTS3 UNUSED)
{
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
	struct reader *r = reader_of(Lun);

	*AtrLength = 0;
	if (Action == IFD_POWER_DOWN)
		return IFD_SUCCESS;
	if (r == NULL || !atomic_load(&r->page->present))
		return IFD_COMMUNICATION_ERROR;
	memcpy(Atr, card_atr, sizeof(card_atr));
	*AtrLength = sizeof(card_atr);
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci UNUSED, PUCHAR TxBuffer,
    DWORD TxLength, PUCHAR RxBuffer, PDWORD RxLength,
    PSCARD_IO_HEADER RecvPci UNUSED)
{
	struct reader *r = reader_of(Lun);

	if (r == NULL || !atomic_load(&r->page->present)) {
		*RxLength = 0;
		return IFD_ICC_NOT_PRESENT;
	}
	*RxLength = null_answer(TxBuffer, TxLength, RxBuffer, *RxLength);
	return *RxLength > 0 ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE
IFDHControl(DWORD Lun UNUSED, DWORD Code, PUCHAR TxBuffer, DWORD TxLength,
    PUCHAR RxBuffer, DWORD RxLength, LPDWORD Returned)
{
	*Returned = 0;
	if (Code != SCARD_CTL_CODE(1))
		return IFD_ERROR_NOT_SUPPORTED;
	if (TxLength > RxLength)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	memcpy(RxBuffer, TxBuffer, TxLength);
	*Returned = TxLength;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHICCPresence(DWORD Lun)
{
	struct reader *r = reader_of(Lun);

	if (r == NULL)
		return IFD_NO_SUCH_DEVICE;
	r->seen = atomic_load(&r->page->seq);
	return atomic_load(&r->page->present) ? IFD_ICC_PRESENT
					      : IFD_ICC_NOT_PRESENT;
}
