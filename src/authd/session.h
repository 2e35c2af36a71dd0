/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One conversation with one caller, in a process of its own: plain code that
 * blocks, with deadlines, and ends with a verdict.
 */
#ifndef SCS_AUTHD_SESSION_H
#define SCS_AUTHD_SESSION_H

#include "authd/frames.h"
#include "authd/proof.h"
#include "authd/token.h"
#include "directory/index.h"
#include "ipc/peer.h"
#include "policy/place.h"
#include "prefs/prefs.h"

#define SESSION_MS (5 * 60 * 1000) /* a person is on the other side */
#define SESSION_FIRST_MS 10000 /* what the caller wants: no person types that */
#define SESSION_ANSWER_MS 10000 /* for the caller to take what we say */

/* What the service knows; a session has it as it was when the caller came,
 * but reads records and preferences again where they decide. */
struct authd {
	const char *prefix;
	const char *token_path;
	uid_t token_uid;
	uint8_t machine[PROOF_MACHINE];
	struct prefs *prefs;
	struct hash_index *index;
};

struct session {
	struct authd *d;
	int fd; /* the caller */
	int gate; /* where to claim a place (authd/claim.h) */
	struct peer peer;
	bool
	    privileged; /* the caller is root, or we serve our own user alone */
	struct place place;
	bool claimed; /* counted as one of those who are not at the seat */
	uint64_t deadline;
	char reading[TOKEN_READER_MAX]; /* where a card was not read in time */
	bool pin_refused; /* the card refused a PIN: it costs the caller */
};

/* How it ended. */
struct outcome {
	enum verdict verdict;
	struct why why;
	char user[RECORD_NAME_MAX];
	char token_id[TOKEN_ID_MAX];
	uint16_t apdus;
	const char *service;
};

/* Serve one request to its end, log it, and return what it came to. */
enum verdict session_run(struct session *s);

/* The requests: each answers the caller itself. `m` is the first frame. */
enum verdict login_run(struct session *s, struct msg *m);
enum verdict pair_check_run(struct session *s, struct msg *m);
enum verdict user_of_run(struct session *s, struct msg *m);

/*
 * For the requests. The next frame, or an answer; ERR_REMOVED: the caller went
 * away, which cancels.
 */
MUST_CHECK err_t session_recv(struct session *s, struct msg *m);
MUST_CHECK err_t session_send(struct session *s, const struct msg *m);

/*
 * The caller is not at the seat: may it stay? `who` names it for the count.
 * ERR_LIMIT, with a reason: too many are here already.
 */
MUST_CHECK err_t session_claim(
    struct session *s, struct why *why, const char *fmt, ...) PRINTF(3, 4);

/*
 * The cards that are there. One that is being read is waited for: it may be the
 * one that is meant. *list and *cards are the caller's to free. */
struct cards;
MUST_CHECK enum verdict session_cards(struct session *s,
    struct token_client **tokens, struct tokens *list, struct cards *cards,
    struct why *why);

/* No card is the right one: say so if one could not be looked at. */
void session_still_reading(const struct session *s, struct why *why);

/* What a failed call of the token service means for a login. */
enum verdict verdict_of_token(err_t e);

/* "wrong PIN", for logs. Never NULL. */
const char *verdict_text(enum verdict v);

#endif
