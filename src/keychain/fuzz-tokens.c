/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"
#include "fuzz.h"
#include "ipc/token-proto.h"
#include "keychain/link.h"

static void
look_at_item(const struct scs_item *it)
{
	FUZZ_PROMISE(text_ok(span_str(it->cert_label)));
	FUZZ_PROMISE(text_ok(span_str(it->key_label)));
	FUZZ_PROMISE(it->pkhh_len == 0 || it->pkhh_len == SCS_PKHH_SIZE);
	FUZZ_PROMISE((it->cert == NULL) == (it->cert_len == 0));
	FUZZ_PROMISE((it->spki == NULL) == (it->spki_len == 0));
	FUZZ_PROMISE(it->cert_len <= TOKEN_CERT_MAX);
	FUZZ_PROMISE(it->pin <= SCS_PIN_ALWAYS);
	/* every byte can be read */
	FUZZ_PROMISE(span_eq(span_from(it->cert, it->cert_len),
	    span_from(it->cert, it->cert_len)));
	FUZZ_PROMISE(span_eq(span_from(it->spki, it->spki_len),
	    span_from(it->spki, it->spki_len)));
}

static void
look_at_token(const struct scs_token *t)
{
	FUZZ_PROMISE(t->id[0] != '\0' && text_ok(span_str(t->id)));
	FUZZ_PROMISE(text_ok(span_str(t->reader)));
	FUZZ_PROMISE(text_ok(span_str(t->driver)));
	FUZZ_PROMISE(t->atr_len <= TOKEN_ATR_MAX);
	FUZZ_PROMISE(t->items_n <= TOKEN_ITEMS_MAX);
	for (size_t i = 0; i < t->items_n; i++)
		look_at_item(&t->items[i]);
	for (size_t i = 0; i < t->problems_n; i++)
		FUZZ_PROMISE(text_ok(span_str(t->problems[i])));
}

/* The body of an answer to TOK_LIST. */
void
fuzz_one(struct span in)
{
	CLEANUP(tokens_done) struct tokens t = { 0 };
	struct link_answer a = { 0 };
	struct why why = { 0 };
	err_t result;

	if (link_parse(in, &result, &a, &why) != ERR_OK)
		return;
	FUZZ_PROMISE(text_ok(span_str(why.text)));
	if (result != ERR_OK)
		return;
	if (tokens_parse(a.body, &t) != ERR_OK) {
		FUZZ_PROMISE(t.all == NULL && t.n == 0);
		return;
	}
	for (size_t i = 0; i < t.n; i++)
		look_at_token(&t.all[i]);
}
