/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/cards.h"

#include "test.h"

TEST(only_what_can_be_a_pin_has_the_form_of_one)
{
	static const struct {
		const char *driver, *pin;
		uint8_t min, max;
		err_t want;
	} rows[] = {
		{ "com.apple.CryptoTokenKit.pivtoken", "123456", 6, 8, ERR_OK },
		{ "com.apple.CryptoTokenKit.pivtoken", "12345678", 6, 8,
		    ERR_OK },
		{ "com.apple.CryptoTokenKit.pivtoken", "12345", 6, 8,
		    ERR_PIN_FORM },
		{ "com.apple.CryptoTokenKit.pivtoken", "123456789", 6, 8,
		    ERR_PIN_FORM },
		{ "com.apple.CryptoTokenKit.pivtoken", "12345x", 6, 8,
		    ERR_PIN_FORM },
		/* what a worker says cannot widen the standard's bounds */
		{ "com.apple.CryptoTokenKit.pivtoken", "1234", 1, 255,
		    ERR_PIN_FORM },
		{ "com.apple.CryptoTokenKit.pivtoken", "1234567890", 1, 255,
		    ERR_PIN_FORM },
		{ "org.example.token", "secret word", 4, 32, ERR_OK },
		{ "org.example.token", "abc", 4, 32, ERR_PIN_FORM },
		{ "org.example.token", "a", 0, 0, ERR_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(secret_free) struct secret *pin = NULL;
		struct scs_token t = { .driver = rows[i].driver,
			.pin_min = rows[i].min,
			.pin_max = rows[i].max };
		struct why why = { 0 };

		EXPECT_OK(secret_from(span_str(rows[i].pin), &pin));
		EXPECT_ERR(
		    rows[i].want, card_pin_form(&t, pin, &why), rows[i].pin);
	}
}

TEST_MAIN("authd/cards")
