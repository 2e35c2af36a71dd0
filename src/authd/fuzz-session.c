/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of a caller against a whole session: the first byte says how the card
 * behaves, the rest are the bytes the caller sends. The token service and the
 * certificate child are replaced at link time by the functions below.
 *
 * Promises: accepted only after the right PIN; no PIN beyond what the counter
 * allows; the last try only after a yes; none to a card that has a copy.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authd/cards.h"
#include "authd/claim.h"
#include "authd/session.h"
#include "base/fd.h"
#include "base/log.h"
#include "fuzz.h"

static struct {
	uint8_t how, tries;
	unsigned int presented;
	bool right; /* the right PIN was presented */
} card;

struct token_client {
	int unused;
};

static struct token_client client;

err_t
token_open(const char *path UNUSED, uid_t uid UNUSED, struct token_client **out,
    struct why *why UNUSED)
{
	*out = &client;
	return (card.how & 0x80) != 0 ? ERR_SERVICE : ERR_OK;
}

void
token_close(struct token_client **c)
{
	*c = NULL;
}

static void
show_token(struct scs_token *t, uint64_t insertion)
{
	static const uint8_t cert[] = "certificate";
	struct scs_item *item = calloc(1, sizeof(*item));

	FUZZ_PROMISE(item != NULL);
	*item = (struct scs_item){ .slot = 0x9a,
		.cert_label = "label",
		.pkhh_len = SPKI_HASH_SIZE, /* zeros, as spki_hash() below */
		.flags = SCS_ITEM_KEY | SCS_ITEM_LOGIN,
		.cert = cert,
		.cert_len = sizeof(cert) };
	*t = (struct scs_token){ .insertion = insertion,
		.id = "id",
		.reader = "reader",
		.driver = "driver",
		.login = (card.how & 0x40) == 0,
		.pin_min = 6,
		.pin_max = 8,
		.items = item,
		.items_n = 1 };
}

err_t
token_list(
    struct token_client *c UNUSED, struct tokens *out, struct why *why UNUSED)
{
	size_t n = (card.how & 0x04) != 0 ? 2 : 1;
	struct scs_token *t = calloc(n, sizeof(*t));

	FUZZ_PROMISE(t != NULL);
	for (size_t i = 0; i < n; i++)
		show_token(&t[i], i + 1);
	*out = (struct tokens){ .all = t, .n = n };
	return ERR_OK;
}

err_t
token_settled(struct token_client *c UNUSED, char reader[TOKEN_READER_MAX],
    struct why *why UNUSED)
{
	(void)snprintf(reader, TOKEN_READER_MAX, "%s",
	    (card.how & 0x02) != 0 ? "Slow Reader 00" : "");
	return ERR_OK;
}

err_t
token_tries(struct token_client *c UNUSED, uint64_t insertion UNUSED,
    uint8_t *tries, struct why *why UNUSED)
{
	*tries = card.tries;
	return ERR_OK;
}

err_t
token_verify_sign(struct token_client *c UNUSED, const struct token_sign *what,
    struct token_signed *out, struct why *why UNUSED)
{
	FUZZ_PROMISE((card.how & 0x04) == 0);
	FUZZ_PROMISE(card.tries > 0);
	FUZZ_PROMISE(card.tries > 1 || what->last_try_ok);
	FUZZ_PROMISE(secret_len(what->pin) >= 6 && secret_len(what->pin) <= 8);
	card.presented++;
	out->apdus = 2;
	if (span_eq(secret_span(what->pin), span_str("123456"))) {
		card.right = true;
		buf_put(&out->sig, span_str("signature"));
		return ERR_OK;
	}
	out->tries = --card.tries;
	return card.tries == 0 ? ERR_PIN_BLOCKED : ERR_PIN_WRONG;
}

err_t
token_probe(struct token_client *c UNUSED, uint64_t insertion UNUSED,
    uint8_t slot UNUSED, bool *signs, struct why *why UNUSED)
{
	*signs = (card.how & 0x20) != 0;
	return ERR_OK;
}

