/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/auth-answer.h"

#include "ipc/msg.h"

static err_t
get_user(struct span *in, char out[AUTH_NAME_MAX])
{
	err_t e;

	if ((e = msg_get_str(in, out, AUTH_NAME_MAX)))
		return e;
	return out[0] == '\0' ? ERR_FORMAT : ERR_OK;
}

static enum verdict
known(uint16_t verdict)
{
	return verdict < VERDICT_COUNT_ ? (enum verdict)verdict
					: VERDICT_INTERNAL;
}

err_t
answer_users(struct span body, struct answer_users *out)
{
	struct answer_users u = { 0 };
	uint16_t n;
	err_t e;

	if ((e = span_u16(&body, &n)))
		return e;
	if (n > AUTH_USERS_MAX)
		return ERR_LIMIT;
	for (u.n = 0; u.n < n; u.n++) {
		if ((e = get_user(&body, u.users[u.n])))
			return e;
	}
	if ((e = span_end(body)))
		return e;
	*out = u;
	return ERR_OK;
}

err_t
answer_choice(struct span body, struct answer_users *out)
{
	struct answer_users u;
	err_t e;

	if ((e = answer_users(body, &u)))
		return e;
	if (u.n == 0)
		return ERR_LIMIT;
	*out = u;
	return ERR_OK;
}

err_t
answer_prompt(struct span body, struct answer_prompt *out)
{
	struct answer_prompt p = { 0 };
	uint8_t last;
	err_t e;

	if ((e = get_user(&body, p.user)) ||
	    (e = msg_get_str(&body, p.label, sizeof(p.label))) ||
	    (e = span_u8(&body, &p.tries)) || (e = span_u8(&body, &last)) ||
	    (e = msg_get_str(&body, p.message, sizeof(p.message))) ||
	    (e = span_end(body)))
		return e;
	if (last > 1)
		return ERR_FORMAT;
	p.last = last == 1 || p.tries == 1;
	*out = p;
	return ERR_OK;
}

err_t
answer_result(struct span body, struct answer_result *out)
{
	struct answer_result r = { 0 };
	uint16_t v;
	err_t e;

	if ((e = span_u16(&body, &v)) ||
	    (e = msg_get_str(&body, r.user, sizeof(r.user))) ||
	    (e = msg_get_str(&body, r.reason, sizeof(r.reason))) ||
	    (e = msg_get_str(&body, r.token_id, sizeof(r.token_id))) ||
	    (e = span_u16(&body, &r.apdus)) || (e = span_end(body)))
		return e;
	r.verdict = known(v);
	*out = r;
	return ERR_OK;
}

err_t
answer_pair(struct span body, struct answer_pair *out)
{
	struct answer_pair p = { 0 };
	uint16_t v;
	err_t e;

	if ((e = span_u16(&body, &v)) ||
	    (e = msg_get_str(&body, p.reason, sizeof(p.reason))) ||
	    (e = msg_get_str(&body, p.label, sizeof(p.label))) ||
	    (e = span_u8(&body, &p.notes)) || (e = span_end(body)))
		return e;
	p.verdict = known(v);
	*out = p;
	return ERR_OK;
}
