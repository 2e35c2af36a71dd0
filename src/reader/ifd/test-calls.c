/* SPDX-License-Identifier: BSD-2-Clause */
/* What a driver says, true or not, against what becomes of it. */
#include "reader/ifd/calls.h"

#include "test.h"

static const uint8_t t1_atr[] = { 0x3b, 0x80, 0x01, 0x81 };

/* The next call says this. */
static struct {
	long code;
	ifdh_dword length;
	uint8_t first; /* byte of the output */
	ifdh_dword asked; /* action, protocol or code of the last call */
	unsigned int calls;
} says;

static long
say(uint8_t *out, ifdh_dword *length)
{
	says.calls++;
	if (out != NULL)
		out[0] = says.first;
	*length = says.length;
	return says.code;
}

static long
fake_create_by_name(ifdh_dword lun UNUSED, char *device)
{
	return strcmp(device, "dev") == 0 ? says.code : IFDH_TAG_UNKNOWN;
}

static long
fake_create(ifdh_dword lun UNUSED, ifdh_dword channel)
{
	says.asked = channel;
	return says.code;
}

static long
fake_get(ifdh_dword lun UNUSED, ifdh_dword tag, ifdh_dword *n, uint8_t *value)
{
	says.asked = tag;
	return say(value, n);
}

static long
fake_set(ifdh_dword lun UNUSED, ifdh_dword tag, ifdh_dword n UNUSED,
    uint8_t *value UNUSED)
{
	says.asked = tag;
	says.calls++;
	return says.code;
}

static long
fake_protocol(ifdh_dword lun UNUSED, ifdh_dword protocol, uint8_t flags UNUSED,
    uint8_t a UNUSED, uint8_t b UNUSED, uint8_t c UNUSED)
{
	says.asked = protocol;
	return says.code;
}

static long
fake_power(
    ifdh_dword lun UNUSED, ifdh_dword action, uint8_t *atr, ifdh_dword *n)
{
	says.asked = action;
	if (action == IFDH_POWER_DOWN) {
		*n = 0;
		return IFDH_POWER_ACTION; /* it was off already */
	}
	return say(atr, n);
}

static long
fake_transmit(ifdh_dword lun UNUSED, struct ifdh_pci send, uint8_t *tx,
    ifdh_dword tx_length, uint8_t *rx, ifdh_dword *n,
    struct ifdh_pci *recv UNUSED)
{
	says.asked = send.protocol;
	assert_true(*n >= WORKER_BODY_MAX);
	for (ifdh_dword i = 0; i < tx_length; i++)
		tx[i] = 0; /* it may */
	return say(rx, n);
}

static long
fake_control3(ifdh_dword lun UNUSED, ifdh_dword code, uint8_t *tx UNUSED,
    ifdh_dword tx_length UNUSED, uint8_t *rx, ifdh_dword room UNUSED,
    ifdh_dword *n)
{
	says.asked = code;
	return say(rx, n);
}

static long
fake_control2(ifdh_dword lun UNUSED, uint8_t *tx UNUSED,
    ifdh_dword tx_length UNUSED, uint8_t *rx, ifdh_dword *n)
{
	return say(rx, n);
}

static long
fake_presence(ifdh_dword lun UNUSED)
{
	return says.code;
}

static struct ifdh fake = {
	.create_by_name = fake_create_by_name,
	.create = fake_create,
	.get = fake_get,
	.set = fake_set,
	.protocol = fake_protocol,
	.power = fake_power,
	.transmit = fake_transmit,
	.control3 = fake_control3,
	.presence = fake_presence,
};

