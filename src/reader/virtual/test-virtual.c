/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver between a host and a card that are both made of bytes. */
#include "reader/virtual/virtual.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "codec/hex.h"
#include "reader/host.h"
#include "test.h"

#define ATR "3b8001 81"

static struct host host;
static struct virtual *card;

/*
 * The next frame to scs-readerd, as "type value body".
 */
static void
expect_frame(unsigned int type, uint32_t value, const char *body)
{
	struct worker_frame f;
	char hex[600];
	size_t used;

	EXPECT_OK(worker_parse(buf_span(&host.channel.out), &f, &used));
	assert_int_equal(f.type, type);
	assert_int_equal(f.value, value);
	assert_true(f.body.n < 300);
	hex_lower(f.body, hex);
	assert_string_equal(hex, body);
	buf_drop(&host.channel.out, used);
}

static void
expect_silence(void)
{
	assert_int_equal(host.channel.out.n, 0);
}

static err_t
card_says(const char *hex)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(70000);

	EXPECT_OK(hex_decode(span_str(hex), &b));
	return virtual_says(card, buf_span(&b));
}

static void
start(void)
{
	struct driver_args args = {
		.name = "Example", .device_fd = -1, .timeout_ms = 1000
	};

	EXPECT_OK(host_init(&host, NULL, -1, -1, &virtual_driver));
	EXPECT_OK(virtual_driver.start(&host, NULL, &args, &host.self));
	card = host.self;
	expect_frame(WORKER_SLOT, 0, "4578616d706c65");
	expect_frame(WORKER_CARD, WORKER_CARD_OUT, "");
	EXPECT_OK(virtual_insert(card, -1));
}

static void
stop(void)
{
	virtual_driver.stop(host.self);
	host_done(&host);
}

static void
request(unsigned int type, uint32_t id, uint32_t value, struct span body)
{
	virtual_driver.request(host.self,
	    &(struct worker_frame){ (uint16_t)type, 0, id, value, body });
}

TEST(a_card_is_announced_with_its_atr)
{
	start();
	expect_silence();
	EXPECT_OK(card_says("0004 3b80"));
	expect_silence(); /* not whole yet */
	EXPECT_OK(card_says("0181"));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	stop();
}

TEST(a_malformed_atr_makes_a_mute_card)
{
	start();
	EXPECT_OK(card_says("0004 3f818081"));
	expect_frame(WORKER_CARD, WORKER_CARD_MUTE, "");
	stop();
}

TEST(a_wrong_check_byte_does_not)
{
	start();
	EXPECT_OK(card_says("0004 3b800182"));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800182");
	stop();
}

TEST(a_command_has_one_answer)
{
	start();
	EXPECT_OK(card_says("0004" ATR));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	request(WORKER_TRANSMIT, 7, 1, span_str("ABCDE"));
	expect_silence();
	request(WORKER_TRANSMIT, 8, 1, span_str("ABCDE"));
	expect_frame(WORKER_ANSWER, ERR_SEQUENCE, ""); /* one at a time */
	EXPECT_OK(card_says("0002 9000"));
	expect_frame(WORKER_ANSWER, ERR_OK, "9000");
	stop();
}

TEST(an_answer_goes_to_its_request)
{
	start();
	EXPECT_OK(card_says("0004" ATR));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	request(WORKER_TRANSMIT, 7, 1, span_str("ABCDE"));
	EXPECT_OK(card_says("0002 9000"));
	expect_frame(WORKER_ANSWER, ERR_OK, "9000");
	request(WORKER_POWER, 9, WORKER_POWER_WARM, SPAN_NONE);
	EXPECT_OK(card_says("0004" ATR));
	expect_frame(WORKER_ANSWER, ERR_OK, "3b800181");
	request(WORKER_TRANSMIT, 10, 1, span_str("A"));
	expect_frame(WORKER_ANSWER, ERR_FORMAT, ""); /* would be a control */
	request(WORKER_CONTROL, 11, 1, SPAN_NONE);
	expect_frame(WORKER_ANSWER, ERR_UNSUPPORTED, "");
	stop();
}

TEST(a_card_that_speaks_unasked_is_taken_out)
{
	start();
	EXPECT_OK(card_says("0004" ATR));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	EXPECT_ERR(ERR_SEQUENCE, card_says("0002 9000"), "unasked");
	expect_frame(WORKER_CARD, WORKER_CARD_OUT, "");
	request(WORKER_TRANSMIT, 7, 1, span_str("ABCDE"));
	expect_frame(WORKER_ANSWER, ERR_REMOVED, "");
	EXPECT_OK(virtual_insert(card, -1)); /* the next one is welcome */
	EXPECT_OK(card_says("0004" ATR));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	stop();
}

