/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connection of a card to its reader, vpcd's protocol as vsmartcard 3.4
 * speaks it: both ways frames of u16 big-endian length and bytes. A frame of
 * one byte from the reader is a command of the slot: 0 power off, 1 power on,
 * 2 reset, 4 give the ATR (answered). Every other frame is a command APDU,
 * answered by one frame.
 */
#ifndef SCS_VCARD_LINK_H
#define SCS_VCARD_LINK_H

#include "vcard/vcard.h"

struct link {
	int fd; /* owned; -1: the card is out */
	struct buf in; /* bytes of frames not whole yet */
};

void link_init(struct link *l);
void link_done(struct link *l);

/* `where` is "unix:PATH" or "tcp:HOST:PORT". ERR_SERVICE: nobody there. */
MUST_CHECK err_t link_connect(
    struct link *l, const char *where, struct why *why);

/*
 * Read what has arrived and answer every whole frame. ERR_REMOVED: the reader
 * closed, or the card lost its power; the link is closed then.
 */
MUST_CHECK err_t link_serve(struct link *l, struct vcard *c);

#endif
