/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/answer.h"

#include "ipc/msg.h"

static err_t
get_user(struct span *in, char out[AUTH_NAME_MAX])
{
	err_t e;

	if ((e = msg_get_str(in, out, AUTH_NAME_MAX)))
		return e;
	return out[0] == '\0' ? ERR_FORMAT : ERR_OK;
}

err_t
answer_choice(struct span body, struct answer_choice *out)
{
	struct answer_choice c = { 0 };
	uint16_t n;
	err_t e;

	if ((e = span_u16(&body, &n)))
		return e;
	if (n == 0 || n > AUTH_USERS_MAX)
		return ERR_LIMIT;
	for (c.n = 0; c.n < n; c.n++) {
		if ((e = get_user(&body, c.users[c.n])))
			return e;
	}
	if ((e = span_end(body)))
		return e;
	*out = c;
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
	r.verdict = v < VERDICT_COUNT_ ? (enum verdict)v : VERDICT_INTERNAL;
	*out = r;
	return ERR_OK;
}
