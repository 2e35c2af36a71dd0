/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcsc-lite's protocol between libpcsclite and its daemon, versions 4:4
 * (1.8.24), 4:5 (2.3.0) and 4:6 (2.5.0), and what a token worker may say
 * besides. An AF_UNIX stream; fields in host byte order, naturally aligned, so
 * that 32- and 64-bit clients mix. A connection is one context.
 *
 * request   struct wire_header, body struct, then for TRANSMIT and CONTROL the
 *           bytes to send (not counted in header.size)
 * answer    the same body struct filled in, then for TRANSMIT and CONTROL, if
 *           rv is 0, the bytes received. No header in the plain dialect.
 *
 * In the worker dialect (connections accepted from reader.sock) each answer,
 * each reader event and WANTED is preceded by a struct wire_header whose size
 * counts all that follows and whose command is the request's.
 */
#ifndef SCS_PCSC_WIRE_H
#define SCS_PCSC_WIRE_H

#include <assert.h>
#include <stdint.h>

#define WIRE_MAJOR 4
#define WIRE_MINOR_OLDEST 4 /* Debian 12's client */
#define WIRE_MINOR_EVENTS 5 /* from here on WIRE_GET_READER_EVENTS */
#define WIRE_MINOR_ARRAY 6 /* from here on states are of any number */

#define WIRE_READER_NAME 128 /* with NUL */
#define WIRE_ATR_SIZE 33
#define WIRE_ATTR_SIZE 264
#define WIRE_DATA_MAX 65548 /* 4 + 3 + 65536 + 3 + 2: APDU or control */
#define WIRE_OLD_READERS 16 /* in the array of 4:4 and 4:5 */

enum wire_command {
	WIRE_ESTABLISH_CONTEXT = 0x01,
	WIRE_RELEASE_CONTEXT = 0x02,
	WIRE_CONNECT = 0x04,
	WIRE_RECONNECT = 0x05,
	WIRE_DISCONNECT = 0x06,
	WIRE_BEGIN_TRANSACTION = 0x07,
	WIRE_END_TRANSACTION = 0x08,
	WIRE_TRANSMIT = 0x09,
	WIRE_CONTROL = 0x0a,
	WIRE_STATUS = 0x0b,
	WIRE_CANCEL = 0x0d,
	WIRE_GET_ATTRIB = 0x0f,
	WIRE_SET_ATTRIB = 0x10,
	WIRE_VERSION = 0x11,
	WIRE_GET_READERS_STATE = 0x12,
	WIRE_WAIT_READER_STATE_CHANGE = 0x13,
	WIRE_STOP_WAITING = 0x14,
	WIRE_GET_READER_EVENTS = 0x15,
	WIRE_GET_READERS_STATE_SIZE = 0x16,
	WIRE_GET_READERS_STATE_ARRAY = 0x17,
	/* worker dialect only */
	WIRE_HOLD = 0x101,
	WIRE_UNHOLD = 0x102,
	WIRE_COUNT = 0x103,
	/* from the service, once in each hold: somebody waits; empty body */
	WIRE_WANTED = 0x180,
};

struct wire_header {
	uint32_t size;
	uint32_t command; /* enum wire_command */
};

struct wire_version {
	int32_t major, minor;
	uint32_t rv;
};

struct wire_establish {
	uint32_t scope; /* 0 to 3 */
	uint32_t context;
	uint32_t rv;
};

struct wire_release {
	uint32_t context;
	uint32_t rv;
};

struct wire_connect {
	uint32_t context;
	char reader[WIRE_READER_NAME]; /* NUL padded */
	uint32_t share; /* SCARD_SHARE_* */
	uint32_t preferred; /* SCARD_PROTOCOL_* bits */
	int32_t card;
	uint32_t active;
	uint32_t rv;
};

struct wire_reconnect {
	int32_t card;
	uint32_t share;
	uint32_t preferred;
	uint32_t initialization; /* SCARD_LEAVE_CARD to SCARD_UNPOWER_CARD */
	uint32_t active;
	uint32_t rv;
};

/* DISCONNECT, END_TRANSACTION, UNHOLD */
struct wire_disposition {
	int32_t card;
	uint32_t disposition; /* SCARD_LEAVE_CARD to SCARD_EJECT_CARD */
	uint32_t rv;
};

/* BEGIN_TRANSACTION, STATUS */
struct wire_handle {
	int32_t card;
	uint32_t rv;
};

struct wire_transmit {
	int32_t card;
	uint32_t send_protocol;
	uint32_t send_pci_length; /* comes back unchanged */
	uint32_t send_length; /* bytes after this struct */
	uint32_t recv_protocol;
	uint32_t recv_pci_length;
	uint32_t
	    recv_length; /* in: the caller's room; out: bytes that follow */
	uint32_t rv;
};

