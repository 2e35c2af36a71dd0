/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is paired with this key? An index of all records by key hash, kept in
 * memory, so that the question costs one look-up however many users there are.
 * It only finds candidates: who decides reads that user's record again.
 */
#ifndef SCS_DIRECTORY_INDEX_H
#define SCS_DIRECTORY_INDEX_H

#include "directory/record.h"

#define INDEX_RECORDS_MAX 200000

struct hash_index; /* opaque */

/* An empty index of the records below `prefix`; reads nothing yet. */
MUST_CHECK err_t index_new(const char *prefix, struct hash_index **out);
void index_free(struct hash_index **ix); /* CLEANUP(index_free) */

/*
 * Look at every file's status, read those that are new or changed. A record
 * that cannot be read pairs nobody; index_problem() says why. An error leaves
 * the index as it was: ERR_DENIED, the folder is not root's alone; ERR_IO;
 * ERR_NOMEM; ERR_LIMIT, too many records.
 */
MUST_CHECK err_t index_refresh(struct hash_index *ix, struct why *why);

/* index_refresh() if files came, went or were replaced since the last: one
 * stat(2) of the folder tells. (A file rewritten in place is not seen.) */
MUST_CHECK err_t index_fresh(struct hash_index *ix, struct why *why);

/*
 * The names of the users paired with this key, in alphabetical order.
 * ERR_LIMIT: more than `max`; *n is max then.
 */
MUST_CHECK err_t index_find(const struct hash_index *ix, const struct pkhh *h,
    char (*names)[RECORD_NAME_MAX], size_t max, size_t *n);

/* What is wrong with a record, of the last refresh; "" if nothing. */
const char *index_problem(const struct hash_index *ix);

/* How many record files were read since index_new(). */
size_t index_reads(const struct hash_index *ix);

#endif
