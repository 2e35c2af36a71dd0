/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/session.h"

#include <stdarg.h>
#include <stdio.h>

#include "authd/cards.h"
#include "authd/claim.h"
#include "base/clock.h"
#include "base/log.h"

err_t
session_recv(struct session *s, struct msg *m)
{
	return msg_recv(s->fd, m, s->deadline);
}

err_t
session_send(struct session *s, const struct msg *m)
{
	return msg_send(s->fd, m, deadline_in(SESSION_ANSWER_MS));
}

enum verdict
verdict_of_token(err_t e)
{
	switch (e) {
	case ERR_OK:
		return VERDICT_OK;
	case ERR_PIN_WRONG:
	case ERR_PIN_FORM:
		return VERDICT_WRONG_PIN;
	case ERR_PIN_BLOCKED:
		return VERDICT_BLOCKED;
	case ERR_ABSENT:
	case ERR_CARD:
	case ERR_IO:
	case ERR_REMOVED:
	case ERR_UNSUPPORTED:
	case ERR_PIN_NEEDED:
	case ERR_SHORT: /* what the card said; a service that lies is */
	case ERR_FORMAT: /* ERR_SERVICE */
		return VERDICT_CARD_ERROR;
	case ERR_DENIED:
		return VERDICT_REFUSED;
	case ERR_BUSY:
	case ERR_TIMEOUT:
	case ERR_SERVICE:
		return VERDICT_SERVICE;
	case ERR_NOMEM:
	case ERR_LIMIT:
	case ERR_SEQUENCE:
	case ERR_COUNT_:
		break;
	}
	return VERDICT_INTERNAL;
}

const char *
verdict_text(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
		return "accepted";
	case VERDICT_NO_CARD:
		return "no card";
	case VERDICT_NOT_PAIRED:
		return "not paired";
	case VERDICT_REFUSED:
		return "refused";
	case VERDICT_WRONG_PIN:
		return "wrong PIN";
	case VERDICT_BLOCKED:
		return "PIN blocked";
	case VERDICT_NO_CONSENT:
		return "last try not confirmed";
	case VERDICT_CARD_ERROR:
		return "card error";
	case VERDICT_SERVICE:
		return "service not available";
	case VERDICT_INTERNAL:
	case VERDICT_COUNT_:
		break;
	}
	return "internal error";
}

err_t
session_claim(struct session *s, struct why *why, const char *fmt, ...)
{
	char who[LIMIT_WHO_MAX];
	va_list ap;
	int n;

	if (s->claimed)
		return ERR_OK;
	va_start(ap, fmt);
	n = vsnprintf(who, sizeof(who), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(who) ||
	    claim_ask(s->gate, who) != ERR_OK)
		return why_add(why, ERR_LIMIT,
		    "too many logins at a time from elsewhere (%.80s): try "
		    "again later",
		    who);
	s->claimed = true;
	return ERR_OK;
}

void
session_still_reading(const struct session *s, struct why *why)
{
	if (s->reading[0] != '\0')
		(void)why_add(why, ERR_ABSENT,
		    "the card in reader \"%s\" is still being read, try again",
		    s->reading);
}

enum verdict
session_cards(struct session *s, struct token_client **tokens,
    struct tokens *list, struct cards *cards, struct why *why)
{
	err_t e;

	/* whoever sits on that socket with another uid is no token service */
	if (token_open(s->d->token_path, s->d->token_uid, tokens, why) !=
		ERR_OK ||
	    token_settled(*tokens, s->reading, why) != ERR_OK ||
	    token_list(*tokens, list, why) != ERR_OK)
		return VERDICT_SERVICE;
	if ((e = cards_examine(list, s->deadline, cards)) != ERR_OK) {
		(void)why_add(why, e, "examining the cards");
		return VERDICT_INTERNAL;
	}
	if (cards->n > 0)
		return VERDICT_OK;
	(void)why_add(why, ERR_ABSENT,
	    cards->others > 0
		? "the card's driver may not be used for login (see sc_auth "
		  "enable_for_login)"
		: "no smart card is inserted");
	session_still_reading(s, why);
	return VERDICT_NO_CARD;
}

enum verdict
session_run(struct session *s)
{
	CLEANUP(msg_done) struct msg m;
	struct why why = { 0 };
	err_t e;

	msg_init(&m, 0);
	if (!s->place.active &&
	    session_claim(s, &why, "user %u", (unsigned int)s->place.owner) !=
		ERR_OK) {
		log_warning("caller %u: %s: turned away",
		    (unsigned int)s->peer.uid, why.text);
		return VERDICT_SERVICE;
	}
	s->deadline = deadline_in(SESSION_FIRST_MS);
	e = session_recv(s, &m);
	s->deadline = deadline_in(SESSION_MS);
	if (e != ERR_OK) {
		log_debug("caller %u left without a request: %s",
		    (unsigned int)s->peer.uid, err_text(e));
		return VERDICT_INTERNAL;
	}
	/* as the service last saw them, unless they have changed since */
	prefs_reload(s->d->prefs);
	switch (m.type) {
	case AUTH_START:
		return login_run(s, &m);
	case AUTH_PAIR_CHECK:
		return pair_check_run(s, &m);
	case AUTH_USER_OF:
		return user_of_run(s, &m);
	default:
		log_warning("caller %u: unknown request %u",
		    (unsigned int)s->peer.uid, (unsigned int)m.type);
		return VERDICT_INTERNAL;
	}
}