struct wire_control {
	int32_t card;
	uint32_t code;
	uint32_t send_length;
	uint32_t recv_length; /* the caller's room */
	uint32_t returned; /* bytes that follow the answer */
	uint32_t rv;
};

struct wire_attrib {
	int32_t card;
	uint32_t id;
	uint8_t value[WIRE_ATTR_SIZE];
	uint32_t length;
	uint32_t rv;
};

struct wire_cancel {
	uint32_t context; /* of the connection that waits */
	uint32_t rv;
};

/* The event that ends a WAIT, or the answer to STOP. */
struct wire_wait {
	uint32_t timeout; /* 0 */
	uint32_t rv;
};

struct wire_events {
	uint32_t events; /* 1, 2, ... : readers added or removed so far */
	uint32_t rv;
};

struct wire_reader_state {
	char reader[WIRE_READER_NAME]; /* empty: no reader here */
	uint32_t event_counter; /* 16 bits: cards in and out */
	uint32_t state; /* WIRE_STATE_* bits */
	int32_t sharing; /* connections, or -1: exclusive */
	uint8_t atr[WIRE_ATR_SIZE];
	uint32_t atr_length;
	uint32_t protocol; /* SCARD_PROTOCOL_*, 0: none yet */
};

struct wire_hold {
	int32_t card;
	uint32_t flags; /* WIRE_HOLD_* */
	uint32_t touched; /* out: WIRE_TOUCHED_* */
	uint32_t active; /* out: the protocol that is spoken now */
	uint32_t rv;
};

struct wire_count {
	int32_t card;
	uint32_t apdus_low, apdus_high; /* sent to the card by this handle */
	uint32_t rv;
};

#define WIRE_TOUCHED_NOT 0u /* nobody else was there since the last hold */
#define WIRE_TOUCHED_USED 1u /* others sent something, or it is the first */
#define WIRE_TOUCHED_RESET 2u /* somebody else has reset the card */

/*
 * For a login: before others that wait, and from an idle exclusive client, by
 * reset.
 */
#define WIRE_HOLD_TAKE 1u
#define WIRE_HOLD_FIRST 2u /* before others that wait: a card just put in */

#define WIRE_SIZE(type, n) \
	static_assert(sizeof(struct type) == (n), #type " on the wire")
WIRE_SIZE(wire_header, 8);
WIRE_SIZE(wire_version, 12);
WIRE_SIZE(wire_establish, 12);
WIRE_SIZE(wire_release, 8);
WIRE_SIZE(wire_connect, 152);
WIRE_SIZE(wire_reconnect, 24);
WIRE_SIZE(wire_disposition, 12);
WIRE_SIZE(wire_handle, 8);
WIRE_SIZE(wire_transmit, 32);
WIRE_SIZE(wire_control, 24);
WIRE_SIZE(wire_attrib, 280);
WIRE_SIZE(wire_cancel, 8);
WIRE_SIZE(wire_wait, 8);
WIRE_SIZE(wire_events, 8);
WIRE_SIZE(wire_reader_state, 184);
WIRE_SIZE(wire_hold, 20);
WIRE_SIZE(wire_count, 16);

/* bits of wire_reader_state.state */
#define WIRE_STATE_UNKNOWN 0x01u
#define WIRE_STATE_ABSENT 0x02u
#define WIRE_STATE_PRESENT 0x04u
#define WIRE_STATE_SWALLOWED 0x08u /* mute */
#define WIRE_STATE_POWERED 0x10u
#define WIRE_STATE_NEGOTIABLE 0x20u

/* PC/SC's own names and numbers (PC/SC part 5; pcsclite.h) */
#define SCARD_SCOPE_MAX 3u /* user 0, terminal 1, system 2, global 3 */

#define SCARD_SHARE_EXCLUSIVE 1u
#define SCARD_SHARE_SHARED 2u
#define SCARD_SHARE_DIRECT 3u

#define SCARD_PROTOCOL_T0 1u
#define SCARD_PROTOCOL_T1 2u
#define SCARD_PROTOCOL_RAW 4u
#define SCARD_PROTOCOL_ANY_OLD 0x1000u

#define SCARD_LEAVE_CARD 0u
#define SCARD_RESET_CARD 1u
#define SCARD_UNPOWER_CARD 2u
#define SCARD_EJECT_CARD 3u

#define SCARD_ATTR_ATR_STRING 0x00090303u
#define SCARD_ATTR_FRIENDLY_NAME 0x7fff0003u
#define SCARD_ATTR_SYSTEM_NAME 0x7fff0004u

#endif
