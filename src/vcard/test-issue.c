/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates: what they say, that they verify, and how they are stored. */
#include <openssl/cms.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "codec/tlv.h"
#include "vcard/authority.h"
#include "vcard/testcard.h"

static struct vcard_authority *
authority(void)
{
	struct vcard_authority *a = NULL;

	EXPECT_OK(vcard_authority_new(VCARD_P256, "Test Authority", &a));
	return a;
}

static X509 *
parse(struct span der)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	assert_non_null(x);
	assert_ptr_equal(p, der.p + der.n);
	return x;
}

static struct span
stored(const struct vcard *c, uint8_t slot, uint8_t *info)
{
	struct span object, cert, i;

	EXPECT_OK(vcard_get_object(c, vcard_cert_tag(slot), &object));
	EXPECT_OK(tlv_want(&object, 0x70, &cert));
	EXPECT_OK(tlv_want(&object, 0x71, &i));
	*info = i.p[0];
	EXPECT_OK(tlv_want(&object, 0xfe, &i));
	EXPECT_OK(span_end(object));
	return cert;
}

static bool
verifies(X509 *cert, const struct vcard_authority *a)
{
	CLEANUP(buf_done) struct buf der = BUF_INIT(16384);
	X509_STORE_CTX *x = X509_STORE_CTX_new();
	X509_STORE *s = X509_STORE_new();
	X509 *root;
	bool ok;

	EXPECT_OK(vcard_authority_cert(a, &der));
	root = parse(buf_span(&der));
	assert_int_equal(X509_STORE_add_cert(s, root), 1);
	assert_int_equal(X509_STORE_CTX_init(x, s, cert, NULL), 1);
	ok = X509_verify_cert(x) == 1;
	X509_STORE_CTX_free(x);
	X509_STORE_free(s);
	X509_free(root);
	return ok;
}

TEST(each_slot_gets_the_certificate_of_its_kind)
{
	static const struct {
		uint8_t slot;
		uint32_t usage;
		const char *extended; /* an OID that is there */
		int names; /* alternative names */
	} rows[] = {
		{ 0x9a, KU_DIGITAL_SIGNATURE, "1.3.6.1.4.1.311.20.2.2", 4 },
		{ 0x9c, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION,
		    "1.3.6.1.5.5.7.3.4", 4 },
		{ 0x9d, KU_KEY_AGREEMENT, "1.3.6.1.5.5.7.3.4", 4 },
		{ 0x9e, KU_DIGITAL_SIGNATURE, "2.16.840.1.101.3.6.8", 2 },
		{ 0x82, KU_KEY_AGREEMENT, "1.3.6.1.5.5.7.3.4", 4 },
	};
	static const struct vcard_person person = {
		.subject = "C=US/O=Example/CN=Jane Doe/UID=jane",
		.mail = "jane@example.com",
		.upn = "jane@EXAMPLE.COM"
	};
	CLEANUP(vcard_authority_free) struct vcard_authority *a = authority();
	CLEANUP(vcard_authority_free)
	struct vcard_authority *other = authority();
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	for (size_t i = 0; i < nitems(rows); i++) {
		EXTENDED_KEY_USAGE *eku;
		GENERAL_NAMES *names;
		bool found = false;
		char oid[64];
		uint8_t info;
		X509 *x;

		EXPECT_OK(vcard_generate(c, rows[i].slot, VCARD_P256));
		EXPECT_OK(vcard_issue(c, a, rows[i].slot, &person, NULL));
		x = parse(stored(c, rows[i].slot, &info));
		assert_int_equal(info, 0);
		assert_true(verifies(x, a));
		assert_false(verifies(x, other));
		assert_int_equal(X509_get_key_usage(x), rows[i].usage);
		names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
		assert_int_equal(sk_GENERAL_NAME_num(names), rows[i].names);
		GENERAL_NAMES_free(names);
		eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
		for (int j = 0; j < sk_ASN1_OBJECT_num(eku); j++) {
			(void)OBJ_obj2txt(
			    oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, j), 1);
			found |= strcmp(oid, rows[i].extended) == 0;
		}
		assert_true(found);
		EXTENDED_KEY_USAGE_free(eku);
		X509_free(x);
	}
}

TEST(a_compressed_certificate_is_the_same_certificate)
{
	static const struct vcard_person person = { .subject = "CN=Zip",
		.gzip = true };
	CLEANUP(vcard_authority_free) struct vcard_authority *a = authority();
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	uint8_t out[4096], info;
	z_stream z = { 0 };
	struct span gz;
	X509 *x;

	EXPECT_OK(vcard_generate(c, 0x9a, VCARD_P256));
	EXPECT_OK(vcard_issue(c, a, 0x9a, &person, NULL));
	gz = stored(c, 0x9a, &info);
	assert_int_equal(info, 1);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)gz.p;
	z.avail_in = (uInt)gz.n;
	z.next_out = out;
	z.avail_out = sizeof(out);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	x = parse(span_from(out, z.total_out));
	assert_true(verifies(x, a));
	X509_free(x);
	(void)inflateEnd(&z);
}

