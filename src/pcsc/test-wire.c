/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcsc/wire.h"

#include "pcsc/rv.h"
#include "test.h"

TEST(offsets_are_those_of_pcsc_lite)
{
	static const struct {
		const char *why;
		size_t want, got;
	} rows[] = {
#define AT(type, field, n) { #type "." #field, n, offsetof(struct type, field) }
		AT(wire_header, command, 4),
		AT(wire_establish, context, 4),
		AT(wire_connect, reader, 4),
		AT(wire_connect, share, 132),
		AT(wire_connect, preferred, 136),
		AT(wire_connect, card, 140),
		AT(wire_connect, active, 144),
		AT(wire_reconnect, initialization, 12),
		AT(wire_reconnect, active, 16),
		AT(wire_transmit, send_length, 12),
		AT(wire_transmit, recv_length, 24),
		AT(wire_control, returned, 16),
		AT(wire_attrib, value, 8),
		AT(wire_attrib, length, 272),
		AT(wire_reader_state, event_counter, 128),
		AT(wire_reader_state, state, 132),
		AT(wire_reader_state, sharing, 136),
		AT(wire_reader_state, atr, 140),
		AT(wire_reader_state, atr_length, 176),
		AT(wire_reader_state, protocol, 180),
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		if (rows[i].want != rows[i].got)
			fail_msg("%s at %zu", rows[i].why, rows[i].got);
	}
}

TEST(every_error_of_ours_is_an_error_for_the_client)
{
	for (int e = ERR_OK + 1; e < ERR_COUNT_; e++) {
		if (rv_from_err((err_t)e) == SCARD_S_SUCCESS)
			fail_msg("%s is success", err_name((err_t)e));
		assert_int_not_equal(rv_to_err(rv_from_err((err_t)e)), ERR_OK);
	}
	assert_int_equal(rv_from_err(ERR_OK), SCARD_S_SUCCESS);
}

TEST(an_unknown_number_is_not_success)
{
	EXPECT_ERR(ERR_IO, rv_to_err(0x80108888), "unknown");
	EXPECT_ERR(ERR_IO, rv_to_err(1), "one");
}

TEST_MAIN("pcsc/wire")
