/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Yubico's extensions: keys made by OpenSSL go in by their numbers and are the
 * same inside; what is not a key, not allowed or not possible changes nothing.
 */
#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "codec/tlv.h"
#include "vcard/testcard.h"

static const struct vcard_profile yubico = { .flags = VCARD_EXTENDED |
	    VCARD_YUBICO };

static struct vcard *
yubico_card(bool admin)
{
	struct vcard *c = card_on(&yubico);

	c->admin_ok = admin;
	return c;
}

static void
put_number(
    struct buf *b, uint32_t tag, const EVP_PKEY *k, const char *name, size_t n)
{
	uint8_t bytes[512];
	BIGNUM *bn = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(k, name, &bn), 1);
	assert_int_equal(BN_bn2binpad(bn, bytes, (int)n), n);
	tlv_put(b, tag, span_from(bytes, n));
	BN_clear_free(bn);
}

/* 01 p, 02 q, 03 dp, 04 dq, 05 qinv; or 06 scalar. */
static void
put_key(struct buf *b, const EVP_PKEY *k, uint8_t alg)
{
	static const char *const rsa[] = { OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };

	if (alg_is_ec(alg))
		put_number(
		    b, 0x06, k, OSSL_PKEY_PARAM_PRIV_KEY, key_bytes(alg));
	else
		for (uint32_t i = 0; i < nitems(rsa); i++)
			put_number(b, i + 1, k, rsa[i], key_bytes(alg) / 2);
}

static uint16_t
import(struct vcard *c, uint8_t alg, uint8_t slot, struct span data)
{
	CLEANUP(buf_done) struct buf cmd = BUF_INIT(APDU_MAX_COMMAND);
	CLEANUP(buf_done) struct buf r = BUF_INIT(APDU_MAX_RESPONSE);
	const struct apdu a = { .ins = 0xfe,
		.p1 = alg,
		.p2 = slot,
		.data = data,
		.extended = true };

	EXPECT_OK(apdu_build(&a, &cmd));
	EXPECT_OK(vcard_transmit(c, buf_span(&cmd), &r));
	assert_int_equal(r.n, 2);
	return (uint16_t)(r.p[0] << 8 | r.p[1]);
}

static bool
holds(const struct vcard *c, uint8_t slot, const EVP_PKEY *k)
{
	CLEANUP(buf_done) struct buf inside = BUF_INIT(4096);
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k, &der);
	bool same;

	assert_true(n > 0);
	same = vcard_public_key(c, slot, &inside) == ERR_OK &&
	    span_eq(buf_span(&inside), span_from(der, (size_t)n));
	OPENSSL_free(der);
	return same;
}

TEST(a_key_from_outside_is_the_same_inside)
{
	static const struct {
		uint8_t alg, slot;
	} rows[] = {
		{ VCARD_RSA2048, 0x9a },
		{ VCARD_RSA3072, 0x9d },
		{ VCARD_P256, 0x9c },
		{ VCARD_P384, 0x95 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free) struct vcard *c = yubico_card(true);
		CLEANUP(buf_done) struct buf data = BUF_INIT(4096);
		EVP_PKEY *k = NULL;

		EXPECT_OK(key_generate(rows[i].alg, &k));
		put_key(&data, k, rows[i].alg);
		assert_int_equal(
		    import(c, rows[i].alg, rows[i].slot, buf_span(&data)),
		    SW_OK);
		assert_true(holds(c, rows[i].slot, k));
		assert_int_equal(key_find(c, rows[i].slot)->policy,
		    slot_policy(rows[i].slot));
		EVP_PKEY_free(k);
	}
}

TEST(a_key_comes_with_its_pin_policy)
{
	CLEANUP(vcard_free) struct vcard *c = yubico_card(true);
	CLEANUP(buf_done) struct buf data = BUF_INIT(4096);
	EVP_PKEY *k = NULL;

	EXPECT_OK(key_generate(VCARD_P256, &k));
	put_key(&data, k, VCARD_P256);
	tlv_put(&data, 0xaa, span_from("\1", 1));
	tlv_put(&data, 0xab, span_from("\2", 1));
	assert_int_equal(import(c, VCARD_P256, 0x9a, buf_span(&data)), SW_OK);
	assert_int_equal(key_find(c, 0x9a)->policy, POLICY_NEVER);
	EVP_PKEY_free(k);
}

