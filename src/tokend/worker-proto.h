/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between scs-tokend and a token worker, frames as in ipc/msg.h over a stream
 * socket pair.
 *
 * WRK_START   tokend, once: u64 insertion, str reader
 * WRK_TOKEN   worker, once: u16 err_t; if it is ERR_OK one token as in
 *             ipc/token-proto.h, else str reason
 *
 * After that tokend sends the requests of ipc/token-proto.h one at a time, the
 * body preceded by u64 session and u8 ASK_* bits; the worker answers each with one
 * TOK_ANSWER. TOK_LOGOUT also ends a session whose client is gone. The end of
 * the channel ends the worker.
 */
#ifndef SCS_TOKEND_WORKER_PROTO_H
#define SCS_TOKEND_WORKER_PROTO_H

enum worker_msg {
	WRK_START = 0x40,
	WRK_TOKEN,
};

enum ask_flags {
	/* an explicit yes to spend the last PIN try, or a peer that may */
	ASK_LAST_TRY = 1 << 0,
	ASK_LOGIN = 1 << 1, /* from the login service */
};

#define WORKER_CHANNEL_FD 3 /* to tokend */
#define WORKER_READER_FD 4 /* to the reader service */

#endif
