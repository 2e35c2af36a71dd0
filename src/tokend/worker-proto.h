/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between scs-tokend and a token worker, frames as in ipc/msg.h over a stream
 * socket pair.
 *
 * WRK_START   tokend, once: u64 insertion, u32 drivers that are turned off (bit
 *             i: the i-th, token/driver.h), str reader, bytes memory; secret:
 *             the memory's key. Of a card's first worker: no bytes, no key
 * WRK_TOKEN   worker, once: u16 err_t; if it is ERR_OK one token as in
 *             ipc/token-proto.h, else str reason
 * WRK_MEMORY  worker, at any time: bytes memory; secret: its key. What the card
 *             has refused (tokend/memory.h), for the next worker of this card;
 *             tokend does not read it
 * WRK_MEMORY  tokend, at most once, after WRK_TOKEN and before any request: the
 *             same, when the card turns out to be one that was out of sight
 *             (tokend/recall.h); not answered
 *
 * After that tokend sends the requests of ipc/token-proto.h one at a time, the
 * body preceded by u64 session, u8 ASK_* bits, u8 tries of the PUK that are
 * left at least (0xff: unknown); the worker answers each with one TOK_ANSWER.
 * As long as it waits for the card it says so, with WRK_ALIVE (no body), every
 * WRK_ALIVE_MS or more often. TOK_LOGOUT also ends a session whose client is
 * gone. The end of the channel ends the worker.
 */
#ifndef SCS_TOKEND_WORKER_PROTO_H
#define SCS_TOKEND_WORKER_PROTO_H

enum worker_msg {
	WRK_START = 0x40,
	WRK_TOKEN,
	WRK_ALIVE,
	WRK_MEMORY,
};

#define WRK_ALIVE_MS 2000

#define ASK_PUK_AT 9 /* place of the PUK's tries in a request's body */

enum ask_flags {
	/* an explicit yes to spend the last PIN try, or a peer that may */
	ASK_LAST_TRY = 1 << 0,
	ASK_LOGIN = 1 << 1, /* from the login service */
};

#define WORKER_CHANNEL_FD 3 /* to tokend */
#define WORKER_READER_FD 4 /* to the reader service */

#endif
