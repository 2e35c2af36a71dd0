/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/calls.h"

#include <stdlib.h>
#include <string.h>

#include "codec/atr.h"

static err_t
from_code(long code)
{
	switch (code) {
	case IFDH_SUCCESS:
		return ERR_OK;
	case IFDH_ICC_NOT_PRESENT:
		return ERR_REMOVED;
	case IFDH_NO_SUCH_DEVICE:
		return ERR_SERVICE;
	case IFDH_RESPONSE_TIMEOUT:
		return ERR_TIMEOUT;
	case IFDH_TAG_UNKNOWN:
	case IFDH_SET_FAILURE:
	case IFDH_READ_ONLY:
	case IFDH_ERROR_NOT_SUPPORTED:
	case IFDH_PROTOCOL_NOT_SUPPORTED:
	case IFDH_NOT_SUPPORTED:
		return ERR_UNSUPPORTED;
	case IFDH_INSUFFICIENT_BUFFER:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

/* Drivers take pointers to bytes that they might change: they get copies. */
static err_t
copy_of(struct span s, struct buf *out)
{
	buf_put(out, s);
	if (s.n == 0)
		buf_put_u8(out, 0); /* an address, if no bytes */
	return buf_status(out);
}

/*
 * What a driver wrote into the room of `out`, of which it was told `most`. After
 * an error that may be anything.
 */
static err_t
keep(struct buf *out, long code, ifdh_dword wrote, size_t most)
{
	if (code != IFDH_SUCCESS) {
		buf_wrote(out, CALLS_ROOM);
		buf_trim(out, 0);
		return from_code(code);
	}
	if (wrote > most)
		return ERR_FORMAT;
	buf_wrote(out, wrote);
	return ERR_OK;
}

err_t
calls_open(
    const struct ifdh *d, ifdh_dword lun, const char *device, uint32_t channel)
{
	CLEANUP(buf_done) struct buf name = BUF_INIT(4096);
	err_t e;

	if (d->create_by_name == NULL || device[0] == '\0') {
		if (d->create == NULL)
			return ERR_UNSUPPORTED;
		return from_code(d->create(lun, channel));
	}
	if ((e = copy_of(span_from(device, strlen(device) + 1), &name)))
		return e;
	return from_code(d->create_by_name(lun, (char *)name.p));
}

/* A tag whose value is one byte; 0 if it cannot say. */
static uint8_t
byte(const struct ifdh *d, ifdh_dword lun, ifdh_dword tag)
{
	uint8_t value[8] = { 0 };
	ifdh_dword n = 1;

	if (d->get(lun, tag, &n, value) != IFDH_SUCCESS || n != 1)
		return 0;
	return value[0];
}

unsigned int
calls_slots(const struct ifdh *d, ifdh_dword lun)
{
	uint8_t n = byte(d, lun, IFDH_TAG_SLOTS);

	return n == 0 ? 1 : n > WORKER_SLOTS ? WORKER_SLOTS : n;
}

bool
calls_slots_at_once(const struct ifdh *d, ifdh_dword lun)
{
	return byte(d, lun, IFDH_TAG_SLOTS_AT_ONCE) == 1;
}

static void *
pointer(const struct ifdh *d, ifdh_dword lun, ifdh_dword tag)
{
	void *value[2] = { NULL, NULL };
	ifdh_dword n = sizeof(value[0]);

	if (d->get(lun, tag, &n, (uint8_t *)value) != IFDH_SUCCESS ||
	    n != sizeof(value[0]))
		return NULL;
	return value[0];
}

ifdh_poll_fn *
calls_poll_fn(const struct ifdh *d, ifdh_dword lun)
{
	void *p = pointer(d, lun, IFDH_TAG_POLLING);
	ifdh_poll_fn *fn;

	memcpy(&fn, &p, sizeof(fn));
	return fn;
}

ifdh_stop_fn *
calls_stop_fn(const struct ifdh *d, ifdh_dword lun)
{
	void *p = pointer(d, lun, IFDH_TAG_STOP_POLLING);
	ifdh_stop_fn *fn;

	memcpy(&fn, &p, sizeof(fn));
	return fn;
}

err_t
calls_presence(const struct ifdh *d, ifdh_dword lun)
{
	long code = d->presence(lun);

	if (code == IFDH_ICC_PRESENT || code == IFDH_SUCCESS)
		return ERR_OK;
	return from_code(code);
}

static err_t
power_up(
    const struct ifdh *d, ifdh_dword lun, ifdh_dword action, struct buf *atr)
{
	ifdh_dword n = ATR_MAX;
	long code;
	err_t e;

	/* some drivers write as much as pcsc-lite's own buffer takes */
	if (buf_room(atr, CALLS_ROOM) == NULL)
		return ERR_NOMEM;
	code = d->power(lun, action, atr->p, &n);
	if ((e = keep(atr, code, n, ATR_MAX)))
		return e;
	return n > 0 ? ERR_OK : ERR_IO;
}

static err_t
power_off(const struct ifdh *d, ifdh_dword lun)
{
	uint8_t atr[ATR_MAX] = { 0 };
	ifdh_dword n = 0;

	return from_code(d->power(lun, IFDH_POWER_DOWN, atr, &n));
}

static err_t
power(const struct ifdh *d, ifdh_dword lun, uint32_t how, struct buf *atr)
{
	err_t e;

	if (how == WORKER_POWER_OFF)
		return power_off(d, lun);
	if (how == WORKER_POWER_WARM) {
		e = power_up(d, lun, IFDH_RESET, atr);
		if (e != ERR_UNSUPPORTED)
			return e;
		buf_trim(atr, 0);
	}
	/* it may have been off already */
	(void)power_off(d, lun);
	return power_up(d, lun, IFDH_POWER_UP, atr);
}

/* A driver that cannot choose is fine where there is nothing to choose. */
static err_t
protocol(const struct ifdh *d, ifdh_dword lun, uint32_t t, struct span raw)
{
	struct atr atr;
	long code;

	if (t > 1)
		return ERR_UNSUPPORTED;
	code = d->protocol(lun, 1ul << t, 0, 0, 0, 0);
	if ((code == IFDH_NOT_SUPPORTED || code == IFDH_ERROR_NOT_SUPPORTED) &&
	    atr_interface(raw, &atr) == ERR_OK &&
	    t == (atr.specific ? atr.specific_t : atr.first_protocol))
		return ERR_OK;
	return from_code(code);
}

static err_t
transmit(const struct ifdh *d, ifdh_dword lun, const struct worker_frame *f,
    struct buf *answer)
{
	CLEANUP(buf_done) struct buf tx = BUF_INIT(WORKER_BODY_MAX + 1);
	struct ifdh_pci send = { f->value, sizeof(send) };
	struct ifdh_pci recv = { f->value, sizeof(recv) };
	ifdh_dword n = CALLS_ROOM;
	long code;
	err_t e;

	if ((e = copy_of(f->body, &tx)))
		return e;
	if (buf_room(answer, CALLS_ROOM) == NULL)
		return ERR_NOMEM;
	code = d->transmit(lun, send, tx.p, f->body.n, answer->p, &n, &recv);
	if ((e = keep(answer, code, n, CALLS_ROOM)))
		return e;
	return n >= 2 ? ERR_OK : ERR_IO; /* SW1 SW2 */
}

static err_t
control(const struct ifdh *d, ifdh_dword lun, const struct worker_frame *f,
    struct buf *answer)
{
	CLEANUP(buf_done) struct buf tx = BUF_INIT(WORKER_BODY_MAX + 1);
	ifdh_dword n = 0;
	long code;
	err_t e;

	if (d->control3 == NULL && d->control2 == NULL)
		return ERR_UNSUPPORTED;
	if ((e = copy_of(f->body, &tx)))
		return e;
	if (buf_room(answer, CALLS_ROOM) == NULL)
		return ERR_NOMEM;
	if (d->control3 != NULL) {
		code = d->control3(
		    lun, f->value, tx.p, f->body.n, answer->p, CALLS_ROOM, &n);
	} else {
		n = CALLS_ROOM;
		code = d->control2(lun, tx.p, f->body.n, answer->p, &n);
	}
	return keep(answer, code, n, CALLS_ROOM);
}

static bool
for_hosts_alone(uint32_t tag)
{
	return tag >= IFDH_TAG_HOST_FIRST && tag <= IFDH_TAG_HOST_LAST;
}

static err_t
get_attr(const struct ifdh *d, ifdh_dword lun, uint32_t tag, struct buf *answer)
{
	ifdh_dword n = CALLS_ROOM;
	long code;

	/* addresses of functions, among others */
	if (for_hosts_alone(tag))
		return ERR_UNSUPPORTED;
	if (buf_room(answer, CALLS_ROOM) == NULL)
		return ERR_NOMEM;
	code = d->get(lun, tag, &n, answer->p);
	return keep(answer, code, n, CALLS_ROOM);
}

static err_t
set_attr(const struct ifdh *d, ifdh_dword lun, const struct worker_frame *f)
{
	CLEANUP(buf_done) struct buf value = BUF_INIT(WORKER_BODY_MAX + 1);
	err_t e;

	if (for_hosts_alone(f->value) || d->set == NULL)
		return ERR_UNSUPPORTED;
	if ((e = copy_of(f->body, &value)))
		return e;
	return from_code(d->set(lun, f->value, f->body.n, value.p));
}

err_t
calls_request(const struct ifdh *d, ifdh_dword lun,
    const struct worker_frame *f, struct span atr, struct buf *answer)
{
	switch (f->type) {
	case WORKER_POWER:
		return power(d, lun, f->value, answer);
	case WORKER_PROTOCOL:
		return protocol(d, lun, f->value, atr);
	case WORKER_TRANSMIT:
		return transmit(d, lun, f, answer);
	case WORKER_CONTROL:
		return control(d, lun, f, answer);
	case WORKER_GET_ATTR:
		return get_attr(d, lun, f->value, answer);
	case WORKER_SET_ATTR:
		return set_attr(d, lun, f);
	default:
		return ERR_UNSUPPORTED;
	}
}
