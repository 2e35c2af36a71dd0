/* SPDX-License-Identifier: BSD-2-Clause */
/* The state file: what is kept, when, and what is not taken for one. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "vcard/testcard.h"

#define SIGN_9E                                                              \
	"0087119e267c248200812001020304050607080102030405060708010203040506" \
	"07080102030405060708"

struct place {
	char dir[64], file[96];
};

static void
place_done(struct place *p)
{
	(void)unlink(p->file);
	(void)rmdir(p->dir);
}

static void
place_make(struct place *p)
{
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test-vcard-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->file, sizeof(p->file), "%s/card", p->dir);
}

static struct vcard *
reopen(const struct place *p)
{
	struct vcard *c = NULL;

	EXPECT_OK(vcard_open(p->file, &c));
	vcard_power(c, true);
	EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
	return c;
}

TEST(everything_comes_back_from_the_file)
{
	static const struct vcard_profile profile = { .flags = VCARD_EXTENDED |
		    VCARD_GLOBAL_PIN | VCARD_YUBICO,
		.pin = "98765432",
		.puk = "PUKPUKPU",
		.global_pin = "555555",
		.pin_tries = 7,
		.puk_tries = 9,
		.mgm_alg = VCARD_AES192,
		.serial = 0x01020304 };
	CLEANUP(place_done) struct place p;
	CLEANUP(vcard_free) struct vcard *a = card_on(&profile);
	CLEANUP(vcard_free) struct vcard *b = NULL;
	CLEANUP(buf_done) struct buf x = BUF_INIT(65536), y = BUF_INIT(65536);
	struct stat st;

	place_make(&p);
	EXPECT_OK(vcard_attach(a, p.file));
	EXPECT_OK(vcard_generate(a, 0x9e, VCARD_P256));
	EXPECT_OK(vcard_generate(a, 0x95, VCARD_RSA2048));
	EXPECT_OK(vcard_put_object(a, 0x5fc10a, span_str("value")));
	b = reopen(&p);
	assert_int_equal(stat(p.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(b->flags, profile.flags);
	assert_int_equal(b->serial, profile.serial);
	assert_int_equal(b->mgm_alg, VCARD_AES192);
	assert_true(secret_eq(a->mgm_key, b->mgm_key));
	for (size_t i = 0; i < PIN_COUNT; i++) {
		assert_true(secret_eq(a->pins[i].value, b->pins[i].value));
		assert_int_equal(a->pins[i].tries, b->pins[i].tries);
	}
	EXPECT_OK(vcard_public_key(a, 0x95, &x));
	EXPECT_OK(vcard_public_key(b, 0x95, &y));
	assert_true(span_eq(buf_span(&x), buf_span(&y)));
	EXPECT_SW(SW_OK, b, SIGN_9E, "the private key is there");
	EXPECT_SW(SW_OK, b, "00cb3fff055c035fc10a00", "object");
	EXPECT_SW(SW_OK, b, "002000800839383736353433 32", "PIN");
}

TEST(a_wrong_pin_is_in_the_file_before_the_answer)
{
	CLEANUP(place_done) struct place p;
	CLEANUP(vcard_free) struct vcard *a = card_on(NULL);

	place_make(&p);
	EXPECT_OK(vcard_attach(a, p.file));
	for (unsigned int left = 2; left != 0; left--) {
		CLEANUP(vcard_free) struct vcard *b = NULL;

		/* power is lost before the answer: counted all the same */
		EXPECT_OK(vcard_misbehave(a, "answer-loss times=1", NULL));
		assert_int_equal(send_sw(a, PIN_BAD), 0);
		b = reopen(&p);
		assert_int_equal(vcard_tries(b, 0x80), left);
		vcard_power(a, true);
		EXPECT_SW(SW_OK, a, SELECT_PIV, "SELECT");
	}
	EXPECT_SW(SW_OK, a, PIN_OK, "right");
	vcard_free(&a);
	a = reopen(&p);
	assert_int_equal(vcard_tries(a, 0x80), 3);
}

TEST(a_pin_is_not_verified_when_the_file_cannot_be_written)
{
	CLEANUP(place_done) struct place p;
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	place_make(&p);
	EXPECT_OK(vcard_attach(c, p.file));
	EXPECT_SW(SW_TRIES | 2, c, PIN_BAD, "wrong");
	(void)unlink(p.file);
	assert_int_equal(rmdir(p.dir), 0);
	EXPECT_SW(SW_MEMORY, c, PIN_OK, "the counter cannot be filled");
	EXPECT_SW(SW_TRIES | 2, c, "00200080", "nor is it");
	EXPECT_SW(SW_MEMORY, c, "0024008010313233343536ffff363534333231ffff",
	    "nor can the PIN be changed");
	EXPECT_SW(SW_MEMORY, c, PIN_BAD, "a wrong one");
	EXPECT_SW(SW_TRIES | 1, c, "00200080", "counts in any case");
}

TEST(the_counter_and_keys_survive_a_change_of_pin)
{
	CLEANUP(place_done) struct place p;
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	place_make(&p);
	EXPECT_OK(vcard_attach(c, p.file));
	EXPECT_SW(
	    SW_OK, c, "0024008010313233343536ffff363534333231ffff", "change");
	vcard_free(&c);
	c = reopen(&p);
	EXPECT_SW(SW_TRIES | 2, c, PIN_OK, "the old one");
	EXPECT_SW(SW_OK, c, "0020008008363534333231ffff", "the new one");
}

/* Every prefix of a good file, and every byte of its structure changed. */
TEST(what_is_not_a_whole_state_is_refused)
{
	CLEANUP(place_done) struct place p;
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	CLEANUP(buf_done) struct buf good = BUF_INIT(65536);
	struct vcard *b = NULL;
	size_t opened = 0;

	place_make(&p);
	EXPECT_OK(vcard_attach(c, p.file));
	EXPECT_OK(file_read(p.file, &good));
	for (size_t n = 0; n < good.n; n++) {
		EXPECT_OK(
		    file_write(p.file, 0600, span_first(buf_span(&good), n)));
		if (vcard_open(p.file, &b) == ERR_OK)
			opened++;
		vcard_free(&b);
	}
	/* cut between objects, a file is a smaller card */
	assert_in_range(opened, 0, 3);
	for (size_t i = 0; i < 9; i++) {
		good.p[i] ^= 1;
		EXPECT_OK(file_write(p.file, 0600, buf_span(&good)));
		EXPECT_ERR(ERR_FORMAT, vcard_open(p.file, &b), "magic");
		good.p[i] ^= 1;
	}
	EXPECT_ERR(ERR_ABSENT, vcard_open("/nonexistent/card", &b), "no file");
}

TEST_MAIN("vcard/store")
