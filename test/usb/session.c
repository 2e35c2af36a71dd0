/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of libscs for the test machine: one PIN session with the card in the
 * reader whose name has PART.
 *
 *	session PART PIN    logs in; then, for each line of input, signs with 9A
 *
 * Every line of output is written at once: "login: RESULT", "sign: RESULT".
 */
#include <scs/scs.h>
#include <stdio.h>
#include <string.h>

static void
say(const char *what, int result)
{
	(void)printf("%s: %s\n", what, scs_result_text(result));
	(void)fflush(stdout);
}

static int
find(struct scs *s, const char *part, uint64_t *insertion)
{
	const struct scs_token *tokens;
	size_t n;
	int r = scs_list(s, &tokens, &n);

	if (r != SCS_OK)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (strstr(tokens[i].reader, part) == NULL)
			continue;
		*insertion = tokens[i].insertion;
		return SCS_OK;
	}
	return SCS_ABSENT;
}

static int
sign(struct scs *s, uint64_t insertion)
{
	static const uint8_t digest[32] = { 0x30, 0x1e };
	const struct scs_key key = { insertion, SCS_SLOT_AUTH };
	uint8_t answer[SCS_RESULT_MAX];
	struct scs_answer out = { answer, sizeof(answer), 0 };

	return scs_sign(s, &key, SCS_ECDSA,
	    (struct scs_bytes){ digest, sizeof(digest) },
	    (struct scs_bytes){ NULL, 0 }, &out);
}

int
main(int argc, char **argv)
{
	struct scs *s = NULL;
	uint64_t insertion = 0;
	char line[16];
	int r;

	if (argc != 3)
		return fputs("usage: session PART PIN\n", stderr), 2;
	if ((r = scs_open(NULL, &s)) == SCS_OK &&
	    (r = find(s, argv[1], &insertion)) == SCS_OK)
		r = scs_login(s, insertion,
		    (struct scs_bytes){ argv[2], strlen(argv[2]) }, NULL);
	say("login", r);
	while (r == SCS_OK && fgets(line, sizeof(line), stdin) != NULL)
		say("sign", sign(s, insertion));
	scs_close(&s);
	return r != SCS_OK;
}
