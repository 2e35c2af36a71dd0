/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/recall.h"

#include "fault.h"
#include "test.h"

static const uint8_t atr[] = { 0x3b, 0x80 }, other_atr[] = { 0x3b, 0x00 };

/* What the card `id` refused. */
static struct recall
refused(const char *id)
{
	CLEANUP(secret_free) struct secret *key = NULL;
	struct recall r;

	recall_init(&r);
	assert_false(recall_card(&r, id, SPAN_OF(atr)));
	EXPECT_OK(secret_from(span_str("key"), &key));
	EXPECT_OK(recall_set(&r, span_str("refused"), TAKE(key)));
	return r;
}

static void
expect_kept(struct recalls *all, const char *reader, uint32_t events, bool want)
{
	CLEANUP(recall_done) struct recall r;

	recall_init(&r);
	recalls_take(all, reader, events, &r);
	assert_int_equal(r.key != NULL, want);
	assert_false(r.proven);
	if (!want)
		return;
	assert_true(recall_card(&r, "card", SPAN_OF(atr)));
	assert_true(span_eq(buf_span(&r.bytes), span_str("refused")));
	/* it is told once */
	assert_false(recall_card(&r, "card", SPAN_OF(atr)));
	assert_non_null(r.key);
}

TEST(a_card_out_of_sight_can_come_back_only_by_its_count)
{
	static const struct {
		const char *why;
		uint32_t before, after;
		enum recall_loss loss;
		bool want;
	} rows[] = {
		{ "the driver died", 7, 8, RECALL_READER, true },
		{ "out and in", 7, 9, RECALL_READER, false },
		{ "another service's reader", 7, 1, RECALL_READER, false },
		{ "the same again", 7, 7, RECALL_READER, false },
		{ "the count is 16 bits", 0xffff, 0, RECALL_READER, true },
		{ "the service died", 7, 1, RECALL_SERVICE, true },
		{ "a pcscd died", 7, 0, RECALL_SERVICE, true },
		{ "the service died, then out and in", 7, 3, RECALL_SERVICE,
		    false },
		{ "the service died, and counts as far", 7, 7, RECALL_SERVICE,
		    false },
		{ "the service was silent", 7, 7, RECALL_SILENCE, true },
		{ "and the driver died", 7, 8, RECALL_SILENCE, true },
		{ "or the card was out", 7, 9, RECALL_SILENCE, false },
		{ "or the service died", 7, 1, RECALL_SILENCE, true },
		{ "silent, 16 bits", 0xffff, 0, RECALL_SILENCE, true },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(recalls_forget) struct recalls all = { 0 };
		struct recall r = refused("card");

		recalls_keep(&all, "A", rows[i].before, rows[i].loss, &r);
		assert_null(r.key);
		expect_kept(&all, "B", rows[i].after, false);
		expect_kept(&all, "A", rows[i].after, rows[i].want);
		/* whatever came, it is asked once */
		expect_kept(&all, "A", rows[i].after, false);
	}
}

TEST(what_another_card_refused_is_forgotten)
{
	static const struct {
		const char *why, *id;
		struct span atr;
	} rows[] = {
		{ "another name", "caro", { atr, sizeof(atr) } },
		{ "another answer to reset", "card",
		    { other_atr, sizeof(other_atr) } },
		{ "none", "card", { NULL, 0 } },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(recalls_forget) struct recalls all = { 0 };
		struct recall r = refused("card");

		recalls_keep(&all, "A", 1, RECALL_READER, &r);
		recalls_take(&all, "A", 2, &r);
		assert_non_null(r.key);
		assert_false(recall_card(&r, rows[i].id, rows[i].atr));
		assert_null(r.key);
		assert_int_equal(r.bytes.n, 0);
		recall_done(&r);
	}
}

/* Unread, it is still what it was. */
TEST(a_second_death_before_the_card_was_read)
{
	CLEANUP(recalls_forget) struct recalls all = { 0 };
	struct recall r = refused("card");

	recalls_keep(&all, "A", 1, RECALL_READER, &r);
	recalls_take(&all, "A", 2, &r);
	recalls_keep(&all, "A", 2, RECALL_READER, &r);
	expect_kept(&all, "A", 3, true);
}

TEST(a_card_that_refused_nothing_ends_what_was_kept)
{
	CLEANUP(recalls_forget) struct recalls all = { 0 };
	struct recall r = refused("card"), none;

	recall_init(&none);
	recalls_keep(&all, "A", 1, RECALL_READER, &r);
	recalls_keep(&all, "A", 1, RECALL_READER, &none);
	assert_null(all.first);
	assert_false(recall_card(&none, "card", SPAN_OF(atr)));
	recall_done(&none);
}

TEST(the_oldest_gives_way)
{
	CLEANUP(recalls_forget) struct recalls all = { 0 };
	char reader[16];

	for (int i = 0; i <= RECALLS_MAX; i++) {
		struct recall r = refused("card");

		(void)snprintf(reader, sizeof(reader), "%d", i);
		recalls_keep(&all, reader, 1, RECALL_READER, &r);
	}
	expect_kept(&all, "0", 2, false);
	expect_kept(&all, "1", 2, true);
	expect_kept(&all, reader, 2, true);
}

TEST(without_memory_nothing_is_kept)
{
	CLEANUP(recalls_forget) struct recalls all = { 0 };
	struct recall r = refused("card");

	fault_at(1);
	recalls_keep(&all, "A", 1, RECALL_READER, &r);
	(void)fault_stop();
	assert_null(r.key);
	assert_null(all.first);
}

TEST_MAIN("tokend/recall")
