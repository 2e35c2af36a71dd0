/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/err.h"

#include <stdlib.h>

#include "test.h"

TEST(every_error_has_a_name_and_a_text_of_its_own)
{
	for (int i = 0; i < ERR_COUNT_; i++) {
		assert_non_null(err_name((err_t)i));
		assert_non_null(err_text((err_t)i));
		assert_string_not_equal(err_name((err_t)i), "unknown");
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(
			    err_name((err_t)i), err_name((err_t)j));
			assert_string_not_equal(
			    err_text((err_t)i), err_text((err_t)j));
		}
	}
}

TEST(a_number_out_of_range_has_a_name_too)
{
	assert_string_equal(err_name(ERR_COUNT_), "unknown");
	assert_string_equal(err_text((err_t)1000), "unknown error");
}

/* The numbers travel: a changed one is another protocol. */
TEST(wire_numbers_do_not_move)
{
	assert_int_equal(ERR_OK, 0);
	assert_int_equal(ERR_NOMEM, 1);
	assert_int_equal(ERR_REMOVED, 11);
	assert_int_equal(ERR_PIN_WRONG, 12);
	assert_int_equal(ERR_PIN_BLOCKED, 13);
	assert_int_equal(ERR_DENIED, 16);
	assert_int_equal(ERR_SERVICE, 18);
}

TEST(an_unknown_number_from_a_peer_is_never_success)
{
	assert_int_equal(err_from_wire(0), ERR_OK);
	assert_int_equal(err_from_wire(ERR_SERVICE), ERR_SERVICE);
	assert_int_equal(err_from_wire(ERR_COUNT_), ERR_FORMAT);
	assert_int_equal(err_from_wire(UINT32_MAX), ERR_FORMAT);
	assert_int_equal(err_from_wire(0x10000), ERR_FORMAT);
}

TEST(free_mem_leaves_null)
{
	char *p = malloc(3);

	free_mem(&p);
	assert_null(p);
	free_mem(&p);
}

TEST_MAIN("base/err")
