/* SPDX-License-Identifier: BSD-2-Clause */
/* The bodies of ipc/auth-proto.h: parsed from callers, built for them. */
#ifndef SCS_AUTHD_FRAMES_H
#define SCS_AUTHD_FRAMES_H

#include "directory/pairing.h"
#include "ipc/auth-proto.h"
#include "ipc/msg.h"
#include "map/map.h"

struct frame_start {
	char service[AUTH_NAME_MAX], user[AUTH_NAME_MAX];
	char rhost[AUTH_NAME_MAX], tty[AUTH_NAME_MAX];
	uint8_t flags; /* enum auth_flags */
};

struct frame_pair {
	char user[AUTH_NAME_MAX];
	struct pkhh hash;
};

/*
 * Each parser wants its own frame type (ERR_SEQUENCE otherwise), the whole body
 * (ERR_SHORT, ERR_FORMAT, ERR_LIMIT) and no secret where none belongs.
 */
MUST_CHECK err_t frame_start_parse(
    const struct msg *m, struct frame_start *out);
MUST_CHECK err_t frame_choose_parse(
    const struct msg *m, size_t count, size_t *index);
/* `pin` is taken out of the frame; a frame without one is ERR_FORMAT. */
MUST_CHECK err_t frame_pin_parse(struct msg *m, bool *yes, struct secret **pin);
/* `pin` may be NULL afterwards: it is optional. */
MUST_CHECK err_t frame_pair_parse(
    struct msg *m, struct frame_pair *out, struct secret **pin);
MUST_CHECK err_t frame_user_of_parse(const struct msg *m, struct pkhh *out);

struct frame_prompt {
	const char *user, *label, *message;
	uint8_t tries;
	bool last;
};

struct frame_result {
	enum verdict verdict;
	const char *user, *reason, *token_id;
	uint16_t apdus;
};

/* Bodies into an initialised frame; msg_send reports what went wrong. */
void frame_prompt_build(const struct frame_prompt *p, struct msg *out);
void frame_result_build(const struct frame_result *r, struct msg *out);
void frame_users_build(
    const struct map_match *m, size_t n, uint16_t type, struct msg *out);

#endif
