/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How soon a card is read after it went in. A worker is a process: a card with
 * a bad contact, or a reader that lies, must not cost one for each time it
 * flickers. The first few insertions are free; with more of them in a few
 * seconds the card has to stay in for a while, at most PACE_MAX_MS, before it
 * is read. Each reader has a pace of its own.
 */
#ifndef SCS_TOKEND_PACE_H
#define SCS_TOKEND_PACE_H

#include "ipc/token-proto.h"

#include "base/def.h"

#define PACE_READERS 64 /* remembered; the one not heard of longest goes */
#define PACE_FREE 5 /* insertions in a row */
#define PACE_CALM_MS 1000 /* one is forgotten in this time */
#define PACE_FIRST_MS 250 /* the first wait; doubled by each insertion */
#define PACE_MAX_MS 5000

struct pace {
	char reader[TOKEN_READER_MAX]; /* empty: not used */
	unsigned int level; /* insertions that are not forgotten */
	uint64_t since_ms; /* up to when they are */
	uint64_t heard_ms; /* of the last insertion */
};

struct paces {
	struct pace all[PACE_READERS];
};

/* A card went in: how long to wait before it is read, in milliseconds. */
uint64_t pace_insertion(struct paces *p, const char *reader, uint64_t now_ms);

#endif
