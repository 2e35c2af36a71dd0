/* SPDX-License-Identifier: BSD-2-Clause */
/* An application that logs users in by the service "svc" of a world. */
#ifndef SCS_TEST_PAM_APP_H
#define SCS_TEST_PAM_APP_H

#include "conv.h"
#include "world.h"

#define ALONE "auth required MODULE" /* the shortest stack */

/* A handle; `user` NULL for none. The caller ends it. */
pam_handle_t *app_begin(struct world *w, const char *user, struct conv *c);

/* One authentication with a handle of its own: its code. */
int app_login(
    struct world *w, const char *user, const char *answers, struct conv *c);

/* Fail, naming the row, unless they are the same. */
void app_expect_code(const char *why, int want, int got);
void app_expect_sent(struct world *w, const char *why, const char *want);

#endif
