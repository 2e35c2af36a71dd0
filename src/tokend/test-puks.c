/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/puks.h"

#include <stdio.h>

#include "ipc/msg.h"
#include "test.h"

static struct puks p;

static void
answer(const char *id, err_t e, const char *reason, uint8_t tries)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);

	buf_put_u16(&b, (uint16_t)e);
	if (e != ERR_OK) {
		msg_put_str(&b, reason);
		buf_put_u8(&b, tries);
	}
	puks_answer(&p, id, buf_span(&b));
}

TEST(what_a_refusal_said_is_remembered)
{
	p = (struct puks){ 0 };
	assert_int_equal(puks_tries(&p, "a"), TOKEN_TRIES_UNKNOWN);
	answer("a", ERR_PIN_WRONG, "no", 2);
	assert_int_equal(puks_tries(&p, "a"), 2);
	assert_int_equal(puks_tries(&p, "b"), TOKEN_TRIES_UNKNOWN);
	answer("a", ERR_PIN_BLOCKED, "no", 0);
	assert_int_equal(puks_tries(&p, "a"), 0);
	answer("a", ERR_OK, "", 0);
	assert_int_equal(puks_tries(&p, "a"), TOKEN_TRIES_UNKNOWN);
}

TEST(what_was_not_sent_costs_nothing)
{
	p = (struct puks){ 0 };
	answer("a", ERR_PIN_WRONG, "no", 2);
	answer("a", ERR_DENIED, "no", 0xff);
	answer("a", ERR_PIN_FORM, "no", 0xff);
	answer("a", ERR_PIN_WRONG, "it refused this one before", 0xff);
	assert_int_equal(puks_tries(&p, "a"), 2);
}

TEST(what_may_have_been_sent_counts)
{
	p = (struct puks){ 0 };
	puks_no_answer(&p, "a");
	assert_int_equal(puks_tries(&p, "a"), TOKEN_TRIES_UNKNOWN);
	answer("a", ERR_PIN_WRONG, "no", 3);
	puks_no_answer(&p, "a");
	assert_int_equal(puks_tries(&p, "a"), 2);
	answer("a", ERR_REMOVED, "gone", 0xff);
	assert_int_equal(puks_tries(&p, "a"), 1);
	puks_answer(&p, "a", SPAN_NONE);
	puks_answer(&p, "a", SPAN_NONE);
	assert_int_equal(puks_tries(&p, "a"), 0);
}

TEST(a_token_without_a_name_has_no_memory)
{
	p = (struct puks){ 0 };
	answer("", ERR_PIN_WRONG, "no", 2);
	assert_int_equal(puks_tries(&p, ""), TOKEN_TRIES_UNKNOWN);
}

TEST(the_oldest_gives_way)
{
	char id[16];

	p = (struct puks){ 0 };
	for (unsigned int i = 0; i <= PUKS_MAX; i++) {
		(void)snprintf(id, sizeof(id), "t%u", i);
		answer(id, ERR_PIN_WRONG, "no", 1);
	}
	assert_int_equal(puks_tries(&p, "t0"), TOKEN_TRIES_UNKNOWN);
	assert_int_equal(puks_tries(&p, "t1"), 1);
	assert_int_equal(puks_tries(&p, id), 1);
}

TEST_MAIN("tokend/puks")
