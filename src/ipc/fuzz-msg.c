/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/msg.h"

#include "base/text.h"

#include "fuzz.h"

void
fuzz_one(struct span in)
{
	CLEANUP(msg_done) struct msg m = { 0 };
	CLEANUP(buf_done)
	struct buf again = BUF_INIT(MSG_HEADER + MSG_BODY_MAX + MSG_SECRET_MAX);
	struct span body, bytes;
	size_t used, need;
	char text[64];

	if (msg_parse(in, &m, &used, &need) != ERR_OK)
		return;
	FUZZ_PROMISE(used <= in.n);
	FUZZ_PROMISE(msg_build(&m, &again) == ERR_OK);
	FUZZ_PROMISE(span_eq(buf_span(&again), span_first(in, used)));
	body = buf_span(&m.body);
	if (msg_get_str(&body, text, sizeof(text)) == ERR_OK)
		FUZZ_PROMISE(text_ok(span_str(text)));
	while (msg_get_bytes(&body, 4096, &bytes) == ERR_OK)
		FUZZ_PROMISE(bytes.n <= 4096);
}
