/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control channel between scsd and each of its services: a SOCK_SEQPACKET
 * pair, fixed packets, so that scsd parses nothing of variable length. The
 * service finds it as descriptor CONTROL_FD.
 *
 * service -> scsd
 *	CONTROL_READY        start-up is complete
 *	CONTROL_ALIVE        still turning (watchdog), every few seconds
 *	CONTROL_SPAWN        start a worker; `kind`, `index`, `device`
 *	CONTROL_CLEAR_LOG    readerd: turn the preference Logging off
 *	CONTROL_KILL         the worker with this `cookie` hangs or lies: end it
 * scsd -> service
 *	CONTROL_WORKER       answer to SPAWN with the same `cookie`; `error` is
 *	                     0 and a descriptor comes along: the worker's end
 *	CONTROL_WORKER_SAYS  readerd: just before that packet, if a worker was
 *	                     started; the pipe comes along out of which comes
 *	                     what it says
 *	CONTROL_WORKER_PRINTS  the same of its standard output and error
 *	CONTROL_WORKER_GONE  that worker (same cookie) has ended
 *	CONTROL_RELOAD       preferences have changed
 *	CONTROL_BUNDLE       readerd: the bundle `index` is in folder `path`, and
 *	                     what is in it may have changed; "": it has gone
 *	CONTROL_READER       readerd: the driver `index` of a reader that no bus
 *	                     announces is there (`device` 1), or is not (0)
 */
#ifndef SCS_IPC_CONTROL_H
#define SCS_IPC_CONTROL_H

#include "base/err.h"

#define CONTROL_FD 3 /* in every service: control channel */
#define CONTROL_PATH 256 /* with NUL */
#define CONTROL_LISTEN_FD 4 /* first listening socket of a service */

enum control_type {
	CONTROL_READY = 1,
	CONTROL_ALIVE,
	CONTROL_SPAWN,
	CONTROL_CLEAR_LOG,
	CONTROL_KILL,
	CONTROL_WORKER = 0x81,
	CONTROL_WORKER_GONE,
	CONTROL_RELOAD,
	CONTROL_BUNDLE,
	CONTROL_READER,
	CONTROL_WORKER_SAYS,
	CONTROL_WORKER_PRINTS,
};

enum worker_kind {
	WORKER_TOKEN = 1, /* tokend: one per card */
	WORKER_IFD, /* readerd: one per reader driver, `index` = which */
	/* readerd: a USB reader; `index` is its driver's bundle, `device` as
	 * in reader/usb/address.h */
	WORKER_USB,
};

/* One packet; host byte order, both ends are this machine. */
struct control {
	uint32_t type; /* enum control_type */
	uint32_t kind; /* enum worker_kind */
	uint32_t index;
	uint32_t cookie; /* chosen by the service */
	uint32_t error; /* err_t */
	uint32_t device; /* WORKER_USB */
	char path[CONTROL_PATH]; /* CONTROL_BUNDLE */
};

/* `fd` < 0 sends none. ERR_REMOVED: the other end is gone. */
MUST_CHECK err_t control_send(int sock, const struct control *c, int fd);

/*
 * One packet. *fd is -1 or a descriptor that the caller owns. ERR_FORMAT: not
 * a packet of ours; ERR_REMOVED: end of file; ERR_TIMEOUT.
 */
MUST_CHECK err_t control_recv(
    int sock, struct control *c, int *fd, uint64_t deadline);

#endif
