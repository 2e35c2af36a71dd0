/* SPDX-License-Identifier: BSD-2-Clause */
/* What a child that a certificate has taken over says of it. */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "ident/cert.h"

void
fuzz_one(struct span in)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(CERT_FACTS_MAX);
	struct cert_facts f;
	struct why why = { 0 };
	err_t e;

	e = cert_answer_parse(in, &f, &why);
	FUZZ_PROMISE(text_ok(span_str(why.text)));
	FUZZ_PROMISE(e == ERR_OK || why.text[0] != '\0' || in.n == 2);
	if (cert_facts_parse(in, &f) != ERR_OK)
		return;
	FUZZ_PROMISE(memchr(f.cn, '\0', sizeof(f.cn)) != NULL);
	FUZZ_PROMISE(text_ok(span_str(f.cn)));
	FUZZ_PROMISE(f.spki_n > 0 && f.spki_n <= CERT_SPKI_MAX);
	FUZZ_PROMISE((f.eku & ~(unsigned int)EKU_ALL_) == 0);
	/* one form for each: nothing is in it that was not understood */
	cert_facts_build(&f, &b);
	FUZZ_PROMISE(span_eq(buf_span(&b), in));
}
