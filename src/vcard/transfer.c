/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-vcard import, export and put: what is already there onto a card, also
 * where it does not belong (a forger's card), and a certificate off it.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "codec/tlv.h"
#include "vcard/command.h"

#define INPUT_MAX 32768

static bool
is_pem(struct span in)
{
	struct span begin = span_str("-----BEGIN ");

	return span_eq(span_first(in, begin.n), begin);
}

/*
 * PEM to DER. What is not PEM is taken as it is, well-formed or not; but PEM of
 * another kind is a mistake, and of a private key a bad one: everybody can read
 * a certificate.
 */
static err_t
cert_der(struct span in, struct buf *out)
{
	BIO *bio = BIO_new_mem_buf(in.p, (int)in.n);
	unsigned char *der = NULL;
	X509 *x = NULL;
	int n = 0;

	if (bio != NULL)
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (x != NULL)
		n = i2d_X509(x, &der);
	if (n > 0)
		buf_put(out, span_from(der, (size_t)n));
	else if (!is_pem(in))
		buf_put(out, in);
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
	if (n <= 0 && is_pem(in))
		return ERR_FORMAT;
	return buf_status(out);
}

static err_t
import_cert(struct vcard *c, uint8_t slot, const char *path, bool gzip)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(INPUT_MAX);
	CLEANUP(buf_done) struct buf der = BUF_INIT(INPUT_MAX);
	err_t e;

	if ((e = file_read(path, &in)) || (e = cert_der(buf_span(&in), &der)))
		return e;
	return vcard_import_cert(c, slot, buf_span(&der), gzip);
}

static err_t
import_key(struct vcard *c, uint8_t slot, const char *path)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(INPUT_MAX);
	err_t e;

	if ((e = file_read(path, &in)))
		return e;
	return vcard_import_key(c, slot, buf_span(&in));
}

int
import_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "gzip", no_argument, NULL, 'z' },
		{ NULL, 0, NULL, 0 },
	};
	CLEANUP(vcard_free) struct vcard *c = NULL;
	struct why why = { 0 };
	const char *cert = NULL, *key = NULL;
	bool gzip = false;
	uint8_t slot;
	err_t e;
	int id;

	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (id == '?')
			return command_usage("import: wrong option");
		if (id == 'c')
			cert = optarg;
		else if (id == 'k')
			key = optarg;
		else
			gzip = true;
	}
	if (argc - optind != 2 || word_slot(argv[optind + 1], &slot) != ERR_OK)
		return command_usage("import: FILE and SLOT are wanted");
	if (cert == NULL && key == NULL)
		return command_usage("import: --cert or --key is wanted");
	if ((e = vcard_open(argv[optind], &c, &why)))
		return command_failed(argv[optind], e, &why);
	if (key != NULL && (e = import_key(c, slot, key)))
		return command_failed(key, e, NULL);
	if (cert != NULL && (e = import_cert(c, slot, cert, gzip)))
		return command_failed(cert, e, NULL);
	return EXIT_OK;
}

static err_t
cert_of(const struct vcard *c, uint8_t slot, struct buf *out)
{
	struct span object, der;
	err_t e;

	if ((e = vcard_get_object(c, vcard_cert_tag(slot), &object)) ||
	    (e = tlv_find(object, 0x70, &der)))
		return e;
	buf_put(out, der);
	return buf_status(out);
}

int
export_main(int argc, char **argv)
{
	bool public = argc == 4 && strcmp(argv[3], "--public") == 0;
	CLEANUP(buf_done) struct buf out = BUF_INIT(INPUT_MAX);
	CLEANUP(vcard_free) struct vcard *c = NULL;
	struct why why = { 0 };
	uint8_t slot;
	err_t e;

	if ((argc != 3 && !public) || word_slot(argv[2], &slot) != ERR_OK)
		return command_usage("export: FILE and SLOT are wanted");
	if ((e = vcard_open(argv[1], &c, &why)))
		return command_failed(argv[1], e, &why);
	e = public ? vcard_public_key(c, slot, &out) : cert_of(c, slot, &out);
	if (e != ERR_OK)
		return command_failed(
		    argv[2], e, &(struct why){ "there is none in that slot" });
	if ((e = fd_write_all(STDOUT_FILENO, buf_span(&out), DEADLINE_NONE)))
		return command_failed("standard output", e, NULL);
	return EXIT_OK;
}

int
put_main(int argc, char **argv)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(INPUT_MAX);
	CLEANUP(vcard_free) struct vcard *c = NULL;
	struct why why = { 0 };
	long tag;
	err_t e;

	if (argc != 4 || word_number(argv[2], 16, 1, 0xffffff, &tag) != ERR_OK)
		return command_usage("put: FILE, TAG and PATH are wanted");
	if ((e = vcard_open(argv[1], &c, &why)))
		return command_failed(argv[1], e, &why);
	if ((e = file_read(argv[3], &in)))
		return command_failed(argv[3], e, NULL);
	if ((e = vcard_put_object(c, (uint32_t)tag, buf_span(&in))))
		return command_failed(argv[2], e, NULL);
	return EXIT_OK;
}
