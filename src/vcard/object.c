/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data objects: GET DATA and PUT DATA, SP 800-73-4 Part 2, 3.1.2 and 3.3.1;
 * which of them ask for the PIN: Part 1, table 3.
 */
#include "codec/tlv.h"
#include "vcard/card.h"

#define TAG_DISCOVERY 0x7e
#define TAG_BIT_GROUP 0x7f61

bool
object_tag_ok(uint32_t tag)
{
	return tag == TAG_DISCOVERY || tag == TAG_BIT_GROUP ||
	    (tag & 0xffff00) == 0x5fc100 || (tag & 0xffff00) == 0x5fff00;
}

uint32_t
vcard_cert_tag(uint8_t slot)
{
	switch (slot) {
	case 0x9a:
		return 0x5fc105;
	case 0x9c:
		return 0x5fc10a;
	case 0x9d:
		return 0x5fc10b;
	case 0x9e:
		return 0x5fc101;
	default:
		return slot_ok(slot) ? 0x5fc10du + slot - 0x82u : 0;
	}
}

/* Where it is; c->objects_n: nowhere. */
static size_t
find(const struct vcard *c, uint32_t tag)
{
	size_t i = 0;

	while (i < c->objects_n && c->objects[i].tag != tag)
		i++;
	return i;
}

/*
 * Swap the value of `tag` with *v; an empty one means that there is none. Twice
 * is as never.
 */
static err_t
exchange(struct vcard *c, uint32_t tag, struct buf *v)
{
	size_t i = find(c, tag);
	struct buf old = BUF_INIT(OBJECT_MAX);

	if (i == c->objects_n) {
		if (v->n == 0)
			return ERR_OK;
		if (i == OBJECTS_MAX)
			return ERR_LIMIT;
		c->objects_n++;
	} else {
		old = c->objects[i].value;
	}
	if (v->n > 0)
		c->objects[i] = (struct object){ tag, *v };
	else
		c->objects[i] = c->objects[--c->objects_n];
	*v = old;
	return ERR_OK;
}

/* The new value is in the file, or the old one stays. */
err_t
vcard_put_object(struct vcard *c, uint32_t tag, struct span value)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(OBJECT_MAX);
	err_t e;

	if (!object_tag_ok(tag))
		return ERR_UNSUPPORTED;
	buf_put(&v, value);
	if ((e = buf_status(&v)) || (e = exchange(c, tag, &v)))
		return e;
	if ((e = card_save(c)) && exchange(c, tag, &v) != ERR_OK)
		return ERR_LIMIT; /* cannot be: there was room before */
	return e;
}

err_t
vcard_get_object(const struct vcard *c, uint32_t tag, struct span *value)
{
	size_t i = find(c, tag);

	if (i == c->objects_n)
		return ERR_ABSENT;
	*value = buf_span(&c->objects[i].value);
	return ERR_OK;
}

/* Printed information, fingerprints, face, iris, pairing code. */
static bool
asks_pin(uint32_t tag)
{
	return tag == 0x5fc109 || tag == 0x5fc103 || tag == 0x5fc108 ||
	    tag == 0x5fc121 || tag == 0x5fc123;
}

/* 5C { tag of one to three bytes } */
static err_t
take_tag(struct span *in, uint32_t *tag)
{
	struct span list;
	uint32_t t = 0;
	err_t e;

	if ((e = tlv_want(in, 0x5c, &list)))
		return e;
	if (list.n == 0 || list.n > 3)
		return ERR_FORMAT;
	for (size_t i = 0; i < list.n; i++)
		t = t << 8 | list.p[i];
	*tag = t;
	return ERR_OK;
}

uint16_t
get_data_command(struct vcard *c, const struct apdu *cmd, struct buf *out)
{
	struct span in = cmd->data, value;
	uint32_t tag;

	if (cmd->p1 != 0x3f || cmd->p2 != 0xff)
		return SW_P1P2;
	if (take_tag(&in, &tag) != ERR_OK || span_end(in) != ERR_OK)
		return SW_DATA;
	if (!object_tag_ok(tag))
		return SW_NO_OBJECT;
	if (asks_pin(tag) && !policy_satisfied(c, POLICY_ONCE, false))
		return SW_SECURITY;
	if (vcard_get_object(c, tag, &value) != ERR_OK)
		return SW_NO_OBJECT;
	tlv_put(out, tag == TAG_DISCOVERY || tag == TAG_BIT_GROUP ? tag : 0x53,
	    value);
	return SW_OK;
}

/* 5C tag, 53 value; or 7E or 7F61 alone (Part 2, table 12). */
static err_t
take_object(struct span in, uint32_t *tag, struct span *value)
{
	struct span at = in;
	err_t e;

	if ((e = tlv_next(&at, tag, value)))
		return e;
	if (*tag == TAG_DISCOVERY || *tag == TAG_BIT_GROUP)
		return span_end(at);
	if ((e = take_tag(&in, tag)) || (e = tlv_want(&in, 0x53, value)))
		return e;
	return span_end(in);
}

uint16_t
put_data_command(
    struct vcard *c, const struct apdu *cmd, struct buf *out UNUSED)
{
	struct span value;
	uint32_t tag;
	err_t e;

	if (cmd->p1 != 0x3f || cmd->p2 != 0xff)
		return SW_P1P2;
	if (!c->admin_ok)
		return SW_SECURITY;
	if (take_object(cmd->data, &tag, &value) != ERR_OK)
		return SW_DATA;
	e = vcard_put_object(c, tag, value);
	if (e == ERR_OK)
		return SW_OK;
	if (e == ERR_UNSUPPORTED)
		return SW_NO_OBJECT;
	return e == ERR_LIMIT ? SW_FULL : SW_MEMORY;
}
