/* SPDX-License-Identifier: BSD-2-Clause */
/* scs-vcard: make a virtual PIV card and put it into a reader. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/hex.h"
#include "vcard/command.h"

static const char help[] =
    "usage: scs-vcard create FILE [options]\n"
    "       scs-vcard personalize FILE --authority CERT,KEY [options]\n"
    "       scs-vcard import FILE SLOT [--cert PATH] [--key PATH] [--gzip]\n"
    "       scs-vcard export FILE SLOT [--public]\n"
    "       scs-vcard put FILE TAG PATH\n"
    "       scs-vcard run FILE --connect unix:PATH|tcp:HOST:PORT [options]\n"
    "       scs-vcard tell SOCKET COMMAND\n"
    "       scs-vcard --help | --version\n"
    "\n"
    "create       a new card: --pin, --puk, --management-key HEX,\n"
    "             --management-alg 3des|aes128|aes192|aes256, --guid HEX,\n"
    "             --fascn HEX, --expiry YYYYMMDD, --serial N,\n"
    "             --pin-tries N, --puk-tries N, --extended, --t0,\n"
    "             --yubico, --global-pin PIN, --no-clear, --foreign-clears,\n"
    "             --foreign-deselects, --no-pin\n"
    "personalize  generate keys and certify them: --slot SLOT[:ALG] (several;\n"
    "             rsa2048 rsa3072 rsa4096 p256 p384), --subject NAME,\n"
    "             --mail ADDRESS, --upn NAME, --from-days N, --to-days N,\n"
    "             --ocsp URI, --crl URI, --issuers URI, --gzip,\n"
    "             --profile SLOT\n"
    "import       a certificate or a private key that is already there\n"
    "export       the certificate or the public key of a slot (DER)\n"
    "put          any bytes as the value of a data object (TAG in hex)\n"
    "run          be in the reader: --control PATH, --misbehave RULE,\n"
    "             --once (end when the reader closes), --out (begin outside)\n"
    "tell         a command to a card that runs: insert, remove, status,\n"
    "             counts, clear, trace, misbehave RULE, quit\n"
    "\n"
    "A card file holds its PINs and keys in the clear: it is for tests.\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

int
command_usage(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("scs-vcard: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputs("; see scs-vcard --help\n", stderr);
	return EXIT_USAGE;
}

int
command_failed(const char *what, err_t e, const struct why *why)
{
	(void)fprintf(stderr, "scs-vcard: %s: %s\n", what, why_text(why, e));
	return EXIT_FAILED;
}

err_t
word_number(const char *text, int base, long min, long max, long *out)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, base);
	if (errno != 0 || end == text || *end != '\0' || v < min || v > max)
		return ERR_FORMAT;
	*out = v;
	return ERR_OK;
}

err_t
word_slot(const char *text, uint8_t *out)
{
	long v;
	err_t e;

	if ((e = word_number(text, 16, 0, 0xff, &v)))
		return e;
	if (vcard_cert_tag((uint8_t)v) == 0)
		return ERR_FORMAT;
	*out = (uint8_t)v;
	return ERR_OK;
}

err_t
word_alg(const char *text, enum vcard_alg *out)
{
	static const struct {
		const char *name;
		enum vcard_alg alg;
	} algs[] = {
		{ "rsa2048", VCARD_RSA2048 },
		{ "rsa3072", VCARD_RSA3072 },
		{ "rsa4096", VCARD_RSA4096 },
		{ "p256", VCARD_P256 },
		{ "p384", VCARD_P384 },
		{ "3des", VCARD_3DES },
		{ "aes128", VCARD_AES128 },
		{ "aes192", VCARD_AES192 },
		{ "aes256", VCARD_AES256 },
	};

	for (size_t i = 0; i < nitems(algs); i++)
		if (strcmp(algs[i].name, text) == 0) {
			*out = algs[i].alg;
			return ERR_OK;
		}
	return ERR_FORMAT;
}

err_t
word_hex(const char *text, struct buf *out)
{
	buf_reset(out);
	return hex_decode(span_str(text), out);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		command_main *run;
	} commands[] = {
		{ "create", create_main },
		{ "personalize", personalize_main },
		{ "import", import_main },
		{ "export", export_main },
		{ "put", put_main },
		{ "run", run_main },
		{ "tell", tell_main },
	};

	if (argc < 2)
		return command_usage("no command");
	if (strcmp(argv[1], "--help") == 0) {
		(void)fputs(help, stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("scs-vcard " SCS_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < nitems(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return command_usage("no command \"%s\"", argv[1]);
}
