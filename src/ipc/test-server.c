/* SPDX-License-Identifier: BSD-2-Clause */
/* One client and what it hears; requests, answers, events, ends. */
#include "ipc/test-server.h"

TEST(server_answers_and_tells_of_the_end)
{
	int fd;

	start(9, 9);
	fd = client();
	assert_int_equal(w.opened, 1);
	ask(fd, 5, 100);
	EXPECT_OK(answer(fd, 5));
	ask(fd, 6, 100000);
	(void)turn();
	EXPECT_OK(answer(fd, 6));
	assert_int_equal(w.closed, 0);
	fd_close(&fd);
	(void)turn();
	assert_int_equal(w.closed, 1);
	stop();
}

TEST(server_takes_a_frame_in_any_pieces)
{
	static const uint8_t frame[] = { 0, 0, 0, 3, 0, 5, 0, 2, 'a', 'b', 'c',
		'1', '2' };
	int fd;

	start(9, 9);
	fd = client();
	for (size_t i = 0; i < sizeof(frame); i++) {
		assert_int_equal(w.requests, 0);
		assert_int_equal(write(fd, frame + i, 1), 1);
		assert_true(turn() < 10); /* half a frame does not spin */
	}
	EXPECT_OK(answer(fd, 5));
	fd_close(&fd);
	stop();
}

TEST(server_answers_pipelined_requests_in_order)
{
	int fd;

	start(9, 9);
	fd = client();
	ask_many(fd, 200, false);
	for (uint16_t i = 0; i < 200; i++)
		EXPECT_OK(answer(fd, i));
	assert_int_equal(w.requests, 200);
	fd_close(&fd);
	stop();
}

TEST(server_has_one_request_in_work_for_each_client)
{
	int fd;

	start(9, 9);
	w.mode = LATER;
	fd = client();
	ask(fd, 1, 0);
	ask(fd, 2, 0);
	(void)turn();
	assert_int_equal(w.requests, 1);
	EXPECT_OK(reply(w.last, 1));
	EXPECT_OK(answer(fd, 1));
	assert_int_equal(w.requests, 2);
	EXPECT_OK(reply(w.last, 2));
	EXPECT_OK(answer(fd, 2));
	EXPECT_ERR(ERR_SEQUENCE, reply(w.last, 3), "nothing was asked");
	EXPECT_ERR(ERR_TIMEOUT, answer(fd, 3), "and nothing was sent");
	fd_close(&fd);
	stop();
}

TEST(server_bad_frame_costs_that_client_alone)
{
	int bad, good;

	start(9, 9);
	bad = client();
	good = client();
	EXPECT_OK(fd_write_all(
	    bad, span_from("\xff\xff\xff\xff\0\1\0\0", 8), deadline_in(100)));
	EXPECT_ERR(ERR_REMOVED, answer(bad, 0), "dropped");
	assert_int_equal(w.closed, 1);
	ask(good, 3, 0);
	EXPECT_OK(answer(good, 3));
	w.mode = REFUSE;
	ask(good, 3, 0);
	EXPECT_ERR(ERR_REMOVED, answer(good, 0), "its request was refused");
	fd_close(&bad);
	fd_close(&good);
	stop();
}

TEST(server_client_gone_while_its_request_is_in_work)
{
	int fd;

	start(9, 9);
	w.mode = LATER;
	fd = client();
	ask(fd, 1, 0);
	ask(fd, 2, 0);
	(void)turn();
	assert_int_equal(w.requests, 1);
	fd_close(&fd);
	assert_true(turn() < 10);
	assert_int_equal(w.closed, 1);
	assert_int_equal(w.requests, 1);
	stop();
}

TEST(server_answers_a_client_that_has_said_its_last_word)
{
	int fd;

	start(9, 9);
	fd = client();
	ask(fd, 4, 0);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	EXPECT_OK(answer(fd, 4));
	EXPECT_ERR(ERR_REMOVED, answer(fd, 0), "then it is closed");
	fd_close(&fd);
	stop();
}

TEST(server_event_reaches_every_client_between_answers)
{
	size_t size = 10;
	int a, b;

	start(9, 9);
	w.mode = LATER;
	a = client();
	b = client();
	ask(a, 1, 0);
	(void)turn();
	told = 0;
	server_each(w.server, tell, &size);
	assert_int_equal(told, 2);
	EXPECT_OK(reply(w.last, 1));
	EXPECT_OK(answer(a, 7));
	EXPECT_OK(answer(a, 1));
	EXPECT_OK(answer(b, 7));
	fd_close(&a);
	fd_close(&b);
	stop();
}

TEST(server_refused_at_opening_is_closed_without_closed)
{
	int fd;

	start(9, 9);
	w.on_open = ERR_DENIED;
	fd = client();
	EXPECT_ERR(ERR_REMOVED, answer(fd, 0), "refused");
	assert_int_equal(w.opened, 1);
	assert_int_equal(w.closed, 0);
	fd_close(&fd);
	stop();
}

TEST(server_free_closes_every_client)
{
	int a, b;

	start(9, 9);
	w.mode = LATER;
	a = client();
	b = client();
	ask(a, 1, 0);
	(void)turn();
	stop();
	assert_int_equal(w.closed, 2);
	fd_close(&a);
	fd_close(&b);
}

TEST_MAIN("ipc/server")
