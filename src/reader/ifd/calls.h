/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request to one IFDHandler slot, with all that a driver can lie about
 * checked. A driver may block in each of them.
 *
 * ERR_FORMAT from any of these: the driver claims to have written more than it
 * was given room for. What it has overwritten nobody knows: end the process.
 * Other errors: ERR_REMOVED no card, ERR_SERVICE the reader is unplugged,
 * ERR_TIMEOUT, ERR_UNSUPPORTED, ERR_LIMIT, ERR_IO.
 */
#ifndef SCS_READER_IFD_CALLS_H
#define SCS_READER_IFD_CALLS_H

#include "base/buf.h"
#include "reader/ifd/abi.h"
#include "reader/worker.h"

/* Room for what a driver writes; a caller's buffer has at least this `max`. */
#define CALLS_ROOM WORKER_BODY_MAX

/* A slot's channel; `device` "" opens by number. */
MUST_CHECK err_t calls_open(
    const struct ifdh *d, ifdh_dword lun, const char *device, uint32_t channel);

/* 1 to WORKER_SLOTS; what a driver cannot say is 1. */
unsigned int calls_slots(const struct ifdh *d, ifdh_dword lun);

/* May its slots be called at the same time? What a driver cannot say is no. */
bool calls_slots_at_once(const struct ifdh *d, ifdh_dword lun);

/* NULL: it has none. */
ifdh_poll_fn *calls_poll_fn(const struct ifdh *d, ifdh_dword lun);
ifdh_stop_fn *calls_stop_fn(const struct ifdh *d, ifdh_dword lun);

/* ERR_OK: a card is in; ERR_REMOVED: none; otherwise nobody knows. */
MUST_CHECK err_t calls_presence(const struct ifdh *d, ifdh_dword lun);

/*
 * The request `f` (reader/worker.h); a good answer's body is appended to
 * `answer`, which is empty. `atr` is the card's, for a driver that has only its
 * default protocol.
 */
MUST_CHECK err_t calls_request(const struct ifdh *d, ifdh_dword lun,
    const struct worker_frame *f, struct span atr, struct buf *answer);

#endif
