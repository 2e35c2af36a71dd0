/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames between our own processes and libraries. A frame is
 *
 *	u32 body length   at most MSG_BODY_MAX
 *	u16 type          see ipc/token-proto.h, ipc/auth-proto.h
 *	u16 secret length at most MSG_SECRET_MAX
 *	body, then the secret
 *
 * all big-endian. A PIN travels only in the secret part, which is read straight
 * into a struct secret and written straight from one. Fields in a body have no
 * tags: their order is the type's. A reader ends with span_end().
 *
 *	field  encoding
 *	u8 u16 u32 u64
 *	bytes  u32 length, bytes
 *	str    the same; text as base/text.h has it
 */
#ifndef SCS_IPC_MSG_H
#define SCS_IPC_MSG_H

#include "base/buf.h"
#include "base/secret.h"

#define MSG_BODY_MAX (512 * 1024)
#define MSG_SECRET_MAX 64
#define MSG_HEADER 8

struct msg {
	uint16_t type;
	struct buf body;
	struct secret *secret; /* owned, or NULL */
};

void msg_init(struct msg *m, uint16_t type);
void msg_done(struct msg *m); /* CLEANUP(msg_done) */

/* Writers: sticky, as struct buf. A longer string is ERR_LIMIT. */
void msg_put_bytes(struct buf *b, struct span s);
void msg_put_str(struct buf *b, const char *s);

/* ERR_SHORT, or ERR_LIMIT when longer than max. `out` borrowed from `in`. */
MUST_CHECK err_t msg_get_bytes(struct span *in, size_t max, struct span *out);

/*
 * A string into out[cap], terminated. ERR_LIMIT: does not fit; ERR_FORMAT: not
 * text_ok().
 */
MUST_CHECK err_t msg_get_str(struct span *in, char *out, size_t cap);

bool msg_text_ok(struct span s); /* text_ok() */

/*
 * Blocking send and receive of one whole frame, for clients. msg_recv expects
 * an initialised *m and replaces it. Besides fd.h's errors: ERR_LIMIT, a length
 * over the caps (the connection is useless then).
 */
MUST_CHECK err_t msg_send(int fd, const struct msg *m, uint64_t deadline);
MUST_CHECK err_t msg_recv(int fd, struct msg *m, uint64_t deadline);

/*
 * For servers: take one frame off the front of what has been received so far.
 * ERR_SHORT: not complete yet, *need tells how many bytes the whole frame has
 * (0 while its header is incomplete). ERR_LIMIT: drop the peer.
 * On success *used bytes were consumed and *m is filled; the secret part has
 * been moved into m->secret, the caller must wipe those bytes of its buffer.
 */
MUST_CHECK err_t msg_parse(
    struct span in, struct msg *m, size_t *used, size_t *need);

/* Header, body and secret as bytes; `out` must be a buffer that is wiped. */
MUST_CHECK err_t msg_build(const struct msg *m, struct buf *out);

#endif
