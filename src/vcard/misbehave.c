/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card that does wrong on demand. Each kind of wrong is a row of the table;
 * vcard.h says what they mean.
 */
#include "vcard/misbehave.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/tlv.h"
#include "vcard/card.h"

enum phase {
	AT_ONCE,
	BEFORE,
	ANSWER,
	AFTER
};

struct rule_kind {
	const char *name;
	enum rule_value value;
	enum phase phase;
	/* `data` and `sw` are NULL where the phase has none */
	err_t (*act)(struct vcard *c, const struct rule *r, struct buf *data,
	    uint16_t *sw);
	unsigned int flag; /* AT_ONCE: enum vcard_flags */
};

static err_t
do_power_loss(struct vcard *c, const struct rule *r UNUSED,
    struct buf *data UNUSED, uint16_t *sw UNUSED)
{
	vcard_power(c, false);
	return ERR_REMOVED;
}

static err_t
do_delay(struct vcard *c UNUSED, const struct rule *r, struct buf *data UNUSED,
    uint16_t *sw UNUSED)
{
	struct timespec t = { .tv_sec = r->number / 1000,
		.tv_nsec = (long)(r->number % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
	return ERR_OK;
}

static err_t
do_sw_keep(struct vcard *c UNUSED, const struct rule *r,
    struct buf *data UNUSED, uint16_t *sw)
{
	if (r->bytes.n == 2)
		*sw = (uint16_t)(r->bytes.p[0] << 8 | r->bytes.p[1]);
	return ERR_OK;
}

static err_t
do_sw(struct vcard *c, const struct rule *r, struct buf *data, uint16_t *sw)
{
	buf_reset(data);
	return do_sw_keep(c, r, data, sw);
}

static err_t
do_cut(struct vcard *c UNUSED, const struct rule *r, struct buf *data,
    uint16_t *sw UNUSED)
{
	buf_trim(data, data->n > r->number ? data->n - r->number : 0);
	return ERR_OK;
}

static err_t
do_pad(struct vcard *c UNUSED, const struct rule *r, struct buf *data,
    uint16_t *sw UNUSED)
{
	(void)buf_grow(data, r->number);
	return buf_status(data);
}

static err_t
do_garbage(struct vcard *c UNUSED, const struct rule *r, struct buf *data,
    uint16_t *sw UNUSED)
{
	uint8_t *p;

	buf_reset(data);
	p = buf_grow(data, r->number);
	if (p != NULL && r->number > 0)
		(void)RAND_bytes(p, (int)r->number);
	return buf_status(data);
}

static err_t
do_oversize(struct vcard *c UNUSED, const struct rule *r, struct buf *data,
    uint16_t *sw)
{
	size_t mark;

	buf_reset(data);
	mark = tlv_open(data, 0x53);
	(void)buf_grow(data, r->number);
	tlv_close(data, mark);
	*sw = SW_OK;
	return buf_status(data);
}

static err_t
do_data(struct vcard *c UNUSED, const struct rule *r, struct buf *data,
    uint16_t *sw)
{
	buf_reset(data);
	buf_put(data, buf_span(&r->bytes));
	*sw = SW_OK;
	return buf_status(data);
}

static err_t
do_length(struct vcard *c UNUSED, const struct rule *r, struct buf *data,
    uint16_t *sw UNUSED)
{
	size_t at = data->n > 0 && (data->p[0] & 0x1f) == 0x1f ? 2 : 1;

	if (data->n > at)
		data->p[at] = (uint8_t)r->number;
	return ERR_OK;
}

static err_t
do_raw(struct vcard *c UNUSED, const struct rule *r, struct buf *data,
    uint16_t *sw UNUSED)
{
	buf_reset(data);
	buf_put(data, buf_span(&r->bytes));
	return buf_status(data);
}

static err_t
do_flag(struct vcard *c, const struct rule *r, struct buf *data UNUSED,
    uint16_t *sw UNUSED)
{
	c->flags |= r->kind->flag;
	return ERR_OK;
}

static err_t
do_atr(struct vcard *c, const struct rule *r, struct buf *data UNUSED,
    uint16_t *sw UNUSED)
{
	if (r->bytes.n == 0 || r->bytes.n > ATR_MAX)
		return ERR_FORMAT;
	buf_reset(&c->atr);
	buf_put(&c->atr, buf_span(&r->bytes));
	return buf_status(&c->atr);
}

/* clang-format off */
static const struct rule_kind kinds[] = {
	{ "power-loss",        VALUE_NONE,   BEFORE, do_power_loss, 0 },
	{ "answer-loss",       VALUE_NONE,   AFTER,  do_power_loss, 0 },
	{ "delay",             VALUE_NUMBER, BEFORE, do_delay, 0 },
	{ "sw",                VALUE_HEX,    ANSWER, do_sw, 0 },
	{ "sw-keep",           VALUE_HEX,    ANSWER, do_sw_keep, 0 },
	{ "cut",               VALUE_NUMBER, ANSWER, do_cut, 0 },
	{ "pad",               VALUE_NUMBER, ANSWER, do_pad, 0 },
	{ "garbage",           VALUE_NUMBER, ANSWER, do_garbage, 0 },
	{ "oversize",          VALUE_NUMBER, ANSWER, do_oversize, 0 },
	{ "data",              VALUE_HEX,    ANSWER, do_data, 0 },
	{ "length",            VALUE_NUMBER, ANSWER, do_length, 0 },
	{ "raw",               VALUE_HEX,    AFTER,  do_raw, 0 },
	{ "no-clear",          VALUE_NONE,   AT_ONCE, do_flag,
	    VCARD_NO_CLEAR },
	{ "foreign-clears",    VALUE_NONE,   AT_ONCE, do_flag,
	    VCARD_FOREIGN_CLEARS },
	{ "foreign-deselects", VALUE_NONE,   AT_ONCE, do_flag,
	    VCARD_FOREIGN_DESELECTS },
	{ "no-pin",            VALUE_NONE,   AT_ONCE, do_flag,
	    VCARD_NO_PIN },
	{ "atr",               VALUE_HEX,    AT_ONCE, do_atr, 0 },
};
/* clang-format on */

static bool
names_tag(const struct apdu *cmd, uint32_t tag)
{
	struct span in = cmd->data, list;
	uint32_t t = 0;

	if (cmd->ins != INS_GET_DATA || tlv_want(&in, 0x5c, &list) != ERR_OK ||
	    list.n > 3)
		return false;
	for (size_t i = 0; i < list.n; i++)
		t = t << 8 | list.p[i];
	return t == tag;
}

static bool
matches(const struct vcard *c, const struct rule *r, const struct apdu *cmd)
{
	return !r->spent && (!r->by_ins || r->ins == cmd->ins) &&
	    (r->tag == 0 || names_tag(cmd, r->tag)) &&
	    (r->at == 0 || r->at == c->counts.total);
}

static err_t
apply(struct vcard *c, enum phase phase, const struct apdu *cmd,
    struct buf *data, uint16_t *sw)
{
	err_t e;

	for (size_t i = 0; i < c->mis.n; i++) {
		struct rule *r = &c->mis.rules[i];

		if (r->kind->phase != phase || !matches(c, r, cmd))
			continue;
		if (r->times > 0 && --r->times == 0)
			r->spent = true;
		if ((e = r->kind->act(c, r, data, sw)))
			return e;
	}
	return ERR_OK;
}

err_t
misbehave_before(struct vcard *c, const struct apdu *cmd)
{
	return apply(c, BEFORE, cmd, NULL, NULL);
}

void
misbehave_answer(
    struct vcard *c, const struct apdu *cmd, struct buf *data, uint16_t *sw)
{
	if (apply(c, ANSWER, cmd, data, sw) != ERR_OK) {
		buf_reset(data);
		*sw = SW_MEMORY;
	}
}

err_t
misbehave_after(struct vcard *c, const struct apdu *cmd, struct buf *resp)
{
	return apply(c, AFTER, cmd, resp, NULL);
}

void
misbehave_done(struct misbehaviour *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_done(&m->rules[i].bytes);
	m->n = 0;
}

const struct rule_kind *
rule_kind_find(const char *name)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

enum rule_value
rule_kind_value(const struct rule_kind *k)
{
	return k->value;
}

static err_t
add_rule(struct vcard *c, const struct rule *r)
{
	struct misbehaviour *m = &c->mis;

	if (r->kind->phase == AT_ONCE)
		return r->kind->act(c, r, NULL, NULL);
	if (m->n == RULES_MAX)
		return ERR_LIMIT;
	m->rules[m->n++] = *r;
	return ERR_OK;
}

err_t
vcard_misbehave(struct vcard *c, const char *text, struct why *why)
{
	CLEANUP(free_mem) char *copy = NULL;
	struct rule r = { .bytes = BUF_INIT(APDU_MAX_RESPONSE) };
	err_t e;

	if (strcmp(text, "off") == 0) {
		misbehave_done(&c->mis);
		return ERR_OK;
	}
	if ((copy = strdup(text)) == NULL)
		return ERR_NOMEM;
	if (!(e = rule_parse(copy, &r)))
		e = add_rule(c, &r);
	if (e != ERR_OK || r.kind->phase == AT_ONCE)
		buf_done(&r.bytes);
	if (e != ERR_OK)
		return why_add(why, e, "rule \"%s\" is not understood", text);
	return ERR_OK;
}
