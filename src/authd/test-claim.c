/* SPDX-License-Identifier: BSD-2-Clause */
#include "authd/claim.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "test.h"

static int session, parent;

static void
connect_both(void)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, pair),
	    0);
	session = pair[0];
	parent = pair[1];
}

static void
close_both(void)
{
	fd_close(&session);
	fd_close(&parent);
}

TEST(a_claim_is_one_packet_with_one_name)
{
	static const struct {
		const char *why;
		size_t n; /* of the packet */
		const char *name;
		int fill; /* behind the name */
		bool with_fd;
		err_t want;
	} rows[] = {
		{ "a host", LIMIT_WHO_MAX, "host a", 0, false, ERR_OK },
		{ "no name", LIMIT_WHO_MAX, "", 0, false, ERR_FORMAT },
		{ "no end", LIMIT_WHO_MAX, "host a", 'x', false, ERR_FORMAT },
		{ "short", LIMIT_WHO_MAX - 1, "host a", 0, false, ERR_FORMAT },
		{ "long", LIMIT_WHO_MAX + 1, "host a", 0, false, ERR_FORMAT },
		{ "with a descriptor", LIMIT_WHO_MAX, "host a", 0, true,
		    ERR_FORMAT },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		char packet[LIMIT_WHO_MAX + 1], who[LIMIT_WHO_MAX];

		memset(packet, rows[i].fill, sizeof(packet));
		memcpy(packet, rows[i].name, strlen(rows[i].name));
		connect_both();
		EXPECT_OK(fd_send_packet(session, span_from(packet, rows[i].n),
		    rows[i].with_fd ? session : -1));
		EXPECT_ERR(rows[i].want, claim_take(parent, who), rows[i].why);
		if (rows[i].want == ERR_OK)
			assert_string_equal(who, rows[i].name);
		close_both();
	}
}

TEST(the_parent_does_not_wait_for_a_claim)
{
	char who[LIMIT_WHO_MAX];

	connect_both();
	EXPECT_ERR(ERR_TIMEOUT, claim_take(parent, who), "nothing said");
	fd_close(&session);
	EXPECT_ERR(ERR_REMOVED, claim_take(parent, who), "gone");
	claim_answer(parent, true); /* to nobody */
	close_both();
}

/* Whatever the answer is, only the one that says yes is one. */
TEST(only_a_yes_is_a_yes)
{
	static const struct {
		const char *why, *answer;
		size_t n;
		err_t want;
	} rows[] = {
		{ "yes", "\1", 1, ERR_OK },
		{ "no", "\0", 1, ERR_LIMIT },
		{ "perhaps", "\2", 1, ERR_LIMIT },
		{ "two bytes", "\1\1", 2, ERR_FORMAT },
		{ "nothing any more", NULL, 0, ERR_REMOVED },
	};
	char longest[LIMIT_WHO_MAX + 1], who[LIMIT_WHO_MAX];

	for (size_t i = 0; i < nitems(rows); i++) {
		connect_both();
		/* it is there before the question */
		if (rows[i].answer != NULL)
			EXPECT_OK(fd_send_packet(
			    parent, span_from(rows[i].answer, rows[i].n), -1));
		else
			fd_close(&parent);
		EXPECT_ERR(
		    rows[i].want, claim_ask(session, "host a"), rows[i].why);
		if (parent >= 0) {
			EXPECT_OK(claim_take(parent, who));
			assert_string_equal(who, "host a");
		}
		close_both();
	}
	memset(longest, 'x', LIMIT_WHO_MAX);
	longest[LIMIT_WHO_MAX] = '\0';
	connect_both();
	EXPECT_ERR(ERR_LIMIT, claim_ask(session, longest), "a name too long");
	claim_answer(parent, false);
	EXPECT_ERR(ERR_LIMIT, claim_ask(session, longest + 1), "told no");
	close_both();
	EXPECT_ERR(ERR_IO, claim_ask(-1, "host a"), "no parent to ask");
}

TEST_MAIN("authd/claim")
