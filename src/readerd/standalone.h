/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader service without scsd, for tests: its own sockets below one folder
 * and its own driver processes, all under one user.
 */
#ifndef SCS_READERD_STANDALONE_H
#define SCS_READERD_STANDALONE_H

#include "readerd/service.h"

struct standalone {
	const char *dir; /* borrowed, as all */
	const char *ifd_program;
	const char *library; /* an IFDHandler; NULL: virtual readers */
	const char *timeout_ms; /* for cards; NULL: the default */
	const char *names[IFDS_STATIC];
	unsigned int n;
	bool debug;
	int listen[IFDS_STATIC]; /* virtual readers' */
};

/*
 * DIR/pcscd.comm, DIR/reader.sock and DIR/virtual-N.sock, mode 0600; then the
 * drivers. ERR_BUSY: another service listens there.
 */
MUST_CHECK err_t standalone_start(
    struct standalone *sa, struct service *svc, int *pcsc, int *reader);
void standalone_stop(struct standalone *sa, struct service *svc);

#endif
