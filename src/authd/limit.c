/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/limit.h"

#include <stdio.h>
#include <string.h>

#define FULL ((int64_t)LIMIT_CREDIT * LIMIT_REFILL_MS)

static struct limit_user *
find(struct limit *l, uid_t uid)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->users[i].uid == uid)
			return &l->users[i];
	}
	return NULL;
}

static void
refill(struct limit_user *u, uint64_t now_ms)
{
	u->credit_ms += (int64_t)(now_ms - u->seen_ms);
	if (u->credit_ms > FULL)
		u->credit_ms = FULL;
	u->seen_ms = now_ms;
}

/* Forget somebody who is idle and has full credit: a fresh user is the same. */
static struct limit_user *
make_room(struct limit *l, uint64_t now_ms)
{
	if (l->n < LIMIT_UIDS)
		return &l->users[l->n++];
	for (size_t i = 0; i < l->n; i++) {
		refill(&l->users[i], now_ms);
		if (l->users[i].running == 0 && l->users[i].credit_ms == FULL)
			return &l->users[i];
	}
	return NULL;
}

static struct limit_user *
user_of(struct limit *l, uid_t uid, uint64_t now_ms)
{
	struct limit_user *u = find(l, uid);

	if (u == NULL) {
		if ((u = make_room(l, now_ms)) == NULL)
			return NULL;
		*u = (struct limit_user){
			.uid = uid, .credit_ms = FULL, .seen_ms = now_ms
		};
	}
	refill(u, now_ms);
	return u;
}

err_t
limit_begin(struct limit *l, uid_t uid, bool exempt, uint64_t now_ms)
{
	struct limit_user *u;

	if (l->running >= LIMIT_SESSIONS)
		return ERR_LIMIT;
	if (!exempt) {
		if (l->running_users >= LIMIT_SESSIONS_USERS)
			return ERR_LIMIT;
		if ((u = user_of(l, uid, now_ms)) == NULL ||
		    u->running >= LIMIT_SESSIONS_UID)
			return ERR_LIMIT;
		if (u->credit_ms < LIMIT_REFILL_MS)
			return ERR_BUSY;
		u->credit_ms -= LIMIT_REFILL_MS;
		u->running++;
		l->running_users++;
	}
	l->running++;
	return ERR_OK;
}

void
limit_end(struct limit *l, uid_t uid, bool exempt, bool wrong_pin)
{
	struct limit_user *u;

	if (l->running > 0)
		l->running--;
	if (exempt || (u = find(l, uid)) == NULL)
		return;
	if (l->running_users > 0)
		l->running_users--;
	if (u->running > 0)
		u->running--;
	if (wrong_pin)
		u->credit_ms -= (int64_t)LIMIT_WRONG_PIN * LIMIT_REFILL_MS;
}

static struct limit_away *
find_away(struct limit *l, const char *who)
{
	for (size_t i = 0; i < LIMIT_AWAY; i++) {
		if (l->away[i].running > 0 && strcmp(l->away[i].who, who) == 0)
			return &l->away[i];
	}
	return NULL;
}

err_t
limit_away_begin(struct limit *l, const char *who)
{
	struct limit_away *a = find_away(l, who);

	if (l->running_away >= LIMIT_AWAY || strlen(who) >= LIMIT_WHO_MAX)
		return ERR_LIMIT;
	/* there are as many entries as sessions: one is free */
	for (size_t i = 0; a == NULL && i < LIMIT_AWAY; i++) {
		if (l->away[i].running == 0)
			a = &l->away[i];
	}
	if (a == NULL || a->running >= LIMIT_AWAY_EACH)
		return ERR_LIMIT;
	(void)snprintf(a->who, sizeof(a->who), "%s", who);
	a->running++;
	l->running_away++;
	return ERR_OK;
}

void
limit_away_end(struct limit *l, const char *who)
{
	struct limit_away *a = find_away(l, who);

	if (a == NULL)
		return;
	a->running--;
	l->running_away--;
}
