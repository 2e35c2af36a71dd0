/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/alone.h"

#include "test.h"

static const uint8_t one[SCS_PKHH_SIZE] = { 1 };

TEST(another_card_that_shows_the_login_key_is_a_copy)
{
	static const struct scs_item login = { .flags = SCS_ITEM_LOGIN,
		.pkhh = { 1 },
		.pkhh_len = SCS_PKHH_SIZE };
	static const struct scs_item other = { .flags = SCS_ITEM_LOGIN,
		.pkhh = { 2 },
		.pkhh_len = SCS_PKHH_SIZE };
	static const struct scs_item no_login = {
		.flags = 0, .pkhh = { 1 }, .pkhh_len = SCS_PKHH_SIZE
	};
	static const struct {
		const char *why;
		const struct scs_item *mine, *theirs;
		uint64_t insertion;
		err_t want;
	} rows[] = {
		{ "the same login key", &login, &login, 1, ERR_DENIED },
		{ "another", &login, &other, 1, ERR_OK },
		{ "not as its login key", &login, &no_login, 1, ERR_OK },
		{ "no item", &login, NULL, 1, ERR_OK },
		{ "our card has gone", &login, &login, 3, ERR_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct scs_token all[2] = {
			{ .insertion = 2, .reader = "B" },
			{ .insertion = 1,
			    .reader = "A",
			    .items = rows[i].mine,
			    .items_n = 1 },
		};
		struct why why = { 0 };

		all[0].items = rows[i].theirs;
		all[0].items_n = rows[i].theirs != NULL ? 1 : 0;
		EXPECT_ERR(rows[i].want,
		    token_alone(
			all, 2, rows[i].insertion, "A", SPAN_OF(one), &why),
		    rows[i].why);
		if (rows[i].want != ERR_OK) {
			assert_non_null(strstr(why.text, "\"A\""));
			assert_non_null(strstr(why.text, "\"B\""));
		}
	}
}

TEST(two_cards_with_one_name_are_copies_unless_they_are_blank)
{
	static const struct scs_item mine = { .flags = SCS_ITEM_LOGIN,
		.pkhh = { 1 },
		.pkhh_len = SCS_PKHH_SIZE };
	static const struct scs_item other = { .flags = SCS_ITEM_LOGIN,
		.pkhh = { 2 },
		.pkhh_len = SCS_PKHH_SIZE };
	static const struct {
		const char *why, *id;
		const struct scs_item *mine, *theirs;
		err_t want;
	} rows[] = {
		{ "the same name, another key", "a", &mine, &other,
		    ERR_DENIED },
		{ "the same name, theirs is blank", "a", &mine, NULL,
		    ERR_DENIED },
		{ "the same name, ours is blank", "a", NULL, &other,
		    ERR_DENIED },
		{ "both are blank", "a", NULL, NULL, ERR_OK },
		{ "another name, the same key", "b", &mine, &mine, ERR_DENIED },
		{ "nothing is the same", "b", &mine, &other, ERR_OK },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		const struct scs_token all[2] = {
			{ .insertion = 1,
			    .id = "a",
			    .reader = "A",
			    .items = rows[i].mine,
			    .items_n = rows[i].mine != NULL },
			{ .insertion = 2,
			    .id = rows[i].id,
			    .reader = "B",
			    .items = rows[i].theirs,
			    .items_n = rows[i].theirs != NULL },
		};
		struct why why = { 0 };

		EXPECT_ERR(
		    rows[i].want, alone_among(all, 2, 1, &why), rows[i].why);
		EXPECT_OK(alone_among(all, 2, 3, &why));
	}
}

TEST(a_key_that_is_not_known_has_no_copy)
{
	const struct scs_item login = { .flags = SCS_ITEM_LOGIN };
	const struct scs_token all[2] = {
		{ .insertion = 1,
		    .reader = "A",
		    .items = &login,
		    .items_n = 1 },
		{ .insertion = 2,
		    .reader = "B",
		    .items = &login,
		    .items_n = 1 },
	};

	EXPECT_OK(token_alone(all, 2, 1, "A", SPAN_NONE, NULL));
}

TEST_MAIN("keychain/alone")
