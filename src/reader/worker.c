/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/worker.h"

err_t
worker_parse(struct span in, struct worker_frame *out, size_t *used)
{
	struct worker_frame f;
	struct span rest = in;
	uint32_t n;
	err_t e;

	if ((e = span_u32(&rest, &n)) || (e = span_u16(&rest, &f.type)) ||
	    (e = span_u16(&rest, &f.slot)) || (e = span_u32(&rest, &f.id)) ||
	    (e = span_u32(&rest, &f.value)))
		return e;
	if (n > WORKER_BODY_MAX || f.slot >= WORKER_SLOTS)
		return ERR_LIMIT;
	if ((e = span_take(&rest, n, &f.body)))
		return e;
	*out = f;
	*used = WORKER_HEADER + n;
	return ERR_OK;
}

err_t
worker_build(const struct worker_frame *f, struct buf *out)
{
	if (f->body.n > WORKER_BODY_MAX || f->slot >= WORKER_SLOTS)
		return ERR_LIMIT;
	buf_put_u32(out, (uint32_t)f->body.n);
	buf_put_u16(out, f->type);
	buf_put_u16(out, f->slot);
	buf_put_u32(out, f->id);
	buf_put_u32(out, f->value);
	buf_put(out, f->body);
	return buf_status(out);
}
