/* SPDX-License-Identifier: BSD-2-Clause */
#include "ident/cert.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"

static void
x509_free(X509 **x)
{
	X509_free(*x);
}

static void
eku_free(EXTENDED_KEY_USAGE **u)
{
	EXTENDED_KEY_USAGE_free(*u);
}

static void
bits_free(ASN1_BIT_STRING **b)
{
	ASN1_BIT_STRING_free(*b);
}

static void
crypto_free(unsigned char **p)
{
	OPENSSL_free(*p);
}

/* A name that is too long or no clean text is shown as none. */
static void
common_name(X509 *x, char out[CERT_CN_MAX])
{
	CLEANUP(crypto_free) unsigned char *utf8 = NULL;
	X509_NAME *name = X509_get_subject_name(x);
	const X509_NAME_ENTRY *entry;
	int at, n;

	out[0] = '\0';
	at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	if (at < 0 || (entry = X509_NAME_get_entry(name, at)) == NULL)
		return;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
	if (n <= 0 || n >= CERT_CN_MAX || !text_ok(span_from(utf8, (size_t)n)))
		return;
	memcpy(out, utf8, (size_t)n);
	out[n] = '\0';
}

static err_t
public_key(X509 *x, struct cert_facts *f)
{
	CLEANUP(crypto_free) unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (n <= 0)
		return ERR_FORMAT;
	if (n > CERT_SPKI_MAX)
		return ERR_LIMIT;
	memcpy(f->spki, der, (size_t)n);
	f->spki_n = (size_t)n;
	return ERR_OK;
}

static unsigned int
eku_bit(const ASN1_OBJECT *o)
{
	static const struct {
		const char *oid;
		unsigned int bit;
	} known[] = {
		{ "2.16.840.1.101.3.6.8", EKU_CARD_AUTH },
		{ "1.3.6.1.5.5.7.3.2", EKU_CLIENT_AUTH },
		{ "1.3.6.1.4.1.311.20.2.2", EKU_SMARTCARD_LOGON },
		{ "2.5.29.37.0", EKU_ANY },
	};
	char text[64];
	int n = OBJ_obj2txt(text, sizeof(text), o, 1);

	if (n <= 0 || (size_t)n >= sizeof(text))
		return 0;
	for (size_t i = 0; i < nitems(known); i++) {
		if (strcmp(text, known[i].oid) == 0)
			return known[i].bit;
	}
	return 0;
}

static err_t
extended_key_usage(X509 *x, struct cert_facts *f)
{
	CLEANUP(eku_free) EXTENDED_KEY_USAGE *u = NULL;
	int crit = -1;

	u = X509_get_ext_d2i(x, NID_ext_key_usage, &crit, NULL);
	if (u == NULL) /* -1: not there; else malformed, or there twice */
		return crit == -1 ? ERR_OK : ERR_FORMAT;
	f->eku = EKU_PRESENT;
	for (int i = 0; i < sk_ASN1_OBJECT_num(u); i++)
		f->eku |= eku_bit(sk_ASN1_OBJECT_value(u, i));
	return ERR_OK;
}

static err_t
key_usage(X509 *x, struct cert_facts *f)
{
	CLEANUP(bits_free) ASN1_BIT_STRING *b = NULL;
	int crit = -1;

	b = X509_get_ext_d2i(x, NID_key_usage, &crit, NULL);
	if (b == NULL) {
		f->key_usage = KEY_USAGE_ABSENT;
		return crit == -1 ? ERR_OK : ERR_FORMAT;
	}
	for (int i = 0; i < 9; i++) {
		if (ASN1_BIT_STRING_get_bit(b, i) == 1)
			f->key_usage |= 1u << i;
	}
	return ERR_OK;
}

static void
time_free(ASN1_TIME **t)
{
	ASN1_TIME_free(*t);
}

/* By OpenSSL's own calendar: libc's looks for files of time zones. */
static err_t
when(const ASN1_TIME *t, int64_t *out)
{
	CLEANUP(time_free) ASN1_TIME *epoch = ASN1_TIME_new();
	int days, seconds;

	if (epoch == NULL ||
	    ASN1_TIME_set_string(epoch, "19700101000000Z") != 1)
		return ERR_NOMEM;
	if (t == NULL || ASN1_TIME_diff(&days, &seconds, epoch, t) != 1)
		return ERR_FORMAT;
	*out = (int64_t)days * 86400 + seconds;
	return ERR_OK;
}

err_t
cert_parse(struct span der, struct cert_facts *out, struct why *why)
{
	CLEANUP(x509_free) X509 *x = NULL;
	struct cert_facts f = { 0 };
	const unsigned char *p = der.p;
	err_t e;

	if (der.n > CERT_MAX)
		return why_add(
		    why, ERR_LIMIT, "longer than %d bytes", CERT_MAX);
	if (der.n == 0 || (x = d2i_X509(NULL, &p, (long)der.n)) == NULL ||
	    p != der.p + der.n)
		return why_add(why, ERR_FORMAT, "not a certificate");
	common_name(x, f.cn);
	if ((e = public_key(x, &f)))
		return why_add(why, e, "its public key");
	if ((e = extended_key_usage(x, &f)))
		return why_add(why, e, "its extended key usage is malformed");
	if ((e = key_usage(x, &f)))
		return why_add(why, e, "its key usage is malformed");
	if ((e = when(X509_get0_notBefore(x), &f.not_before)) ||
	    (e = when(X509_get0_notAfter(x), &f.not_after)))
		return why_add(why, e, "its dates are malformed");
	*out = f;
	return ERR_OK;
}
