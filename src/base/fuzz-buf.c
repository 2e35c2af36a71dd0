/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A buffer and a span driven by a list of operations, against a plain array
 * that does the same.
 */
#include "base/buf.h"

#include <string.h>

#include "fuzz.h"

#define MAX 300

struct model {
	uint8_t p[MAX];
	size_t n;
	bool failed;
};

static void
model_insert(struct model *m, size_t at, struct span s)
{
	if (m->failed || at > m->n)
		return;
	if (s.n > MAX - m->n) {
		m->failed = true;
		return;
	}
	memmove(m->p + at + s.n, m->p + at, m->n - at);
	if (s.n > 0)
		memcpy(m->p + at, s.p, s.n);
	m->n += s.n;
}

static void
model_drop(struct model *m, size_t n)
{
	if (n > m->n)
		return;
	memmove(m->p, m->p + n, m->n - n);
	m->n -= n;
}

static void
step(struct buf *b, struct model *m, uint8_t op, uint8_t arg, struct span s)
{
	const uint8_t wide[2] = { 0, arg };

	switch (op % 6) {
	case 0:
		buf_put(b, s);
		model_insert(m, m->n, s);
		break;
	case 1:
		buf_insert(b, arg, s);
		model_insert(m, arg, s);
		break;
	case 2:
		buf_trim(b, arg);
		if (arg < m->n)
			m->n = arg;
		break;
	case 3:
		buf_drop(b, arg);
		model_drop(m, arg);
		break;
	case 4:
		buf_put_u16(b, arg);
		model_insert(m, m->n, SPAN_OF(wide));
		break;
	default:
		buf_reset(b);
		*m = (struct model){ 0 };
		break;
	}
}

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(MAX);
	struct model m = { 0 };
	uint8_t op, arg, n;
	struct span s;

	while (span_u8(&in, &op) == ERR_OK && span_u8(&in, &arg) == ERR_OK &&
	    span_u8(&in, &n) == ERR_OK && span_take(&in, n, &s) == ERR_OK) {
		step(&b, &m, op, arg, s);
		FUZZ_PROMISE((buf_status(&b) != ERR_OK) == m.failed);
		FUZZ_PROMISE(span_eq(buf_span(&b), span_from(m.p, m.n)));
		FUZZ_PROMISE(b.n <= MAX && b.cap <= MAX);
	}
}
