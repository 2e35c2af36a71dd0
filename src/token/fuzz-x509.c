/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "token/x509.h"

void
fuzz_one(struct span in)
{
	CLEANUP(token_free) struct token *t = NULL;
	char name[TOKEN_LABEL_MAX] = "";
	struct token_item *item;

	if (token_new(&t) != ERR_OK || token_add_item(t, &item) != ERR_OK)
		return;
	buf_put(&item->cert, in);
	if (buf_status(&item->cert) != ERR_OK)
		return;
	if (x509_describe(item, name, sizeof(name), NULL) == ERR_OK)
		FUZZ_PROMISE(item->spki.n > 0 && item->alg != 0);
	FUZZ_PROMISE(text_ok(span_str(name)));
}
