/* SPDX-License-Identifier: BSD-2-Clause */
/* What scs-authd answers sc_auth: the first byte chooses which of the two. */
#include "base/text.h"
#include "fuzz.h"
#include "tool/authd.h"

static void
users(struct span in)
{
	static struct authd_users u;

	u.n = 0;
	if (authd_users_parse(in, &u) != ERR_OK) {
		FUZZ_PROMISE(u.n == 0);
		return;
	}
	FUZZ_PROMISE(u.n <= AUTH_USERS_MAX);
	for (size_t i = 0; i < u.n; i++) {
		FUZZ_PROMISE(u.names[i][0] != '\0');
		FUZZ_PROMISE(text_ok(span_str(u.names[i])));
	}
}

void
fuzz_one(struct span in)
{
	struct authd_pair p;
	uint8_t which;

	if (span_u8(&in, &which) != ERR_OK)
		return;
	if (which % 2 == 0) {
		users(in);
		return;
	}
	if (authd_pair_parse(in, &p) != ERR_OK)
		return;
	FUZZ_PROMISE(p.verdict < VERDICT_COUNT_);
	FUZZ_PROMISE(text_ok(span_str(p.reason)));
	FUZZ_PROMISE(text_ok(span_str(p.label)));
	FUZZ_PROMISE(
	    (authd_verdict(p.verdict) == ERR_OK) == (p.verdict == VERDICT_OK));
}
