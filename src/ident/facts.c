/* SPDX-License-Identifier: BSD-2-Clause */
/* What the child and the decider say to each other: fields in a fixed order,
 * big-endian, strings and bytes with a u16 length before them. */
#include <string.h>

#include "base/text.h"
#include "ident/cert.h"

#define CHILD_REASON_MAX (WHY_MAX - 1) /* what the child can mean to say */

static void
put(struct buf *b, struct span s)
{
	buf_put_u16(b, (uint16_t)s.n);
	buf_put(b, s);
}

static err_t
get(struct span *in, size_t max, struct span *out)
{
	struct span at = *in;
	uint16_t n;
	err_t e;

	if ((e = span_u16(&at, &n)))
		return e;
	if (n > max)
		return ERR_LIMIT;
	if ((e = span_take(&at, n, out)))
		return e;
	*in = at;
	return ERR_OK;
}

void
cert_facts_build(const struct cert_facts *f, struct buf *out)
{
	put(out, span_str(f->cn));
	put(out, span_from(f->spki, f->spki_n));
	buf_put_u16(out, (uint16_t)f->eku);
	buf_put_u16(out, (uint16_t)f->key_usage);
	buf_put_u64(out, (uint64_t)f->not_before);
	buf_put_u64(out, (uint64_t)f->not_after);
}

static bool
bits_ok(uint16_t eku, uint16_t usage)
{
	if ((eku & ~(unsigned int)EKU_ALL_) != 0)
		return false;
	return usage == KEY_USAGE_ABSENT ||
	    (usage & ~(unsigned int)KEY_USAGE_ALL_) == 0;
}

err_t
cert_facts_parse(struct span in, struct cert_facts *out)
{
	struct cert_facts f = { 0 };
	struct span cn, spki;
	uint16_t eku, usage;
	uint64_t from, to;
	err_t e;

	if ((e = get(&in, CERT_CN_MAX - 1, &cn)) ||
	    (e = get(&in, CERT_SPKI_MAX, &spki)) || (e = span_u16(&in, &eku)) ||
	    (e = span_u16(&in, &usage)) || (e = span_u64(&in, &from)) ||
	    (e = span_u64(&in, &to)) || (e = span_end(in)))
		return e;
	if (!text_ok(cn) || spki.n == 0 || !bits_ok(eku, usage))
		return ERR_FORMAT;
	if (cn.n > 0)
		memcpy(f.cn, cn.p, cn.n);
	memcpy(f.spki, spki.p, spki.n);
	f.spki_n = spki.n;
	f.eku = eku;
	f.key_usage = usage;
	f.not_before = (int64_t)from;
	f.not_after = (int64_t)to;
	*out = f;
	return ERR_OK;
}

err_t
cert_answer_parse(struct span in, struct cert_facts *out, struct why *why)
{
	uint16_t wire;
	err_t e;

	if (span_u16(&in, &wire) != ERR_OK)
		return why_add(why, ERR_FORMAT, "the child said nothing");
	if ((e = err_from_wire(wire)) == ERR_OK)
		e = cert_facts_parse(in, out);
	else if (in.n <= CHILD_REASON_MAX && text_ok(in))
		return why_add(why, e, "%.*s", (int)in.n, (const char *)in.p);
	else
		e = ERR_FORMAT;
	return e == ERR_OK
	    ? e
	    : why_add(why, ERR_FORMAT, "the child said nonsense");
}
