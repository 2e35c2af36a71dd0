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

	EXPECT_OK(vcard_open(p->file, &c, NULL));
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
	EXPECT_SW(SW_MEMORY, c, PIN_OK, "the try cannot be counted");
	EXPECT_SW(SW_TRIES | 2, c, "00200080", "so it is none");
	EXPECT_SW(SW_MEMORY, c, "0024008010313233343536ffff363534333231ffff",
	    "nor can the PIN be changed");
	EXPECT_SW(SW_MEMORY, c, PIN_BAD, "a wrong one");
	EXPECT_SW(SW_TRIES | 2, c, "00200080", "was not compared either");
}

TEST(what_cannot_be_written_changes_nothing)
{
	CLEANUP(place_done) struct place p;
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	CLEANUP(buf_done) struct buf x = BUF_INIT(4096), y = BUF_INIT(4096);
	struct span value;

	EXPECT_OK(vcard_generate(c, 0x9e, VCARD_P256));
	EXPECT_OK(vcard_put_object(c, 0x5fc105, span_str("old")));
	EXPECT_OK(vcard_public_key(c, 0x9e, &x));
	place_make(&p);
	EXPECT_OK(vcard_attach(c, p.file));
	(void)unlink(p.file);
	assert_int_equal(rmdir(p.dir), 0);
	c->admin_ok = true;
	EXPECT_SW(SW_MEMORY, c, "0047009e05ac0380011100", "GENERATE");
	EXPECT_SW(SW_MEMORY, c, "0047009a05ac0380011100", "in another slot");
	EXPECT_SW(SW_MEMORY, c, "00db3fff095c035fc10553023130", "PUT DATA");
	EXPECT_SW(SW_MEMORY, c, "00db3fff075c035fc1055300", "empty");
	EXPECT_SW(SW_MEMORY, c, "00db3fff095c035fc10a53023130", "a new one");
	EXPECT_OK(vcard_public_key(c, 0x9e, &y));
	assert_true(span_eq(buf_span(&x), buf_span(&y)));
	assert_null(key_find(c, 0x9a));
	EXPECT_OK(vcard_get_object(c, 0x5fc105, &value));
	EXPECT_SPAN(value, "old");
	EXPECT_ERR(ERR_ABSENT, vcard_get_object(c, 0x5fc10a, &value), "new");
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

/* The smallest card there is, as a file would hold it. */
static void
build_state(struct buf *out)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	EXPECT_OK(vcard_generate(c, 0x9e, VCARD_P256));
	EXPECT_OK(state_build(c, out));
}

static err_t
parse_state(struct span in, struct why *why)
{
	CLEANUP(vcard_free) struct vcard *c = NULL;

	EXPECT_OK(card_alloc(&c));
	return state_parse(c, in, why);
}

TEST(a_state_cut_anywhere_is_refused_with_a_reason)
{
	CLEANUP(buf_done) struct buf good = BUF_INIT(65536);

	build_state(&good);
	EXPECT_OK(parse_state(buf_span(&good), NULL));
	for (size_t n = 0; n < good.n; n++) {
		struct why why = { 0 };

		EXPECT_ERR(ERR_FORMAT,
		    parse_state(span_first(buf_span(&good), n), &why), "cut");
		assert_true(why.text[0] != '\0');
	}
	buf_put_u8(&good, 0);
	EXPECT_ERR(ERR_FORMAT, parse_state(buf_span(&good), NULL), "longer");
}

