/* SPDX-License-Identifier: BSD-2-Clause */
/* What scs-authd answers: the first byte chooses which of the five. */
#include "base/text.h"
#include "fuzz.h"
#include "ipc/auth-answer.h"

static void
text(const char *s)
{
	FUZZ_PROMISE(text_ok(span_str(s)));
}

static void
users(struct span in, bool choice)
{
	struct answer_users u = { .n = 0 };
	err_t e = choice ? answer_choice(in, &u) : answer_users(in, &u);

	if (e != ERR_OK) {
		FUZZ_PROMISE(u.n == 0);
		return;
	}
	FUZZ_PROMISE(u.n <= AUTH_USERS_MAX && (u.n > 0 || !choice));
	for (size_t i = 0; i < u.n; i++) {
		FUZZ_PROMISE(u.users[i][0] != '\0');
		text(u.users[i]);
	}
}

static void
pair(struct span in)
{
	struct answer_pair p;

	if (answer_pair(in, &p) != ERR_OK)
		return;
	FUZZ_PROMISE(p.verdict < VERDICT_COUNT_);
	text(p.reason);
	text(p.label);
}

static void
prompt(struct span in)
{
	struct answer_prompt p;

	if (answer_prompt(in, &p) != ERR_OK)
		return;
	FUZZ_PROMISE(p.user[0] != '\0' && (p.tries != 1 || p.last));
	text(p.user);
	text(p.label);
	text(p.message);
}

static void
result(struct span in)
{
	struct answer_result r;

	if (answer_result(in, &r) != ERR_OK)
		return;
	FUZZ_PROMISE(r.verdict < VERDICT_COUNT_);
	text(r.user);
	text(r.reason);
	text(r.token_id);
}

void
fuzz_one(struct span in)
{
	uint8_t which;

	if (span_u8(&in, &which) != ERR_OK)
		return;
	which %= 5;
	if (which == 0 || which == 2)
		users(in, which == 2);
	else if (which == 1)
		pair(in);
	else if (which == 3)
		prompt(in);
	else
		result(in);
}
