/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/msg.h"

#include <string.h>

#include "base/fd.h"
#include "base/text.h"

void
msg_init(struct msg *m, uint16_t type)
{
	*m = (struct msg){ .type = type, .body = BUF_INIT(MSG_BODY_MAX) };
}

void
msg_done(struct msg *m)
{
	buf_done(&m->body);
	secret_free(&m->secret);
}

void
msg_put_bytes(struct buf *b, struct span s)
{
	if (s.n > MSG_BODY_MAX) {
		if (b->e == ERR_OK)
			b->e = ERR_LIMIT;
		return;
	}
	buf_put_u32(b, (uint32_t)s.n);
	buf_put(b, s);
}

void
msg_put_str(struct buf *b, const char *s)
{
	msg_put_bytes(b, span_str(s));
}

err_t
msg_get_bytes(struct span *in, size_t max, struct span *out)
{
	struct span at = *in, s;
	uint32_t n;
	err_t e;

	if ((e = span_u32(&at, &n)))
		return e;
	if (n > max)
		return ERR_LIMIT;
	if ((e = span_take(&at, n, &s)))
		return e;
	*in = at;
	*out = s;
	return ERR_OK;
}

bool
msg_text_ok(struct span s)
{
	return text_ok(s);
}

err_t
msg_get_str(struct span *in, char *out, size_t cap)
{
	struct span at = *in, s;
	err_t e;

	if (cap == 0)
		return ERR_LIMIT;
	if ((e = msg_get_bytes(&at, cap - 1, &s)))
		return e;
	if (!text_ok(s))
		return ERR_FORMAT;
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	*in = at;
	return ERR_OK;
}

static err_t
put_header(const struct msg *m, struct buf *out)
{
	err_t e;

	if ((e = buf_status(&m->body)))
		return e;
	if (secret_len(m->secret) > MSG_SECRET_MAX)
		return ERR_LIMIT;
	buf_put_u32(out, (uint32_t)m->body.n);
	buf_put_u16(out, m->type);
	buf_put_u16(out, (uint16_t)secret_len(m->secret));
	return buf_status(out);
}

err_t
msg_build(const struct msg *m, struct buf *out)
{
	err_t e;

	if ((e = put_header(m, out)))
		return e;
	buf_put(out, buf_span(&m->body));
	buf_put(out, secret_span(m->secret));
	return buf_status(out);
}

err_t
msg_send(int fd, const struct msg *m, uint64_t deadline)
{
	CLEANUP(buf_done)
	struct buf out = BUF_INIT(MSG_HEADER + MSG_BODY_MAX);
	err_t e;

	/* one write for header and body; the secret from its own memory */
	if ((e = put_header(m, &out)))
		return e;
	buf_put(&out, buf_span(&m->body));
	if ((e = buf_status(&out)) ||
	    (e = fd_write_all(fd, buf_span(&out), deadline)))
		return e;
	return fd_write_all(fd, secret_span(m->secret), deadline);
}

static err_t
parse_header(struct span in, uint32_t *body, uint16_t *type, uint16_t *secret)
{
	err_t e;

	if ((e = span_u32(&in, body)) || (e = span_u16(&in, type)) ||
	    (e = span_u16(&in, secret)))
		return e;
	if (*body > MSG_BODY_MAX || *secret > MSG_SECRET_MAX)
		return ERR_LIMIT;
	return ERR_OK;
}

err_t
msg_recv(int fd, struct msg *m, uint64_t deadline)
{
	CLEANUP(msg_done) struct msg got = { 0 };
	uint8_t header[MSG_HEADER], *to;
	uint32_t body;
	uint16_t type, secret;
	err_t e;

	if ((e = fd_read_n(fd, header, sizeof(header), deadline)) ||
	    (e = parse_header(SPAN_OF(header), &body, &type, &secret)))
		return e;
	msg_init(&got, type);
	if (body > 0) {
		if ((to = buf_grow(&got.body, body)) == NULL)
			return buf_status(&got.body);
		if ((e = fd_read_n(fd, to, body, deadline)))
			return e == ERR_REMOVED ? ERR_SHORT : e;
	}
	if (secret > 0) {
		if ((e = secret_new(secret, &got.secret)))
			return e;
		if ((e = fd_read_n(
			 fd, secret_bytes(got.secret), secret, deadline)))
			return e == ERR_REMOVED ? ERR_SHORT : e;
	}
	msg_done(m);
	*m = got;
	got = (struct msg){ 0 };
	return ERR_OK;
}

err_t
msg_parse(struct span in, struct msg *m, size_t *used, size_t *need)
{
	CLEANUP(msg_done) struct msg got = { 0 };
	struct span body, secret, rest = in;
	uint32_t body_n;
	uint16_t type, secret_n;
	err_t e;

	*need = 0;
	if ((e = parse_header(in, &body_n, &type, &secret_n)))
		return e;
	*need = (size_t)MSG_HEADER + body_n + secret_n;
	if ((e = span_take(&rest, MSG_HEADER, &body)) ||
	    (e = span_take(&rest, body_n, &body)) ||
	    (e = span_take(&rest, secret_n, &secret)))
		return e;
	msg_init(&got, type);
	buf_put(&got.body, body);
	if ((e = buf_status(&got.body)))
		return e;
	if (secret_n > 0 && (e = secret_from(secret, &got.secret)))
		return e;
	*used = *need;
	msg_done(m);
	*m = got;
	got = (struct msg){ 0 };
	return ERR_OK;
}
