/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/attributes.h"

#include <stdio.h>

#include <openssl/evp.h>

bool
attributes_in_class(const struct scs_item *it, enum item_class class)
{
	bool cert = it->cert != NULL;
	bool key = (it->flags & SCS_ITEM_KEY) != 0;

	switch (class) {
	case CLASS_CERTS:
		return cert;
	case CLASS_KEYS:
		return key;
	case CLASS_IDENTITIES:
		return cert && key;
	}
	return false;
}

const char *attributes_class_name(enum item_class class)
{
	switch (class) {
	case CLASS_CERTS:
		return "certificate";
	case CLASS_KEYS:
		return "private key";
	case CLASS_IDENTITIES:
		return "identity";
	}
	return "item";
}

static void
add(struct attributes *out, struct attribute a)
{
	if (out->n < ATTRIBUTES_MAX)
		out->all[out->n++] = a;
}

static void
add_text(struct attributes *out, const char *name, const char *text)
{
	add(out, (struct attribute){ name, ATTRIBUTE_TEXT, .text = text });
}

static void
add_data(struct attributes *out, const char *name, const uint8_t *p, size_t n)
{
	add(out,
	    (struct attribute){
		name, ATTRIBUTE_DATA, .data = span_from(p, n) });
}

static void
add_number(struct attributes *out, const char *name, unsigned int number)
{
	add(out,
	    (struct attribute){ name, ATTRIBUTE_NUMBER, .number = number });
}

static void
add_bool(struct attributes *out, const char *name, bool on)
{
	add(out,
	    (struct attribute){ name, ATTRIBUTE_BOOL, .number = on ? 1 : 0 });
}

/* kSecAttrKeyType: 42 RSA, 73 EC. */
static unsigned int
key_type(const struct scs_item *it)
{
	switch (it->alg) { /* SP 800-78-5 table 6-2; 16: vendors' RSA 4096 */
	case 0x05:
	case 0x07:
	case 0x16:
		return 42;
	case 0x11:
	case 0x14:
		return 73;
	default:
		return 0;
	}
}

static void
add_key(struct attributes *out, const struct scs_item *it)
{
	add_data(out, "klbl", it->pkhh, it->pkhh_len);
	add_number(out, "kcls", 1); /* kSecAttrKeyClassPrivate */
	add_number(out, "type", key_type(it));
	add_number(out, "bsiz", it->bits);
	add_bool(out, "sign", (it->flags & SCS_ITEM_SIGN) != 0);
	add_bool(out, "decr", (it->flags & SCS_ITEM_DECRYPT) != 0);
	add_bool(out, "drve", (it->flags & SCS_ITEM_DERIVE) != 0);
}

err_t
attributes_of(const struct scs_token *t, const struct scs_item *it,
    enum item_class class, struct attributes *out)
{
	unsigned int n = sizeof(out->sha1);
	bool key = class != CLASS_CERTS, cert = class != CLASS_KEYS;

	*out = (struct attributes){ .slot = it->slot };
	add_text(out, "labl", cert ? it->cert_label : it->key_label);
	add_text(out, "tkid", t->id);
	add_data(out, "toid", &out->slot, 1);
	add_text(out, "agrp", ATTRIBUTES_GROUP);
	if (cert)
		add_data(out, "pkhh", it->pkhh, it->pkhh_len);
	if (key)
		add_key(out, it);
	if (!cert)
		return ERR_OK;
	if (EVP_Digest(
		it->cert, it->cert_len, out->sha1, &n, EVP_sha1(), NULL) != 1)
		return ERR_NOMEM;
	add_data(out, "sha1", out->sha1, sizeof(out->sha1));
	return ERR_OK;
}

static void
put(struct buf *out, const char *s)
{
	buf_put(out, span_str(s));
}

/* 2,048: groups of three, as the original prints numbers. */
static void
print_number(unsigned int number, struct buf *out)
{
	char digits[16], one[2] = "";
	int n = snprintf(digits, sizeof(digits), "%u", number);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			put(out, ",");
		one[0] = digits[i];
		put(out, one);
	}
}

static void
print_data(struct span data, struct buf *out)
{
	char hex[4];

	put(out, "<");
	for (size_t i = 0; i < data.n; i++) {
		(void)snprintf(
		    hex, sizeof(hex), "%s%02x", i > 0 ? " " : "", data.p[i]);
		put(out, hex);
	}
	put(out, ">");
}

void
attribute_print(const struct attribute *a, struct buf *out)
{
	switch (a->kind) {
	case ATTRIBUTE_TEXT:
		put(out, "\"");
		put(out, a->text);
		put(out, "\"");
		break;
	case ATTRIBUTE_DATA:
		print_data(a->data, out);
		break;
	case ATTRIBUTE_NUMBER:
		print_number(a->number, out);
		break;
	case ATTRIBUTE_BOOL:
		put(out, a->number != 0 ? "true" : "false");
		break;
	}
}
