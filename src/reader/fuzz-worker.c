/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/worker.h"

#include "fuzz.h"

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done)
	struct buf again = BUF_INIT(WORKER_HEADER + WORKER_BODY_MAX);
	struct worker_frame f;
	size_t used;

	while (worker_parse(in, &f, &used) == ERR_OK) {
		FUZZ_PROMISE(used <= in.n && used >= WORKER_HEADER);
		buf_reset(&again);
		FUZZ_PROMISE(worker_build(&f, &again) == ERR_OK);
		FUZZ_PROMISE(span_eq(buf_span(&again), span_first(in, used)));
		in = span_from(in.p + used, in.n - used);
	}
}
