/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/sealed.h"

#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>

static void
free_cms(CMS_ContentInfo **c)
{
	CMS_ContentInfo_free(*c);
}

static const EVP_MD *
md_of(enum piv_hash hash)
{
	switch (hash) { /* no default */
	case PIV_HASH_SHA1:
		return EVP_sha1();
	case PIV_HASH_SHA224:
		return EVP_sha224();
	case PIV_HASH_SHA256:
		return EVP_sha256();
	case PIV_HASH_SHA384:
		return EVP_sha384();
	case PIV_HASH_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

static void
keep(
    const struct piv_secobj *obj, const struct piv_lds *lds, struct sealed *out)
{
	struct sealed s = { .hash = lds->hash };

	for (size_t i = 0; i < lds->n; i++) {
		struct span d = lds->groups[i].digest;
		uint16_t c = piv_secobj_container(obj, lds->groups[i].number);

		if (c == 0 || d.n > SEALED_DIGEST_MAX)
			continue;
		s.parts[s.n].container = c;
		memcpy(s.parts[s.n].digest, d.p, d.n);
		s.n++;
	}
	*out = s;
}

/* SignedData with its content inside, of whatever type it calls itself. */
static err_t
open_cms(struct span der, CMS_ContentInfo **out, struct span *content)
{
	const unsigned char *p = der.p;
	ASN1_OCTET_STRING **octets = NULL;

	*out = d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	if (*out == NULL || p != der.p + der.n ||
	    OBJ_obj2nid(CMS_get0_type(*out)) != NID_pkcs7_signed)
		return ERR_FORMAT;
	octets = CMS_get0_content(*out);
	if (octets == NULL || *octets == NULL ||
	    ASN1_STRING_length(*octets) <= 0)
		return ERR_FORMAT;
	*content = span_from(ASN1_STRING_get0_data(*octets),
	    (size_t)ASN1_STRING_length(*octets));
	return ERR_OK;
}

err_t
sealed_parse(struct span object, struct sealed *out)
{
	CLEANUP(free_cms) CMS_ContentInfo *cms = NULL;
	struct piv_secobj obj;
	struct piv_lds lds;
	struct span content;
	err_t e;

	if ((e = piv_secobj_parse(object, &obj)))
		return e;
	if ((e = open_cms(obj.cms, &cms, &content)) == ERR_OK &&
	    (e = piv_lds_parse(content, &lds)) == ERR_OK)
		keep(&obj, &lds, out);
	ERR_clear_error();
	return e;
}

bool
sealed_differs(const struct sealed *s, uint32_t object, struct span whole)
{
	uint16_t container = piv_container(object);
	const EVP_MD *md = md_of(s->hash);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	struct span data;

	for (size_t i = 0; i < s->n && container != 0; i++) {
		if (s->parts[i].container != container)
			continue;
		if (piv_container_data(whole, &data) != ERR_OK)
			return true;
		/* a hash that cannot be made says nothing of the card */
		return EVP_Digest(data.p, data.n, digest, &n, md, NULL) == 1 &&
		    memcmp(digest, s->parts[i].digest, n) != 0;
	}
	return false;
}
