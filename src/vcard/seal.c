/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key History (SP 800-73-4 Part 1, 3.3.3) and the Security Object (3.1.7): a
 * CMS signature by the authority over the SHA-256 of the card's objects, each
 * with a data group number (ICAO 9303, LDSSecurityObject).
 */
#include <openssl/cms.h>

#include "codec/tlv.h"
#include "vcard/card.h"
#include "vcard/sign.h"

#define TAG_SECURITY 0x5fc106
#define TAG_HISTORY 0x5fc10c
#define GROUPS_MAX 16
#define HASH_LEN 32
#define OID_LDS "1.3.27.1.1.1"

static err_t
put_history(struct vcard *c)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(OBJECT_MAX);
	struct span cert;
	uint8_t n = 0;

	for (uint8_t slot = 0x82; slot <= 0x95; slot++)
		if (key_find(c, slot) != NULL &&
		    vcard_get_object(c, vcard_cert_tag(slot), &cert) == ERR_OK)
			n++;
	if (n == 0)
		return vcard_put_object(c, TAG_HISTORY, SPAN_NONE);
	tlv_put(&v, 0xc1, span_from(&n, 1)); /* keys with certificates */
	tlv_put(&v, 0xc2, span_from("\0", 1)); /* certificates elsewhere */
	tlv_put(&v, 0xf3, SPAN_NONE);
	tlv_put(&v, 0xfe, SPAN_NONE);
	if (buf_status(&v) != ERR_OK)
		return buf_status(&v);
	return vcard_put_object(c, TAG_HISTORY, buf_span(&v));
}

/* DataGroupHash { INTEGER number, OCTET STRING hash } */
static err_t
put_group(struct span object, uint8_t number, struct buf *out)
{
	uint8_t hash[HASH_LEN];
	unsigned int n = 0;
	size_t mark;

	if (EVP_Digest(object.p, object.n, hash, &n, EVP_sha256(), NULL) != 1)
		return ERR_NOMEM;
	mark = tlv_open(out, 0x30);
	tlv_put(out, 0x02, span_from(&number, 1));
	tlv_put(out, 0x04, span_from(hash, n));
	tlv_close(out, mark);
	return buf_status(out);
}

/* Container identifiers, SP 800-73-4 Part 1, table 3; 0: not one of them. */
static uint16_t
container_of(uint32_t tag)
{
	/* clang-format off */
	static const struct {
		uint32_t tag;
		uint16_t container;
	} known[] = {
		{ 0x5fc107, 0xdb00 }, { 0x5fc102, 0x3000 }, /* CCC, CHUID */
		{ 0x5fc105, 0x0101 }, { 0x5fc10a, 0x0100 }, /* 9A, 9C */
		{ 0x5fc10b, 0x0102 }, { 0x5fc101, 0x0500 }, /* 9D, 9E */
		{ 0x5fc103, 0x6010 }, { 0x5fc108, 0x6030 }, /* biometrics */
		{ 0x5fc109, 0x3001 }, /* printed information */
		{ 0x7e, 0x6050 }, { TAG_HISTORY, 0x6060 },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(known); i++)
		if (known[i].tag == tag)
			return known[i].container;
	if (tag >= 0x5fc10d && tag <= 0x5fc120) /* retired keys */
		return (uint16_t)(0x1001 + tag - 0x5fc10d);
	return 0;
}

/*
 * LDSSecurityObject { version 0, SHA-256, groups }; `map` gets a number and
 * the container for each.
 */
static err_t
build_lds(const struct vcard *c, struct buf *lds, struct buf *map)
{
	static const uint8_t sha256[] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00 };
	size_t top = tlv_open(lds, 0x30), groups;
	uint8_t number = 0;
	err_t e;

	tlv_put(lds, 0x02, span_from("\0", 1));
	tlv_put(lds, 0x30, SPAN_OF(sha256));
	groups = tlv_open(lds, 0x30);
	for (size_t i = 0; i < c->objects_n && number < GROUPS_MAX; i++) {
		const struct object *o = &c->objects[i];

		if (container_of(o->tag) == 0)
			continue;
		number++;
		buf_put_u8(map, number);
		buf_put_u16(map, container_of(o->tag));
		if ((e = put_group(buf_span(&o->value), number, lds)))
			return e;
	}
	tlv_close(lds, groups);
	tlv_close(lds, top);
	return buf_status(lds);
}

static err_t
sign_lds(const struct vcard_authority *a, struct span lds, struct buf *out)
{
	unsigned int flags = CMS_BINARY | CMS_NOSMIMECAP;
	BIO *bio = BIO_new_mem_buf(lds.p, (int)lds.n);
	ASN1_OBJECT *type = OBJ_txt2obj(OID_LDS, 1);
	CMS_ContentInfo *cms = NULL;
	unsigned char *der = NULL;
	int n = 0;

	if (bio != NULL && type != NULL)
		cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	if (cms != NULL && CMS_set1_eContentType(cms, type) == 1 &&
	    CMS_add1_signer(cms, a->cert, a->key, EVP_sha256(), flags) !=
		NULL &&
	    CMS_final(cms, bio, NULL, flags) == 1)
		n = i2d_CMS_ContentInfo(cms, &der);
	if (n > 0)
		buf_put(out, span_from(der, (size_t)n));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	ASN1_OBJECT_free(type);
	BIO_free(bio);
	return n > 0 ? buf_status(out) : ERR_NOMEM;
}

static err_t
put_security(struct vcard *c, const struct vcard_authority *a)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(OBJECT_MAX);
	CLEANUP(buf_done) struct buf lds = BUF_INIT(OBJECT_MAX);
	CLEANUP(buf_done) struct buf map = BUF_INIT(OBJECT_MAX);
	size_t mark;
	err_t e;

	if ((e = build_lds(c, &lds, &map)))
		return e;
	tlv_put(&v, 0xba, buf_span(&map));
	mark = tlv_open(&v, 0xbb);
	if ((e = sign_lds(a, buf_span(&lds), &v)))
		return e;
	tlv_close(&v, mark);
	tlv_put(&v, 0xfe, SPAN_NONE);
	if ((e = buf_status(&v)))
		return e;
	return vcard_put_object(c, TAG_SECURITY, buf_span(&v));
}

err_t
vcard_seal(struct vcard *c, struct vcard_authority *a, struct why *why)
{
	err_t e;

	if ((e = put_history(c)))
		return why_add(why, e, "key history");
	if ((e = put_security(c, a)))
		return why_add(why, e, "security object");
	return ERR_OK;
}
