/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile card against the virtual reader. Each request sent to it is
 * answered exactly once whatever it says. Input: records of one byte of action
 * (0-2 a request, else how many of the following bytes the card says).
 */
#include "base/log.h"
#include "reader/host.h"
#include "reader/virtual/virtual.h"

#include "fuzz.h"

/* How many answers scs-readerd has got; events are not counted. */
static unsigned int
answers(struct buf *out)
{
	struct worker_frame f;
	unsigned int n = 0;
	size_t used;

	while (worker_parse(buf_span(out), &f, &used) == ERR_OK) {
		n += f.type == WORKER_ANSWER ? 1 : 0;
		buf_drop(out, used);
	}
	FUZZ_PROMISE(out->n == 0);
	return n;
}

static void
request(struct host *h, uint8_t action)
{
	static const uint16_t types[] = { WORKER_POWER, WORKER_TRANSMIT,
		WORKER_CONTROL };
	uint8_t cmd[] = { 0, 0xa4, 4, 0, 0 };

	virtual_driver.request(h->self,
	    &(struct worker_frame){
		types[action], 0, 1, action, SPAN_OF(cmd) });
}

void
fuzz_one(struct span in)
{
	struct driver_args args = {
		.name = "Fuzz", .device_fd = -1, .timeout_ms = 1000
	};
	struct host h;
	unsigned int asked = 0, got = 0;
	struct span said;
	uint8_t action;

	log_init("fuzz", -1, 0);
	FUZZ_PROMISE(host_init(&h, NULL, -1, -1, &virtual_driver) == ERR_OK);
	FUZZ_PROMISE(virtual_driver.start(&h, NULL, &args, &h.self) == ERR_OK);
	FUZZ_PROMISE(virtual_insert(h.self, -1) == ERR_OK);
	while (span_u8(&in, &action) == ERR_OK) {
		if (action < 3) {
			request(&h, action);
			asked++;
		} else {
			said = span_first(in, action);
			in = span_from(in.p + said.n, in.n - said.n);
			if (virtual_says(h.self, said) != ERR_OK)
				FUZZ_PROMISE(
				    virtual_insert(h.self, -1) == ERR_OK);
		}
		got += answers(&h.channel.out);
		FUZZ_PROMISE(got == asked || got + 1 == asked);
	}
	virtual_driver.stop(h.self);
	host_done(&h);
}