TEST(a_length_that_lies_is_never_believed)
{
	static const struct {
		const char *why;
		enum worker_type type;
		uint32_t value;
		long code;
		ifdh_dword length;
		err_t want;
		size_t n;
	} rows[] = {
		{ "answer", WORKER_TRANSMIT, 1, 0, 2, ERR_OK, 2 },
		{ "longest answer", WORKER_TRANSMIT, 1, 0, CALLS_ROOM, ERR_OK,
		    CALLS_ROOM },
		{ "one more", WORKER_TRANSMIT, 1, 0, CALLS_ROOM + 1, ERR_FORMAT,
		    0 },
		{ "32 bits and more", WORKER_TRANSMIT, 1, 0, 0x100000002ul,
		    ERR_FORMAT, 0 },
		{ "-1", WORKER_TRANSMIT, 1, 0, ~0ul, ERR_FORMAT, 0 },
		{ "no status word", WORKER_TRANSMIT, 1, 0, 1, ERR_IO, 0 },
		{ "nothing", WORKER_TRANSMIT, 1, 0, 0, ERR_IO, 0 },
		{ "failure with a length", WORKER_TRANSMIT, 1, 612, ~0ul,
		    ERR_IO, 0 },
		{ "no card", WORKER_TRANSMIT, 1, 616, 2, ERR_REMOVED, 0 },
		{ "no reader", WORKER_TRANSMIT, 1, 617, 2, ERR_SERVICE, 0 },
		{ "timeout", WORKER_TRANSMIT, 1, 613, 2, ERR_TIMEOUT, 0 },
		{ "a code that is none", WORKER_TRANSMIT, 1, -7, 2, ERR_IO, 0 },
		{ "present is no success", WORKER_TRANSMIT, 1, 615, 2, ERR_IO,
		    0 },
		{ "ATR", WORKER_POWER, WORKER_POWER_COLD, 0, 33, ERR_OK, 33 },
		{ "ATR of 34", WORKER_POWER, WORKER_POWER_COLD, 0, 34,
		    ERR_FORMAT, 0 },
		{ "ATR of none", WORKER_POWER, WORKER_POWER_COLD, 0, 0, ERR_IO,
		    0 },
		{ "mute", WORKER_POWER, WORKER_POWER_WARM, 608, 33, ERR_IO, 0 },
		{ "control", WORKER_CONTROL, 7, 0, 0, ERR_OK, 0 },
		{ "control, long", WORKER_CONTROL, 7, 0, CALLS_ROOM + 1,
		    ERR_FORMAT, 0 },
		{ "attribute", WORKER_GET_ATTR, 0x10100, 0, 5, ERR_OK, 5 },
		{ "attribute, long", WORKER_GET_ATTR, 0x10100, 0,
		    CALLS_ROOM + 1, ERR_FORMAT, 0 },
		{ "attribute, unknown", WORKER_GET_ATTR, 0x10100, 600, 5,
		    ERR_UNSUPPORTED, 0 },
		{ "attribute, small", WORKER_GET_ATTR, 0x10100, 618, 900,
		    ERR_LIMIT, 0 },
	};
	static const uint8_t cmd[] = { 0, 0xa4, 4, 0 };

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(buf_done) struct buf answer = BUF_INIT(CALLS_ROOM);
		struct worker_frame f = { .type = (uint16_t)rows[i].type,
			.value = rows[i].value,
			.body = SPAN_OF(cmd) };

		says.code = rows[i].code;
		says.length = rows[i].length;
		EXPECT_ERR(rows[i].want,
		    calls_request(&fake, 0, &f, SPAN_OF(t1_atr), &answer),
		    rows[i].why);
		if (rows[i].want == ERR_OK && answer.n != rows[i].n)
			fail_msg("%s: %zu bytes", rows[i].why, answer.n);
	}
	assert_int_equal(cmd[1], 0xa4); /* the driver had a copy */
}

static err_t
request(enum worker_type type, uint32_t value)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(CALLS_ROOM);
	struct worker_frame f = { .type = (uint16_t)type, .value = value };

	return calls_request(&fake, 0, &f, SPAN_OF(t1_atr), &answer);
}

TEST(tags_between_driver_and_host_are_not_for_clients)
{
	says.code = 0;
	says.length = 8;
	says.calls = 0;
	for (uint32_t tag = 0xfac; tag <= 0xfb4; tag++) {
		EXPECT_ERR(
		    ERR_UNSUPPORTED, request(WORKER_GET_ATTR, tag), "get");
		EXPECT_ERR(
		    ERR_UNSUPPORTED, request(WORKER_SET_ATTR, tag), "set");
	}
	assert_int_equal(says.calls, 0);
	EXPECT_OK(request(WORKER_GET_ATTR, 0x303));
	EXPECT_OK(request(WORKER_SET_ATTR, 0x303));
	assert_int_equal(says.calls, 2);
}