/* A key that needs no arithmetic: the proof has its own tests. */
err_t
cert_examine(struct span der UNUSED, uint64_t deadline UNUSED,
    struct cert_facts *out, struct why *why UNUSED)
{
	*out = (struct cert_facts){ .cn = "Jane Example", .spki_n = 1 };
	return ERR_OK;
}

err_t
spki_hash(struct span spki UNUSED, uint8_t out[SPKI_HASH_SIZE])
{
	memset(out, 0, SPKI_HASH_SIZE);
	return ERR_OK;
}

err_t
key_load(struct span spki UNUSED, struct key *out, struct why *why UNUSED)
{
	*out = (struct key){ .kind = KEY_P256 };
	return ERR_OK;
}

void
key_done(struct key *k UNUSED)
{
}

err_t
proof_make(const struct proof_for *f UNUSED, const struct key *key UNUSED,
    struct proof *out)
{
	*out = (struct proof){ .data_n = 32 };
	return ERR_OK;
}

err_t
proof_check(
    const struct proof *p UNUSED, const struct key *key UNUSED, struct span sig)
{
	return sig.n > 0 ? ERR_OK : ERR_DENIED;
}

/* Everybody who exists is paired with that key. */
err_t
record_read(const char *prefix UNUSED, const char *name, struct record *out,
    struct why *why UNUSED)
{
	if (!record_name_ok(name) || name[0] == 'x')
		return ERR_ABSENT;
	*out = (struct record){ .pairings_n = 1, .uid = 1000 };
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
	return ERR_OK;
}

err_t
record_uid_of(const char *name UNUSED, uid_t *out)
{
	*out = 1000;
	return ERR_OK;
}

err_t
record_name_of(uid_t uid UNUSED, char out[RECORD_NAME_MAX])
{
	(void)snprintf(out, RECORD_NAME_MAX, "self");
	return ERR_OK;
}

err_t
map_users(const struct map_source *from UNUSED, const struct pkhh *keys UNUSED,
    size_t n UNUSED, struct map_match out[MAP_USERS_MAX], size_t *found,
    struct why *why UNUSED)
{
	*found = 1 + card.how % 3;
	for (size_t i = 0; i < *found; i++)
		out[i] = (struct map_match){ .user = "user" };
	return ERR_OK;
}

err_t
claim_ask(int fd UNUSED, const char *who)
{
	FUZZ_PROMISE(who[0] != '\0');
	return (card.how & 0x08) != 0 ? ERR_LIMIT : ERR_OK;
}

static struct authd *
authd(void)
{
	static struct authd d = { .prefix = "/nonexistent", .token_path = "" };

	if (d.prefs == NULL) {
		FUZZ_PROMISE(prefs_open(d.prefix, &d.prefs) == ERR_OK);
		log_init("fuzz", open("/dev/null", O_WRONLY | O_CLOEXEC),
		    LOG_LV_ERR);
	}
	return &d;
}

void
fuzz_one(struct span in)
{
	struct session s = { .d = authd(),
		.peer = { .uid = 1000 },
		.place = { .active = true } };
	uint8_t how;
	enum verdict v;
	int pair[2];

	if (span_u8(&in, &how) != ERR_OK || in.n > 60000)
		return;
	memset(&card, 0, sizeof(card));
	card.how = how;
	card.tries = how & 3;
	s.privileged = (how & 0x10) != 0;
	FUZZ_PROMISE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	FUZZ_PROMISE(in.n == 0 || write(pair[1], in.p, in.n) == (ssize_t)in.n);
	FUZZ_PROMISE(shutdown(pair[1], SHUT_WR) == 0);
	s.fd = pair[0];
	v = session_run(&s);
	FUZZ_PROMISE(v < VERDICT_COUNT_);
	FUZZ_PROMISE(card.presented <= AUTH_TRIES);
	if (v == VERDICT_OK && card.presented > 0)
		FUZZ_PROMISE(card.right);
	(void)close(pair[0]);
	(void)close(pair[1]);
}
