/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listening socket on an sd-event loop whose clients speak ipc/msg.h frames:
 * bounded input, bounded output, a quota of connections for each uid. A bad
 * frame costs the client its connection, never the process. A client that does
 * not read its answers is not read from; a client that floods gets one request
 * a turn of the loop; when no descriptor is left, the client sees the end of
 * its connection at once.
 */
#ifndef SCS_IPC_SERVER_H
#define SCS_IPC_SERVER_H

#include <systemd/sd-event.h>

#include "ipc/msg.h"
#include "ipc/peer.h"

struct server; /* opaque, owned by its process */
struct conn; /* one client; owned by the server, see `closed` */

struct server_ops {
	/* A new client. Not ERR_OK: it is closed at once. `*user` is yours. */
	err_t (*opened)(struct conn *c, void *ctx, void **user);
	/*
	 * One whole frame; borrowed, but m->secret may be taken (TAKE). At most
	 * one request is in work on a connection: no further frame is read from
	 * it until conn_reply() was called. Not ERR_OK: the client is closed.
	 */
	err_t (*request)(struct conn *c, void *user, struct msg *m);
	/*
	 * The client is gone, perhaps while its request is in work: forget `c`,
	 * it is invalid after this returns. Not called when `opened` failed.
	 */
	void (*closed)(struct conn *c, void *user);
};

/*
 * Serve a listening, non-blocking socket (taken on success). At most max_uid
 * connections for each uid other than root and our own, max_all altogether; an
 * eighth of that is kept for root and our own, who have no quota.
 */
MUST_CHECK err_t server_new(sd_event *ev, int listen_fd, unsigned int max_uid,
    unsigned int max_all, const struct server_ops *ops, void *ctx,
    struct server **out);

/* This uid has no quota either, and may use what is kept. */
void server_favour(struct server *s, uid_t uid);

/* Closes every client. Not from within a callback of this server. */
void server_free(struct server **s);

/*
 * Answer the request in work and read the next; also from within `request`.
 * The frame is copied (wiped after sending). ERR_SEQUENCE: no request is in work;
 * ERR_LIMIT: the client does not read; it will be closed, as after any failure
 * but ERR_SEQUENCE.
 */
err_t conn_reply(struct conn *c, const struct msg *m);

/* An unsolicited frame; does not count as the answer. */
err_t conn_event(struct conn *c, const struct msg *m);

/* Close soon (from the loop), without an answer. `closed` will be called. */
void conn_close(struct conn *c);

const struct peer *conn_peer(const struct conn *c);
int conn_fd(const struct conn *c); /* borrowed: for peer_in_group() */

/* Call fn for every client. It may not close clients other than its own. */
void server_each(struct server *s,
    void (*fn)(struct conn *c, void *user, void *ctx), void *ctx);

#endif
