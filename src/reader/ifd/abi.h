/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IFDHandler ABI, versions 2.0 and 3.0, as drivers for pcsc-lite are built
 * ("MUSCLE PC/SC IFD Driver Developer Kit"; ifdhandler.h of libpcsclite-dev).
 * DWORD is unsigned long there. A Lun is reader << 16 | slot; here the reader
 * is always 0, since each has a process of its own.
 */
#ifndef SCS_READER_IFD_ABI_H
#define SCS_READER_IFD_ABI_H

#include <stdint.h>

typedef unsigned long ifdh_dword;

enum ifdh_code {
	IFDH_SUCCESS = 0,
	IFDH_TAG_UNKNOWN = 600,
	IFDH_SET_FAILURE = 601,
	IFDH_READ_ONLY = 602,
	IFDH_PTS_FAILURE = 605,
	IFDH_ERROR_NOT_SUPPORTED = 606,
	IFDH_PROTOCOL_NOT_SUPPORTED = 607,
	IFDH_POWER_ACTION = 608,
	IFDH_COMMUNICATION_ERROR = 612,
	IFDH_RESPONSE_TIMEOUT = 613,
	IFDH_NOT_SUPPORTED = 614,
	IFDH_ICC_PRESENT = 615,
	IFDH_ICC_NOT_PRESENT = 616,
	IFDH_NO_SUCH_DEVICE = 617,
	IFDH_INSUFFICIENT_BUFFER = 618,
};

enum ifdh_action {
	IFDH_POWER_UP = 500,
	IFDH_POWER_DOWN = 501,
	IFDH_RESET = 502,
};

/* Tags between a driver and its host; no client may ask for them. */
#define IFDH_TAG_HOST_FIRST 0x0fac
#define IFDH_TAG_HOST_LAST 0x0fb4
#define IFDH_TAG_SLOTS_AT_ONCE 0x0fac /* value: one byte, 1: they may be */
#define IFDH_TAG_SLOTS 0x0fae /* value: one byte */
#define IFDH_TAG_STOP_POLLING 0x0fb2 /* value: an ifdh_stop_fn */
#define IFDH_TAG_POLLING 0x0fb3 /* value: an ifdh_poll_fn */

struct ifdh_pci {
	ifdh_dword protocol; /* T */
	ifdh_dword length; /* not used */
};

typedef long ifdh_create_by_name_fn(ifdh_dword lun, char *device);
typedef long ifdh_create_fn(ifdh_dword lun, ifdh_dword channel);
typedef long ifdh_close_fn(ifdh_dword lun);
typedef long ifdh_get_fn(
    ifdh_dword lun, ifdh_dword tag, ifdh_dword *length, uint8_t *value);
typedef long ifdh_set_fn(
    ifdh_dword lun, ifdh_dword tag, ifdh_dword length, uint8_t *value);
/* `protocol` is 1 << T */
typedef long ifdh_protocol_fn(ifdh_dword lun, ifdh_dword protocol,
    uint8_t flags, uint8_t pts1, uint8_t pts2, uint8_t pts3);
typedef long ifdh_power_fn(
    ifdh_dword lun, ifdh_dword action, uint8_t *atr, ifdh_dword *length);
typedef long ifdh_transmit_fn(ifdh_dword lun, struct ifdh_pci send, uint8_t *tx,
    ifdh_dword tx_length, uint8_t *rx, ifdh_dword *rx_length,
    struct ifdh_pci *recv);
typedef long ifdh_control2_fn(ifdh_dword lun, uint8_t *tx, ifdh_dword tx_length,
    uint8_t *rx, ifdh_dword *rx_length);
typedef long ifdh_control3_fn(ifdh_dword lun, ifdh_dword code, uint8_t *tx,
    ifdh_dword tx_length, uint8_t *rx, ifdh_dword rx_room,
    ifdh_dword *rx_length);
typedef long ifdh_presence_fn(ifdh_dword lun);
/* Blocks until a card comes or goes, or for `timeout_ms`. */
typedef long ifdh_poll_fn(ifdh_dword lun, int timeout_ms);
typedef long ifdh_stop_fn(ifdh_dword lun);

/* What a driver's library offers; `control3` or `control2`. */
struct ifdh {
	ifdh_create_by_name_fn *create_by_name; /* NULL: version 2.0 */
	ifdh_create_fn *create; /* NULL only if the other is there */
	ifdh_close_fn *close;
	ifdh_get_fn *get;
	ifdh_set_fn *set; /* may be NULL */
	ifdh_protocol_fn *protocol;
	ifdh_power_fn *power;
	ifdh_transmit_fn *transmit;
	ifdh_control2_fn *control2; /* may be NULL */
	ifdh_control3_fn *control3; /* may be NULL */
	ifdh_presence_fn *presence;
};

#endif