#define ORDER_256 \
	"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

TEST(what_is_no_key_leaves_the_old_one)
{
	/* clang-format off */
	static const struct {
		const char *why;
		uint8_t alg, slot;
		bool admin;
		const char *hex;
		uint16_t sw;
	} rows[] = {
		{ "nobody", VCARD_P256, 0x9a, false, "060101", SW_SECURITY },
		{ "no such slot", VCARD_P256, 0x9b, true, "060101", SW_P1P2 },
		{ "a cipher", VCARD_3DES, 0x9a, true, "060101", SW_P1P2 },
		{ "RSA 1024", 0x06, 0x9a, true, "060101", SW_P1P2 },
		{ "nothing", VCARD_P256, 0x9a, true, "", SW_DATA },
		{ "scalar empty", VCARD_P256, 0x9a, true, "0600", SW_DATA },
		{ "scalar 0", VCARD_P256, 0x9a, true, "060100", SW_DATA },
		{ "scalar of the order", VCARD_P256, 0x9a, true,
		    "0620" ORDER_256, SW_DATA },
		{ "scalar one longer", VCARD_P256, 0x9a, true,
		    "062100" ORDER_256, SW_DATA },
		{ "scalar cut", VCARD_P256, 0x9a, true, "060201", SW_DATA },
		{ "unknown item", VCARD_P256, 0x9a, true, "0601010701", SW_DATA },
		{ "policy 4", VCARD_P256, 0x9a, true, "060101aa0104", SW_DATA },
		{ "policy of two bytes", VCARD_P256, 0x9a, true,
		    "060101aa020101", SW_DATA },
		{ "RSA with a scalar", VCARD_RSA2048, 0x9a, true, "060101",
		    SW_DATA },
		{ "RSA of one factor", VCARD_RSA2048, 0x9a, true, "010103",
		    SW_DATA },
		{ "RSA of small numbers", VCARD_RSA2048, 0x9a, true,
		    "01010b02010d03010104010505010b", SW_DATA },
	};
	/* clang-format on */
	EVP_PKEY *old = NULL;

	EXPECT_OK(key_generate(VCARD_P256, &old));
	for (size_t i = 0; i < nitems(rows); i++) {
		CLEANUP(vcard_free) struct vcard *c = yubico_card(false);
		CLEANUP(buf_done) struct buf data = BUF_INIT(4096);
		unsigned int sw;

		assert_int_equal(EVP_PKEY_up_ref(old), 1);
		EXPECT_OK(key_put(c, 0x9a, POLICY_ONCE, old));
		c->admin_ok = rows[i].admin;
		EXPECT_OK(hex_decode(span_str(rows[i].hex), &data));
		sw = import(c, rows[i].alg, rows[i].slot, buf_span(&data));
		if (sw != rows[i].sw)
			fail_msg("%s: got %04x", rows[i].why, sw);
		assert_true(holds(c, 0x9a, old));
	}
	EVP_PKEY_free(old);
}

TEST(rsa_numbers_that_do_not_fit_are_refused)
{
	CLEANUP(vcard_free) struct vcard *c = yubico_card(true);
	CLEANUP(buf_done) struct buf data = BUF_INIT(4096);
	EVP_PKEY *k = NULL;

	EXPECT_OK(key_generate(VCARD_RSA2048, &k));
	put_key(&data, k, VCARD_RSA2048);
	EVP_PKEY_free(k);
	assert_int_equal(
	    import(c, VCARD_RSA3072, 0x9a, buf_span(&data)), SW_DATA);
	data.p[data.n - 1] ^= 1; /* of qinv */
	assert_int_equal(
	    import(c, VCARD_RSA2048, 0x9a, buf_span(&data)), SW_DATA);
	assert_null(key_find(c, 0x9a));
}

struct row {
	const char *why, *hex;
	bool admin, pin;
	unsigned int sw;
};

static void
run_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(vcard_free) struct vcard *c = yubico_card(false);

		if (rows[i].pin)
			EXPECT_SW(SW_OK, c, PIN_OK, rows[i].why);
		c->admin_ok = rows[i].admin;
		EXPECT_SW(rows[i].sw, c, rows[i].hex, rows[i].why);
	}
}