TEST(a_state_with_any_bit_changed_is_refused_with_a_reason)
{
	CLEANUP(buf_done) struct buf good = BUF_INIT(65536);

	build_state(&good);
	for (size_t i = 0; i < 8 * good.n; i++) {
		struct why why = { 0 };

		good.p[i / 8] ^= (uint8_t)(1 << i % 8);
		EXPECT_ERR(
		    ERR_FORMAT, parse_state(buf_span(&good), &why), "flipped");
		assert_true(why.text[0] != '\0');
		good.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	EXPECT_OK(parse_state(buf_span(&good), NULL));
}

#define STATE_FLAGS "c00400000000"
#define STATE_SERIAL "c10400000001"
#define STATE_PIN "c20b000303313233343536ffff"
#define STATE_PUK "c20b0103033132333435363738"
#define STATE_MGM "c3110801020304050607080102030405060708"
#define STATE_GOOD STATE_FLAGS STATE_SERIAL STATE_PIN STATE_PUK STATE_MGM

static const struct {
	const char *why, *hex, *says;
} items[] = {
	{ "all that must be", STATE_GOOD, NULL },
	{ "in another order",
	    STATE_MGM STATE_PUK STATE_SERIAL STATE_PIN STATE_FLAGS, NULL },
	{ "with an object", STATE_GOOD "c405005fc10500", NULL },
	{ "nothing", "", "no flags" },
	{ "no serial", STATE_FLAGS STATE_PIN STATE_PUK STATE_MGM, "no serial" },
	{ "no PIN", STATE_FLAGS STATE_SERIAL STATE_PUK STATE_MGM, "no PIN" },
	{ "no PUK", STATE_FLAGS STATE_SERIAL STATE_PIN STATE_MGM, "no PIN" },
	{ "no management key", STATE_FLAGS STATE_SERIAL STATE_PIN STATE_PUK,
	    "no management key" },
	{ "flags twice", STATE_GOOD STATE_FLAGS, "second flags" },
	{ "serial twice", STATE_GOOD STATE_SERIAL, "second serial" },
	{ "PIN twice", STATE_GOOD STATE_PIN, "malformed PIN" },
	{ "management key twice", STATE_GOOD STATE_MGM,
	    "second management key" },
	{ "object twice", STATE_GOOD "c405005fc10500c405005fc10501",
	    "malformed object" },
	{ "object empty", STATE_GOOD "c404005fc105", "malformed object" },
	{ "object not PIV's", STATE_GOOD "c405005fd10500", "malformed object" },
	{ "object's tag cut", STATE_GOOD "c403005fc1", "malformed object" },
	{ "unknown item", STATE_GOOD "c60100", "item c6 is unknown" },
	{ "item cut", STATE_GOOD "c405005fc105", "cut off" },
	{ "unknown flag",
	    "c00400000100" STATE_SERIAL STATE_PIN STATE_PUK STATE_MGM,
	    "malformed flags" },
	{ "T=0 and extended length",
	    "c00400000041" STATE_SERIAL STATE_PIN STATE_PUK STATE_MGM,
	    "malformed flags" },
	{ "flags one short",
	    "c003000000" STATE_SERIAL STATE_PIN STATE_PUK STATE_MGM,
	    "malformed flags" },
	{ "serial one longer",
	    STATE_FLAGS "c1050000000100" STATE_PIN STATE_PUK STATE_MGM,
	    "malformed serial" },
	{ "more tries left than there are",
	    STATE_FLAGS STATE_SERIAL
	    "c20b000304313233343536ffff" STATE_PUK STATE_MGM,
	    "malformed PIN" },
	{ "sixteen tries",
	    STATE_FLAGS STATE_SERIAL
	    "c20b001003313233343536ffff" STATE_PUK STATE_MGM,
	    "malformed PIN" },
	{ "no tries at all",
	    STATE_FLAGS STATE_SERIAL
	    "c20b000000313233343536ffff" STATE_PUK STATE_MGM,
	    "malformed PIN" },
	{ "five digits",
	    STATE_FLAGS STATE_SERIAL
	    "c20b0003033132333435ffffff" STATE_PUK STATE_MGM,
	    "malformed PIN" },
	{ "seven bytes of PIN",
	    STATE_FLAGS STATE_SERIAL
	    "c20a000303313233343536ff" STATE_PUK STATE_MGM,
	    "malformed PIN" },
	{ "a fourth PIN", STATE_GOOD "c20b030303313233343536ffff",
	    "malformed PIN" },
	{ "a global PIN without its flag",
	    STATE_GOOD "c20b020303313233343536ffff", "disagree" },
	{ "the flag without a global PIN",
	    "c00400000002" STATE_SERIAL STATE_PIN STATE_PUK STATE_MGM,
	    "disagree" },
	{ "management key of another length",
	    STATE_FLAGS STATE_SERIAL STATE_PIN STATE_PUK
	    "c3110a01020304050607080102030405060708",
	    "malformed management key" },
	{ "key that is none", STATE_GOOD "c5049e013000", "malformed key" },
	{ "key cut", STATE_GOOD "c5019e", "malformed key" },
};

/* With a digest that is right, so that the items themselves are looked at. */
TEST(each_item_of_a_state_is_checked)
{
	for (size_t i = 0; i < nitems(items); i++) {
		CLEANUP(buf_done) struct buf in = BUF_INIT(65536);
		struct why why = { 0 };

		buf_put(&in, span_from(STATE_MAGIC, STATE_MAGIC_LEN));
		EXPECT_OK(hex_decode(span_str(items[i].hex), &in));
		EXPECT_OK(state_seal(&in));
		EXPECT_ERR(items[i].says == NULL ? ERR_OK : ERR_FORMAT,
		    parse_state(buf_span(&in), &why), items[i].why);
		if (items[i].says != NULL &&
		    strstr(why.text, items[i].says) == NULL)
			fail_msg("%s: it says \"%s\"", items[i].why, why.text);
	}
}

TEST(a_file_that_is_no_card_is_refused_by_name)
{
	static const struct {
		const char *why;
		struct span file;
		const char *says;
	} rows[] = {
		{ "empty", { NULL, 0 }, "not the file" },
		{ "text", { (const uint8_t *)"-----BEGIN", 10 },
		    "not the file" },
		{ "the first version",
		    { (const uint8_t *)"SCSVCARD\1"
				       "01234567890123456789012345678901",
			41 },
		    "another version" },
	};
	CLEANUP(place_done) struct place p;
	struct vcard *c = NULL;

	place_make(&p);
	for (size_t i = 0; i < nitems(rows); i++) {
		struct why why = { 0 };

		EXPECT_OK(file_write(p.file, 0600, rows[i].file));
		EXPECT_ERR(
		    ERR_FORMAT, vcard_open(p.file, &c, &why), rows[i].why);
		assert_null(c);
		if (strstr(why.text, rows[i].says) == NULL)
			fail_msg("%s: it says \"%s\"", rows[i].why, why.text);
	}
	EXPECT_ERR(
	    ERR_ABSENT, vcard_open("/nonexistent/card", &c, NULL), "no file");
}

TEST_MAIN("vcard/store")
