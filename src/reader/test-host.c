/* SPDX-License-Identifier: BSD-2-Clause */
/* The host: one request at a time for a driver, in the order in which they came. */
#include "reader/host.h"

#include "test.h"

static struct host host;
static uint32_t ids[8]; /* of requests the driver has had */
static size_t ids_n;
static bool at_once;

static void
request(void *self UNUSED, const struct worker_frame *f)
{
	assert_true(ids_n < nitems(ids));
	ids[ids_n++] = f->id;
	if (at_once)
		host_answer(&host, 0, f->id, ERR_OK, f->body);
}

static const struct driver driver = { .name = "test", .request = request };

static void
start(void)
{
	ids_n = 0;
	at_once = false;
	EXPECT_OK(host_init(&host, NULL, -1, -1, &driver));
}

static err_t
ask(uint16_t type, uint32_t id)
{
	struct worker_frame f = { type, 0, id, 0, span_str("ABCD") };

	EXPECT_OK(worker_build(&f, &host.channel.in));
	return host.channel.ops->input(&host.channel, &host);
}

static uint32_t
answered(void)
{
	struct worker_frame f;
	size_t used;

	if (worker_parse(buf_span(&host.channel.out), &f, &used) != ERR_OK)
		return 0;
	assert_int_equal(f.type, WORKER_ANSWER);
	buf_drop(&host.channel.out, used);
	return f.id;
}

TEST(the_next_request_waits_for_the_answer_to_the_first)
{
	start();
	EXPECT_OK(ask(WORKER_TRANSMIT, 1));
	EXPECT_OK(ask(WORKER_TRANSMIT, 2));
	EXPECT_OK(ask(WORKER_TRANSMIT, 3));
	assert_int_equal(ids_n, 1);
	for (uint32_t i = 1; i <= 3; i++) {
		assert_int_equal(ids_n, i);
		assert_int_equal(ids[i - 1], i);
		host_answer(&host, 0, i, ERR_OK, SPAN_NONE);
		assert_int_equal(answered(), i);
	}
	assert_int_equal(ids_n, 3);
	host_done(&host);
}

TEST(a_driver_that_answers_at_once_is_given_all_of_them)
{
	struct worker_frame f = { WORKER_TRANSMIT, 0, 1, 0, SPAN_NONE };

	start();
	at_once = true;
	EXPECT_OK(worker_build(&f, &host.channel.in));
	f.id = 2;
	EXPECT_OK(worker_build(&f, &host.channel.in));
	EXPECT_OK(ask(WORKER_CONTROL, 3));
	assert_int_equal(ids_n, 3);
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(answered(), i);
	assert_int_equal(answered(), 0);
	host_done(&host);
}

TEST(what_is_no_request_ends_the_channel)
{
	start();
	EXPECT_ERR(ERR_FORMAT, ask(WORKER_ANSWER, 1), "an answer");
	host_done(&host);
	start();
	EXPECT_OK(ask(WORKER_POWER, 1));
	EXPECT_OK(ask(WORKER_SLOT, 2)); /* not looked at yet */
	host_answer(&host, 0, 1, ERR_OK, SPAN_NONE);
	assert_true(host.channel.closing);
	assert_int_equal(ids_n, 1);
	host_done(&host);
}

TEST_MAIN("reader/host")
