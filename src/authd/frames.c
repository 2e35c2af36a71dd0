/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/frames.h"

static err_t
expect(const struct msg *m, enum auth_msg type, bool secret_allowed)
{
	if (m->type != type)
		return ERR_SEQUENCE;
	if (m->secret != NULL && !secret_allowed)
		return ERR_FORMAT;
	return ERR_OK;
}

err_t
frame_start_parse(const struct msg *m, struct frame_start *out)
{
	struct span in = buf_span(&m->body);
	struct frame_start f;
	err_t e;

	if ((e = expect(m, AUTH_START, false)) ||
	    (e = msg_get_str(&in, f.service, sizeof(f.service))) ||
	    (e = msg_get_str(&in, f.user, sizeof(f.user))) ||
	    (e = msg_get_str(&in, f.rhost, sizeof(f.rhost))) ||
	    (e = msg_get_str(&in, f.tty, sizeof(f.tty))) ||
	    (e = span_u8(&in, &f.flags)) || (e = span_end(in)))
		return e;
	if ((f.flags & ~(AUTH_INTERACTIVE | AUTH_HAVE_PIN)) != 0 ||
	    f.service[0] == '\0')
		return ERR_FORMAT;
	*out = f;
	return ERR_OK;
}

err_t
frame_choose_parse(const struct msg *m, size_t count, size_t *index)
{
	struct span in = buf_span(&m->body);
	uint16_t i;
	err_t e;

	if ((e = expect(m, AUTH_CHOOSE, false)) || (e = span_u16(&in, &i)) ||
	    (e = span_end(in)))
		return e;
	if (i >= count)
		return ERR_FORMAT;
	*index = i;
	return ERR_OK;
}

err_t
frame_pin_parse(struct msg *m, bool *yes, struct secret **pin)
{
	struct span in = buf_span(&m->body);
	uint8_t b;
	err_t e;

	if ((e = expect(m, AUTH_PIN, true)) || (e = span_u8(&in, &b)) ||
	    (e = span_end(in)))
		return e;
	if (b > 1 || m->secret == NULL)
		return ERR_FORMAT;
	*yes = b == 1;
	*pin = TAKE(m->secret);
	return ERR_OK;
}

static err_t
hash_get(struct span *in, struct pkhh *out)
{
	char hex[2 * PKHH_SIZE + 1];
	err_t e;

	if ((e = msg_get_str(in, hex, sizeof(hex))))
		return e;
	return pkhh_parse(hex, out);
}

err_t
frame_pair_parse(struct msg *m, struct frame_pair *out, struct secret **pin)
{
	struct span in = buf_span(&m->body);
	struct frame_pair f;
	uint8_t flags;
	err_t e;

	if ((e = expect(m, AUTH_PAIR_CHECK, true)) ||
	    (e = msg_get_str(&in, f.user, sizeof(f.user))) ||
	    (e = hash_get(&in, &f.hash)) || (e = span_u8(&in, &flags)) ||
	    (e = span_end(in)))
		return e;
	if (flags != 0)
		return ERR_FORMAT;
	*out = f;
	*pin = TAKE(m->secret);
	return ERR_OK;
}

err_t
frame_user_of_parse(const struct msg *m, struct pkhh *out)
{
	struct span in = buf_span(&m->body);
	struct pkhh h;
	err_t e;

	if ((e = expect(m, AUTH_USER_OF, false)) || (e = hash_get(&in, &h)) ||
	    (e = span_end(in)))
		return e;
	*out = h;
	return ERR_OK;
}

void
frame_prompt_build(const struct frame_prompt *p, struct msg *out)
{
	msg_put_str(&out->body, p->user);
	msg_put_str(&out->body, p->label);
	buf_put_u8(&out->body, p->tries);
	buf_put_u8(&out->body, p->last ? 1 : 0);
	msg_put_str(&out->body, p->message);
}

void
frame_result_build(const struct frame_result *r, struct msg *out)
{
	buf_put_u16(&out->body, (uint16_t)r->verdict);
	msg_put_str(&out->body, r->user);
	msg_put_str(&out->body, r->reason);
	msg_put_str(&out->body, r->token_id);
	buf_put_u16(&out->body, r->apdus);
}

void
frame_users_build(
    const struct map_match *m, size_t n, uint16_t type, struct msg *out)
{
	out->type = type;
	buf_put_u16(&out->body, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		msg_put_str(&out->body, m[i].user);
}
