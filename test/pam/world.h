/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A private place for one test: a prefix with a folder of PAM services and, on
 * its auth.sock, a scripted scs-authd. Below /run for root, since the module
 * wants every folder on the way to be root's; below /tmp for anybody else.
 */
#ifndef SCS_TEST_PAM_WORLD_H
#define SCS_TEST_PAM_WORLD_H

#include <sys/types.h>

struct world {
	char dir[64]; /* the prefix */
	char conf[128]; /* its folder of services */
	char log[128]; /* what the service got */
	pid_t authd; /* 0: none runs */
};

void world_init(struct world *w);
void world_done(struct world *w);

/*
 * Write the service `name`. In `lines`, MODULE stands for pam_smartcard.so with
 * this prefix and a time-out of one second, BARE for it without arguments, SPY
 * for pam_spy.so, CRED for its argument cred= with the module; each needs
 * blanks around.
 */
void world_service(struct world *w, const char *name, const char *lines);

/* Start a scs-authd with this script, instead of the one before. */
void world_authd(struct world *w, const char *script);

/* The same, listening under another user's id. Root alone. */
void world_authd_as(struct world *w, const char *script, uid_t uid);

/* End it; its socket stays, and nobody listens. */
void world_authd_stop(struct world *w);

/* What scs-authd was sent since the last call. Borrowed until the next. */
const char *world_sent(struct world *w);

#endif
