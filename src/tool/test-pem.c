/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/pem.h"

#include "base/text.h"
#include "test.h"

TEST(pem_lines_have_64_characters)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(PEM_MAX);
	uint8_t der[50];

	memset(der, 0, sizeof(der));
	pem_put(&b, "CERTIFICATE", span_from(der, 50));
	EXPECT_OK(buf_status(&b));
	EXPECT_SPAN(buf_span(&b),
	    "-----BEGIN CERTIFICATE-----\n"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	    "AAA=\n"
	    "-----END CERTIFICATE-----\n");
	buf_reset(&b);
	pem_put(&b, "X", span_from(der, 48));
	EXPECT_SPAN(buf_span(&b),
	    "-----BEGIN X-----\n"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	    "-----END X-----\n");
}

TEST(pem_name_is_safe_whatever_the_label)
{
	static const struct {
		const char *prefix, *label;
		unsigned int number;
		const char *want;
	} rows[] = {
		{ "", "Certificate For PIV (A B)", 1,
		    "Certificate For PIV (A B).pem" },
		{ "Public Key - ", "A", 1, "Public Key - A.pem" },
		{ "", "A", 3, "A (3).pem" },
		{ "", "../../etc/passwd", 1, "_._.._etc_passwd.pem" },
		{ "", "/etc/passwd", 1, "_etc_passwd.pem" },
		{ "", ".ssh", 1, "_ssh.pem" },
		{ "", "..", 1, "_..pem" },
		{ "", "", 1, "unnamed.pem" },
		{ "", "a\x1b[2J\nb", 1, "a_[2J_b.pem" },
		{ "", "half \xc3", 1, "half _.pem" },
	};
	char got[PEM_NAME_MAX];

	for (size_t i = 0; i < nitems(rows); i++) {
		pem_name(rows[i].prefix, rows[i].label, rows[i].number, got);
		assert_string_equal(got, rows[i].want);
	}
}

TEST(pem_name_is_cut_between_characters)
{
	char label[256], got[PEM_NAME_MAX];

	memset(label, 'x', 199);
	memcpy(label + 199, "\xe2\x82\xac\xe2\x82\xac", 7);
	pem_name("", label, 12, got);
	assert_true(text_ok(span_str(got)));
	assert_int_equal(strlen(got), 199 + strlen(" (12).pem"));
	memset(label, 'x', 255);
	label[255] = '\0';
	pem_name("Public Key - ", label, 512, got);
	assert_true(strlen(got) < 240); /* room for file_write's suffix */
}

TEST_MAIN("tool/pem")
