/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/piv/secobj.h"

#include "codec/tlv.h"

#define MAP_ENTRY 3

/* One after the other; a number may come once. */
static err_t
check_map(struct span map)
{
	bool seen[PIV_GROUPS_MAX + 1] = { false };
	uint8_t number;
	uint16_t container;
	err_t e;

	while (map.n > 0) {
		if ((e = span_u8(&map, &number)) ||
		    (e = span_u16(&map, &container)))
			return e;
		if (number == 0 || number > PIV_GROUPS_MAX || seen[number])
			return ERR_FORMAT;
		seen[number] = true;
	}
	return ERR_OK;
}

static err_t
once(struct span *field, struct span val)
{
	return val.n == 0 ? ERR_FORMAT : tlv_once(val, field);
}

err_t
piv_secobj_parse(struct span in, struct piv_secobj *out)
{
	struct piv_secobj s = { 0 };
	struct span obj, val;
	uint32_t tag;
	err_t e;

	if ((e = tlv_want(&in, 0x53, &obj)) || (e = span_end(in)))
		return e;
	if (obj.n == 0)
		return ERR_ABSENT;
	while (obj.n > 0) {
		if ((e = tlv_next(&obj, &tag, &val)))
			return e;
		if ((tag == 0xba && (e = once(&s.map, val))) ||
		    (tag == 0xbb && (e = once(&s.cms, val))))
			return e;
	}
	if (s.map.n == 0 || s.cms.n == 0)
		return ERR_FORMAT;
	if ((e = check_map(s.map)))
		return e;
	*out = s;
	return ERR_OK;
}

uint16_t
piv_secobj_container(const struct piv_secobj *s, uint8_t group)
{
	for (size_t i = 0; i + MAP_ENTRY <= s->map.n; i += MAP_ENTRY) {
		const uint8_t *entry = s->map.p + i;

		if (entry[0] == group)
			return (uint16_t)(entry[1] << 8 | entry[2]);
	}
	return 0;
}

/* clang-format off */
static const struct {
	enum piv_hash hash;
	size_t size;
	uint8_t oid_n, oid[9]; /* contents of the OBJECT IDENTIFIER */
} hashes[] = {
	{ PIV_HASH_SHA1, 20, 5, { 0x2b, 0x0e, 0x03, 0x02, 0x1a } },
	{ PIV_HASH_SHA224, 28, 9,
	  { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04 } },
	{ PIV_HASH_SHA256, 32, 9,
	  { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 } },
	{ PIV_HASH_SHA384, 48, 9,
	  { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 } },
	{ PIV_HASH_SHA512, 64, 9,
	  { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 } },
};
/* clang-format on */

/* AlgorithmIdentifier; parameters are NULL or left out. */
static err_t
parse_hash(struct span in, size_t *index)
{
	struct span oid;
	err_t e;

	if ((e = tlv_want(&in, 0x06, &oid)))
		return e;
	for (size_t i = 0; i < nitems(hashes); i++) {
		if (span_eq(oid, span_from(hashes[i].oid, hashes[i].oid_n))) {
			*index = i;
			return ERR_OK;
		}
	}
	return ERR_UNSUPPORTED;
}

static err_t
parse_group(struct span *in, size_t size, struct piv_lds *out)
{
	struct span group, number, digest;
	err_t e;

	if ((e = tlv_want(in, 0x30, &group)) ||
	    (e = tlv_want(&group, 0x02, &number)) ||
	    (e = tlv_want(&group, 0x04, &digest)) || (e = span_end(group)))
		return e;
	if (number.n != 1 || number.p[0] == 0 || number.p[0] > PIV_GROUPS_MAX ||
	    digest.n != size)
		return ERR_FORMAT;
	if (out->n == PIV_GROUPS_MAX)
		return ERR_LIMIT;
	out->groups[out->n].number = number.p[0];
	out->groups[out->n].digest = digest;
	out->n++;
	return ERR_OK;
}

err_t
piv_lds_parse(struct span in, struct piv_lds *out)
{
	struct piv_lds l = { 0 };
	struct span seq, version, alg, groups;
	size_t at = 0;
	err_t e;

	if ((e = tlv_want(&in, 0x30, &seq)) || (e = span_end(in)) ||
	    (e = tlv_want(&seq, 0x02, &version)) ||
	    (e = tlv_want(&seq, 0x30, &alg)) ||
	    (e = tlv_want(&seq, 0x30, &groups)) || (e = parse_hash(alg, &at)))
		return e;
	l.hash = hashes[at].hash;
	while (groups.n > 0) {
		if ((e = parse_group(&groups, hashes[at].size, &l)))
			return e;
	}
	*out = l;
	return ERR_OK;
}

uint16_t
piv_container(uint32_t object)
{
	static const struct {
		uint32_t object;
		uint16_t container;
	} known[] = {
		{ 0x7e, 0x6050 }, /* Discovery */
		{ 0x5fc101, 0x0500 }, /* 9E */
		{ 0x5fc102, 0x3000 }, /* CHUID */
		{ 0x5fc105, 0x0101 }, /* 9A */
		{ 0x5fc10a, 0x0100 }, /* 9C */
		{ 0x5fc10b, 0x0102 }, /* 9D */
		{ 0x5fc10c, 0x6060 }, /* Key History */
	};

	if (object >= 0x5fc10d && object <= 0x5fc120) /* retired keys */
		return (uint16_t)(0x1001 + object - 0x5fc10d);
	for (size_t i = 0; i < nitems(known); i++) {
		if (known[i].object == object)
			return known[i].container;
	}
	return 0;
}

err_t
piv_container_data(struct span object, struct span *out)
{
	struct span val;
	uint32_t tag;
	err_t e;

	if ((e = tlv_next(&object, &tag, &val)) || (e = span_end(object)))
		return e;
	if (tag != 0x53 && tag != 0x7e)
		return ERR_FORMAT;
	*out = val;
	return ERR_OK;
}