TEST(a_second_answer_takes_the_card_out_after_the_first_went_on)
{
	start();
	EXPECT_OK(card_says("0004" ATR));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	request(WORKER_TRANSMIT, 7, 1, span_str("ABCDE"));
	EXPECT_ERR(ERR_SEQUENCE, card_says("0002 9000 0002 9000"), "twice");
	expect_frame(WORKER_ANSWER, ERR_OK, "9000");
	expect_frame(WORKER_CARD, WORKER_CARD_OUT, "");
	stop();
}

TEST(an_answer_without_status_word_fails)
{
	start();
	EXPECT_OK(card_says("0004" ATR));
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	request(WORKER_TRANSMIT, 7, 1, span_str("ABCDE"));
	EXPECT_OK(card_says("0001 90"));
	expect_frame(WORKER_ANSWER, ERR_IO, "");
	request(WORKER_TRANSMIT, 8, 1, span_str("ABCDE"));
	EXPECT_OK(card_says("0000"));
	expect_frame(WORKER_ANSWER, ERR_IO, "");
	stop();
}

static struct {
	char dir[32], path[40];
	struct driver_args args;
	sd_event *ev;
} door;

static void
door_open(void)
{
	(void)snprintf(door.dir, sizeof(door.dir), "/tmp/scs-virtual.XXXXXX");
	assert_non_null(mkdtemp(door.dir));
	(void)snprintf(door.path, sizeof(door.path), "%s/s", door.dir);
	door.args =
	    (struct driver_args){ .name = "Example", .timeout_ms = 1000 };
	EXPECT_OK(fd_listen_unix(door.path, 0600, &door.args.device_fd));
	assert_true(sd_event_new(&door.ev) >= 0);
}

static void
door_start(void)
{
	EXPECT_OK(host_init(&host, NULL, -1, -1, &virtual_driver));
	EXPECT_OK(virtual_driver.start(&host, door.ev, &door.args, &host.self));
}

static void
door_close(void)
{
	stop();
	door.ev = sd_event_unref(door.ev);
	assert_int_equal(unlink(door.path), 0);
	assert_int_equal(rmdir(door.dir), 0);
}

static void
turn_until_it_speaks(void)
{
	while (host.channel.out.n == 0)
		assert_true(sd_event_run(door.ev, UINT64_MAX) >= 0);
}

/* So that nobody sees the reader without it. */
TEST(a_card_at_the_door_is_in_from_the_start)
{
	static const uint8_t atr[] = { 0, 4, 0x3b, 0x80, 0x01, 0x81 };
	int client;

	door_open();
	EXPECT_OK(fd_connect_unix(door.path, &client));
	door_start();
	expect_frame(WORKER_SLOT, 0, "4578616d706c65");
	expect_silence();
	assert_int_equal(write(client, atr, sizeof(atr)), sizeof(atr));
	turn_until_it_speaks();
	expect_frame(WORKER_CARD, WORKER_CARD_IN, "3b800181");
	fd_close(&client);
	turn_until_it_speaks();
	expect_frame(WORKER_CARD, WORKER_CARD_OUT, "");
	door_close();
}

TEST(who_leaves_the_door_is_out)
{
	int client;

	door_open();
	EXPECT_OK(fd_connect_unix(door.path, &client));
	door_start();
	expect_frame(WORKER_SLOT, 0, "4578616d706c65");
	fd_close(&client);
	turn_until_it_speaks();
	expect_frame(WORKER_CARD, WORKER_CARD_OUT, "");
	door_close();
}

/* One that stays at the door is looked at now and then, not all the time. */
TEST(without_a_descriptor_for_a_card_the_loop_rests)
{
	struct rlimit was, none;
	sd_event *ev;
	uint8_t byte;
	int client;

	door_open();
	ev = door.ev;
	door_start();
	EXPECT_OK(fd_connect_unix(door.path, &client));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(sd_event_run(ev, 0), 1);
	assert_int_equal(sd_event_run(ev, 0), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	while (recv(client, &byte, 1, MSG_DONTWAIT) != 1)
		assert_true(sd_event_run(ev, UINT64_MAX) >= 0);
	fd_close(&client);
	door_close();
}

TEST_MAIN("reader/virtual")
