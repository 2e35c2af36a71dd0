/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcard/name.h"

#include <stdio.h>
#include <string.h>

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"
#define OID_FASCN "2.16.840.1.101.3.6.6"
#define FIELD_MAX 256

/* Up to the next unescaped slash into out; moves on past it. */
static err_t
take_field(const char **at, char out[FIELD_MAX])
{
	size_t n = 0;
	const char *p = *at;

	for (; *p != '\0' && *p != '/'; p++) {
		if (*p == '\\' && p[1] == '/')
			p++;
		if (n == FIELD_MAX - 1)
			return ERR_FORMAT;
		out[n++] = *p;
	}
	out[n] = '\0';
	*at = *p == '/' ? p + 1 : p;
	return ERR_OK;
}

err_t
name_parse(const char *text, X509_NAME *out)
{
	char field[FIELD_MAX], *value;
	err_t e;

	while (*text != '\0') {
		if ((e = take_field(&text, field)))
			return e;
		if ((value = strchr(field, '=')) == NULL)
			return ERR_FORMAT;
		*value++ = '\0';
		if (X509_NAME_add_entry_by_txt(out, field, MBSTRING_UTF8,
			(const unsigned char *)value, -1, -1, 0) != 1)
			return ERR_FORMAT;
	}
	return ERR_OK;
}

/* `type` with `s` as its contents; NULL without memory. */
static ASN1_STRING *
string_of(int type, struct span s)
{
	ASN1_STRING *a = ASN1_STRING_type_new(type);

	if (a != NULL && ASN1_STRING_set(a, s.p, (int)s.n) == 1)
		return a;
	ASN1_STRING_free(a);
	return NULL;
}

/* Takes the name whatever happens. */
static bool
push(GENERAL_NAMES *all, GENERAL_NAME *one)
{
	if (one != NULL && sk_GENERAL_NAME_push(all, one) > 0)
		return true;
	GENERAL_NAME_free(one);
	return false;
}

static bool
add_ia5(GENERAL_NAMES *all, int kind, struct span s)
{
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_STRING *a = string_of(V_ASN1_IA5STRING, s);

	if (one == NULL || a == NULL) {
		GENERAL_NAME_free(one);
		ASN1_STRING_free(a);
		return false;
	}
	GENERAL_NAME_set0_value(one, kind, a);
	return push(all, one);
}

static bool
add_other(GENERAL_NAMES *all, const char *oid, int type, struct span s)
{
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_STRING *a = string_of(type, s);
	ASN1_TYPE *v = ASN1_TYPE_new();
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);

	if (one == NULL || a == NULL || v == NULL || o == NULL) {
		GENERAL_NAME_free(one);
		ASN1_STRING_free(a);
		ASN1_TYPE_free(v);
		ASN1_OBJECT_free(o);
		return false;
	}
	ASN1_TYPE_set(v, type, a);
	if (GENERAL_NAME_set0_othername(one, o, v) != 1) {
		GENERAL_NAME_free(one);
		ASN1_TYPE_free(v);
		ASN1_OBJECT_free(o);
		return false;
	}
	return push(all, one);
}

static bool
add_guid(GENERAL_NAMES *all, struct span g)
{
	char uri[64];
	size_t n = 0;

	if (g.n != 16)
		return true;
	n = (size_t)snprintf(uri, sizeof(uri), "urn:uuid:");
	for (size_t i = 0; i < 16; i++)
		n += (size_t)snprintf(uri + n, sizeof(uri) - n, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		    (unsigned int)g.p[i]);
	return add_ia5(all, GEN_URI, span_from(uri, n));
}

err_t
name_alternatives(const struct vcard_person *p, struct span fascn,
    struct span guid, X509 *cert)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	bool ok = all != NULL;

	if (ok && p->upn != NULL)
		ok = add_other(
		    all, OID_UPN, V_ASN1_UTF8STRING, span_str(p->upn));
	if (ok && p->mail != NULL)
		ok = add_ia5(all, GEN_EMAIL, span_str(p->mail));
	if (ok && fascn.n > 0)
		ok = add_other(all, OID_FASCN, V_ASN1_OCTET_STRING, fascn);
	if (ok)
		ok = add_guid(all, guid);
	if (ok && sk_GENERAL_NAME_num(all) > 0)
		ok = X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, 0) ==
		    1;
	GENERAL_NAMES_free(all);
	return ok ? ERR_OK : ERR_NOMEM;
}