#define KEY_16 "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8"
#define KEY_24 KEY_16 "c1c2c3c4c5c6c7c8"

TEST(each_extension_checks_who_asks_and_for_what)
{
	/* clang-format off */
	static const struct row rows[] = {
		{ "version", "00fd000000", false, false, SW_OK },
		{ "version, P1", "00fd010000", false, false, SW_P1P2 },
		{ "serial", "00f8000000", false, false, SW_OK },
		{ "serial, P2", "00f8000100", false, false, SW_P1P2 },
		{ "key, nobody", "00ffffff1b039b18" KEY_24, false, false,
		    SW_SECURITY },
		{ "key, PIN alone", "00ffffff1b039b18" KEY_24, false, true,
		    SW_SECURITY },
		{ "key, 3DES", "00ffffff1b039b18" KEY_24, true, false, SW_OK },
		{ "key, with touch", "00fffffe1b039b18" KEY_24, true, false,
		    SW_OK },
		{ "key, AES-128", "00ffffff13089b10" KEY_16, true, false,
		    SW_OK },
		{ "key, AES-192", "00ffffff1b0a9b18" KEY_24, true, false,
		    SW_OK },
		{ "key of another length", "00ffffff13039b10" KEY_16, true,
		    false, SW_DATA },
		{ "key, length lies", "00ffffff13089b11" KEY_16, true, false,
		    SW_DATA },
		{ "key, another slot", "00ffffff13089a10" KEY_16, true, false,
		    SW_DATA },
		{ "key, RSA", "00ffffff13079b10" KEY_16, true, false, SW_DATA },
		{ "key, none", "00ffffff03089b00", true, false, SW_DATA },
		{ "key, P1", "00ff00ff13089b10" KEY_16, true, false, SW_P1P2 },
		{ "key, P2", "00ffff0013089b10" KEY_16, true, false, SW_P1P2 },
		{ "tries, nobody", "00fa0505", false, false, SW_SECURITY },
		{ "tries, PIN alone", "00fa0505", false, true, SW_SECURITY },
		{ "tries, key alone", "00fa0505", true, false, SW_SECURITY },
		{ "tries", "00fa0505", true, true, SW_OK },
		{ "tries, none of the PIN", "00fa0005", true, true, SW_DATA },
		{ "tries, none of the PUK", "00fa0500", true, true, SW_DATA },
		{ "tries, sixteen", "00fa1005", true, true, SW_DATA },
		{ "reset of a card in use", "00fb0000", true, true,
		    SW_CONDITIONS },
		{ "reset, P1", "00fb0100", true, true, SW_P1P2 },
	};
	/* clang-format on */

	run_rows(rows, nitems(rows));
}

TEST(tries_set_anew_make_the_references_default)
{
	CLEANUP(vcard_free) struct vcard *c = yubico_card(true);

	EXPECT_SW(SW_OK, c, "0024008010313233343536ffff363534333231ffff",
	    "another PIN");
	c->admin_ok = true;
	EXPECT_SW(SW_OK, c, "00fa0709", "set");
	EXPECT_SW(SW_TRIES | 7, c, "00200080", "and logged out");
	assert_int_equal(vcard_tries(c, 0x81), 9);
	EXPECT_SW(SW_OK, c, PIN_OK, "the default");
}

TEST(only_a_card_that_is_blocked_whole_is_emptied)
{
	CLEANUP(vcard_free) struct vcard *c = yubico_card(false);
	struct span value;

	EXPECT_OK(vcard_generate(c, 0x9a, VCARD_P256));
	for (int i = 0; i < 3; i++)
		(void)send_sw(c, PIN_BAD);
	EXPECT_SW(SW_CONDITIONS, c, "00fb0000", "the PIN alone");
	for (int i = 0; i < 3; i++)
		(void)send_sw(c,
		    "002c008010"
		    "3030303030303030"
		    "363534333231ffff");
	EXPECT_SW(SW_OK, c, "00fb0000", "both");
	assert_null(key_find(c, 0x9a));
	EXPECT_ERR(ERR_ABSENT, vcard_get_object(c, 0x5fc102, &value), "CHUID");
	EXPECT_SW(SW_OK, c, PIN_OK, "the default");
}

TEST_MAIN("vcard/yubico")