TEST(one_authority_serves_several_cards_by_its_files)
{
	static const struct vcard_person person = { .subject = "CN=Two" };
	char dir[] = "/tmp/test-vcard-XXXXXX", cert[64], key[64];
	CLEANUP(vcard_authority_free) struct vcard_authority *a = authority();
	CLEANUP(vcard_authority_free) struct vcard_authority *b = NULL;
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	uint8_t info;
	X509 *x;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(cert, sizeof(cert), "%s/cert", dir);
	(void)snprintf(key, sizeof(key), "%s/key", dir);
	EXPECT_OK(vcard_authority_save(a, cert, key));
	EXPECT_OK(vcard_authority_open(cert, key, &b));
	EXPECT_OK(vcard_generate(c, 0x9a, VCARD_P256));
	EXPECT_OK(vcard_issue(c, b, 0x9a, &person, NULL));
	x = parse(stored(c, 0x9a, &info));
	assert_true(verifies(x, a));
	X509_free(x);
	(void)unlink(cert);
	(void)unlink(key);
	(void)rmdir(dir);
}

TEST(what_cannot_be_issued_says_why)
{
	static const struct vcard_person bad = { .subject = "CN" },
					 worse = { .subject = "NOSUCH=x" },
					 good = { .subject = "CN=x" };
	CLEANUP(vcard_authority_free) struct vcard_authority *a = authority();
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	struct why why = { 0 };

	EXPECT_ERR(ERR_ABSENT, vcard_issue(c, a, 0x9a, &good, &why), "no key");
	assert_non_null(strstr(why.text, "9A"));
	EXPECT_OK(vcard_generate(c, 0x9a, VCARD_P256));
	EXPECT_ERR(ERR_FORMAT, vcard_issue(c, a, 0x9a, &bad, NULL), "no =");
	EXPECT_ERR(ERR_FORMAT, vcard_issue(c, a, 0x9a, &worse, NULL), "name");
}

TEST(the_security_object_is_signed_by_the_authority)
{
	static const struct vcard_person person = { .subject = "CN=Seal" };
	CLEANUP(vcard_authority_free) struct vcard_authority *a = authority();
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);
	CLEANUP(buf_done) struct buf der = BUF_INIT(16384);
	struct span object, map, sod;
	const unsigned char *p;
	CMS_ContentInfo *cms;
	X509_STORE *s = X509_STORE_new();
	X509 *root;

	EXPECT_OK(vcard_generate(c, 0x82, VCARD_P256));
	EXPECT_OK(vcard_issue(c, a, 0x82, &person, NULL));
	EXPECT_OK(vcard_seal(c, a, NULL));
	EXPECT_OK(vcard_get_object(c, 0x5fc10c, &object));
	EXPECT_OK(tlv_want(&object, 0xc1, &map));
	assert_int_equal(map.p[0], 1); /* one retired key */
	EXPECT_OK(vcard_get_object(c, 0x5fc106, &object));
	EXPECT_OK(tlv_want(&object, 0xba, &map));
	/* Discovery, CHUID, CCC, history, 82 */
	assert_int_equal(map.n, 3 * 5);
	EXPECT_OK(tlv_want(&object, 0xbb, &sod));
	p = sod.p;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)sod.n);
	assert_non_null(cms);
	EXPECT_OK(vcard_authority_cert(a, &der));
	root = parse(buf_span(&der));
	assert_int_equal(X509_STORE_add_cert(s, root), 1);
	/* the authority signs itself: no purpose of S/MIME is asked */
	assert_int_equal(CMS_verify(cms, NULL, NULL, NULL, NULL,
			     CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY),
	    1);
	CMS_ContentInfo_free(cms);
	X509_STORE_free(s);
	X509_free(root);
}

TEST(a_foreign_certificate_fits_into_any_slot)
{
	static const struct vcard_person person = { .subject = "CN=Victim" };
	CLEANUP(vcard_authority_free) struct vcard_authority *a = authority();
	CLEANUP(vcard_free) struct vcard *victim = card_on(NULL);
	CLEANUP(vcard_free) struct vcard *forger = card_on(NULL);
	uint8_t info;
	X509 *x;

	EXPECT_OK(vcard_generate(victim, 0x9e, VCARD_P256));
	EXPECT_OK(vcard_issue(victim, a, 0x9e, &person, NULL));
	EXPECT_OK(vcard_generate(forger, 0x9a, VCARD_P256));
	EXPECT_OK(vcard_import_cert(
	    forger, 0x9a, stored(victim, 0x9e, &info), false));
	x = parse(stored(forger, 0x9a, &info));
	assert_true(verifies(x, a));
	assert_int_equal(
	    X509_check_private_key(x, key_find(forger, 0x9a)->pkey), 0);
	X509_free(x);
}

TEST_MAIN("vcard/issue")
