/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule of misbehaviour from its text: KIND[=VALUE] [OPTION=VALUE] ... */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "codec/hex.h"
#include "vcard/misbehave.h"

#define NUMBER_MAX 65536

static err_t
read_number(const char *text, int base, uint32_t *out)
{
	unsigned long v;
	char *end;

	if (!isxdigit((unsigned char)text[0]))
		return ERR_FORMAT;
	v = strtoul(text, &end, base);
	if (*end != '\0' || v > 0xffffff)
		return ERR_FORMAT;
	*out = (uint32_t)v;
	return ERR_OK;
}

static err_t
read_option(char *word, struct rule *r)
{
	char *value = strchr(word, '=');
	uint32_t v = 0;
	err_t e;

	if (value == NULL)
		return ERR_FORMAT;
	*value++ = '\0';
	if (strcmp(word, "at") == 0)
		return read_number(value, 10, &r->at);
	if (strcmp(word, "times") == 0)
		return read_number(value, 10, &r->times);
	if (strcmp(word, "tag") == 0)
		return read_number(value, 16, &r->tag);
	if (strcmp(word, "ins") != 0)
		return ERR_FORMAT;
	if ((e = read_number(value, 16, &v)) || v > 0xff)
		return ERR_FORMAT;
	r->by_ins = true;
	r->ins = (uint8_t)v;
	return ERR_OK;
}

static err_t
read_kind(char *word, struct rule *r)
{
	char *value = strchr(word, '=');
	enum rule_value want;
	err_t e;

	if (value != NULL)
		*value++ = '\0';
	r->kind = rule_kind_find(word);
	if (r->kind == NULL)
		return ERR_FORMAT;
	want = rule_kind_value(r->kind);
	if ((value == NULL) != (want == VALUE_NONE))
		return ERR_FORMAT;
	if (want == VALUE_NONE)
		return ERR_OK;
	if (want == VALUE_HEX)
		return hex_decode(span_str(value), &r->bytes);
	if ((e = read_number(value, 10, &r->number)))
		return e;
	return r->number > NUMBER_MAX ? ERR_FORMAT : ERR_OK;
}

err_t
rule_parse(char *text, struct rule *r)
{
	char *word;
	err_t e;

	if ((word = strsep(&text, " ")) == NULL)
		return ERR_FORMAT;
	if ((e = read_kind(word, r)))
		return e;
	while ((word = strsep(&text, " ")) != NULL)
		if (*word != '\0' && (e = read_option(word, r)))
			return e;
	return ERR_OK;
}