TEST(a_protocol_is_named_by_its_bit)
{
	says.code = 0;
	EXPECT_OK(request(WORKER_PROTOCOL, 0));
	assert_int_equal(says.asked, 1);
	EXPECT_OK(request(WORKER_PROTOCOL, 1));
	assert_int_equal(says.asked, 2);
	EXPECT_ERR(ERR_UNSUPPORTED, request(WORKER_PROTOCOL, 2), "T=2");
	/* the card's only one needs no negotiation, another one does */
	says.code = IFDH_NOT_SUPPORTED;
	EXPECT_OK(request(WORKER_PROTOCOL, 1));
	EXPECT_ERR(ERR_UNSUPPORTED, request(WORKER_PROTOCOL, 0), "T=0");
	says.code = IFDH_PTS_FAILURE;
	EXPECT_ERR(ERR_IO, request(WORKER_PROTOCOL, 0), "PPS failed");
}

TEST(a_driver_without_warm_reset_gets_a_cold_one)
{
	says.code = IFDH_NOT_SUPPORTED;
	says.length = 4;
	says.calls = 0;
	EXPECT_ERR(ERR_UNSUPPORTED, request(WORKER_POWER, WORKER_POWER_WARM),
	    "neither");
	assert_int_equal(says.calls, 2);
	assert_int_equal(says.asked, IFDH_POWER_UP);
}

TEST(a_version_2_driver_opens_by_number_and_has_its_own_control)
{
	struct ifdh old = fake;

	old.create_by_name = NULL;
	old.control3 = NULL;
	says.code = 0;
	EXPECT_OK(calls_open(&fake, 0, "dev", 3));
	EXPECT_OK(calls_open(&fake, 0, "", 3));
	assert_int_equal(says.asked, 3);
	EXPECT_OK(calls_open(&old, 0, "dev", 4));
	assert_int_equal(says.asked, 4);
	fake = old;
	EXPECT_ERR(ERR_UNSUPPORTED, request(WORKER_CONTROL, 1), "none");
	fake.control2 = fake_control2;
	says.length = 0;
	EXPECT_OK(request(WORKER_CONTROL, 1));
	says.length = CALLS_ROOM + 1;
	EXPECT_ERR(ERR_FORMAT, request(WORKER_CONTROL, 1), "long");
	fake.control2 = NULL;
	fake.control3 = fake_control3;
	fake.create_by_name = fake_create_by_name;
}

TEST(what_a_driver_says_about_itself_is_bounded)
{
	static const struct {
		const char *why;
		long code;
		ifdh_dword length;
		uint8_t first;
		unsigned int slots;
		bool poll;
	} rows[] = {
		{ "one", 0, 1, 1, 1, false },
		{ "two", 0, 1, 2, 2, false },
		{ "none", 0, 1, 0, 1, false },
		{ "255", 0, 1, 255, WORKER_SLOTS, false },
		{ "unknown", 600, 1, 9, 1, false },
		{ "length 0", 0, 0, 9, 1, false },
		{ "length 4", 0, 4, 9, 1, false },
		{ "a pointer", 0, sizeof(void *), 9, 1, true },
		{ "no pointer", 0, sizeof(void *), 0, 1, false },
		{ "half a pointer", 0, sizeof(void *) / 2, 9, 1, false },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		says.code = rows[i].code;
		says.length = rows[i].length;
		says.first = rows[i].first;
		if (calls_slots(&fake, 0) != rows[i].slots ||
		    (calls_poll_fn(&fake, 0) != NULL) != rows[i].poll ||
		    (calls_stop_fn(&fake, 0) != NULL) != rows[i].poll)
			fail_msg("%s", rows[i].why);
	}
}

TEST(presence_is_yes_no_or_unknown)
{
	static const struct {
		long code;
		err_t want;
	} rows[] = { { 615, ERR_OK }, { 0, ERR_OK }, { 616, ERR_REMOVED },
		{ 617, ERR_SERVICE }, { 612, ERR_IO }, { 12345, ERR_IO } };

	for (size_t i = 0; i < nitems(rows); i++) {
		says.code = rows[i].code;
		EXPECT_ERR(rows[i].want, calls_presence(&fake, 0), "presence");
	}
}

TEST_MAIN("reader/ifd/calls")
