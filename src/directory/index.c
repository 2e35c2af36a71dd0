/* SPDX-License-Identifier: BSD-2-Clause */
#include "directory/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/path.h"

/* A change within one tick of the clock of file times may not show. */
#define TICK_NS 50000000

/* What tells one version of a file from another. */
struct version {
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct entry {
	char *name; /* owned; the user's */
	struct version version;
	struct pkhh *pairings; /* owned */
	size_t n;
};

struct key {
	struct pkhh hash;
	const char *name; /* borrowed from the entry */
};

struct table {
	struct entry *entries; /* sorted by name */
	size_t n, cap;
	struct key *keys; /* sorted by hash, then name */
	size_t keys_n;
};

struct hash_index {
	char prefix[SCS_PATH_MAX];
	char folder[SCS_PATH_MAX];
	struct table t;
	struct version seen; /* of the folder */
	bool settled; /* `seen` is old enough to be trusted */
	struct why problem;
	size_t reads;
};

static struct version
version_of(const struct stat *st)
{
	return (struct version){ .ino = st->st_ino,
		.size = st->st_size,
		.mtime = st->st_mtim,
		.ctime = st->st_ctim };
}

static bool
time_eq(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
version_eq(const struct version *a, const struct version *b)
{
	return a->ino == b->ino && a->size == b->size &&
	    time_eq(a->mtime, b->mtime) && time_eq(a->ctime, b->ctime);
}

/* Older than a tick: a later change will carry another time. */
static bool
is_settled(const struct version *v)
{
	struct timespec now;
	int64_t age;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	age = (int64_t)(now.tv_sec - v->ctime.tv_sec) * 1000000000 +
	    (now.tv_nsec - v->ctime.tv_nsec);
	return age > TICK_NS;
}

static void
table_done(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->entries[i].name);
		free(t->entries[i].pairings);
	}
	free(t->entries);
	free(t->keys);
	*t = (struct table){ 0 };
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_hash(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int d = memcmp(x->hash.b, y->hash.b, PKHH_SIZE);

	return d != 0 ? d : strcmp(x->name, y->name);
}

/* Room for one more; its memory is zeroed. */
static err_t
table_grow(struct table *t, struct entry **out)
{
	struct entry *more;
	size_t cap = t->cap == 0 ? 64 : 2 * t->cap;

	if (t->n == INDEX_RECORDS_MAX)
		return ERR_LIMIT;
	if (t->n == t->cap) {
		/* no overflow: INDEX_RECORDS_MAX bounds it */
		more = realloc(t->entries, cap * sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		t->entries = more;
		t->cap = cap;
	}
	t->entries[t->n] = (struct entry){ 0 };
	*out = &t->entries[t->n];
	return ERR_OK;
}

static err_t
copy_pairings(struct entry *x, const struct pkhh *from, size_t n)
{
	if (n == 0)
		return ERR_OK;
	if ((x->pairings = calloc(n, sizeof(*from))) == NULL)
		return ERR_NOMEM;
	memcpy(x->pairings, from, n * sizeof(*from));
	x->n = n;
	return ERR_OK;
}

static err_t
fill(struct hash_index *ix, struct entry *x)
{
	struct pkhh found[RECORD_PAIRINGS_MAX];
	struct entry *old;
	struct why why = { 0 };
	char path[SCS_PATH_MAX];
	size_t n = 0;
	err_t e;

	old = ix->t.n == 0
	    ? NULL
	    : bsearch(x, ix->t.entries, ix->t.n, sizeof(*x), by_name);
	if (old != NULL && version_eq(&old->version, &x->version) &&
	    is_settled(&x->version))
		return copy_pairings(x, old->pairings, old->n);
	ix->reads++;
	if (record_path(ix->prefix, x->name, path) != ERR_OK)
		return ERR_OK;
	if ((e = record_file_pairings(path, found, &n, &why)) == ERR_NOMEM)
		return e; /* it may be a good one: look again later */
	if (e != ERR_OK) {
		ix->problem = why; /* this record pairs nobody */
		return ERR_OK;
	}
	return copy_pairings(x, found, n);
}

/* "NAME.plist" to "NAME". */
static bool
user_of(const char *file, char out[RECORD_NAME_MAX])
{
	const char *end = strrchr(file, '.');

	if (end == NULL || strcmp(end, ".plist") != 0 ||
	    (size_t)(end - file) >= RECORD_NAME_MAX)
		return false;
	memcpy(out, file, (size_t)(end - file));
	out[end - file] = '\0';
	return record_name_ok(out);
}

static err_t
add_file(struct hash_index *ix, int dir, const char *file, struct table *t)
{
	char name[RECORD_NAME_MAX];
	struct entry *x;
	struct stat st;
	err_t e;

	if (!user_of(file, name) ||
	    fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return ERR_OK; /* not a record, or gone already */
	if ((e = table_grow(t, &x)))
		return e;
	if ((x->name = strdup(name)) == NULL)
		return ERR_NOMEM;
	t->n++;
	x->version = version_of(&st);
	return fill(ix, x);
}

static err_t
scan(struct hash_index *ix, DIR *d, struct table *t)
{
	struct dirent *f;
	err_t e;

	while (errno = 0, (f = readdir(d)) != NULL) {
		if ((e = add_file(ix, dirfd(d), f->d_name, t)))
			return e;
	}
	return errno == 0 ? ERR_OK : ERR_IO;
}

static err_t
sort(struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->entries[i].n;
	if (n > 0 && (t->keys = calloc(n, sizeof(*t->keys))) == NULL)
		return ERR_NOMEM;
	if (t->n > 0)
		qsort(t->entries, t->n, sizeof(*t->entries), by_name);
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->entries[i].n; k++)
			t->keys[t->keys_n++] =
			    (struct key){ .hash = t->entries[i].pairings[k],
				    .name = t->entries[i].name };
	}
	if (n > 0)
		qsort(t->keys, n, sizeof(*t->keys), by_hash);
	return ERR_OK;
}

static err_t
build(struct hash_index *ix, struct table *t, struct version *seen,
    struct why *why)
{
	struct stat st;
	DIR *d;
	err_t e;

	if ((e = record_folder_trusted(ix->prefix, why)))
		return e;
	if ((d = opendir(ix->folder)) == NULL) {
		*seen = (struct version){ 0 };
		if (errno == ENOENT)
			return ERR_OK;
		return why_add(
		    why, ERR_IO, "%s: %s", ix->folder, strerror(errno));
	}
	/* before the scan: what changes meanwhile shows the next time */
	e = fstat(dirfd(d), &st) == 0 ? ERR_OK : ERR_IO;
	if (e == ERR_OK) {
		*seen = version_of(&st);
		e = scan(ix, d, t);
	}
	(void)closedir(d);
	return e != ERR_OK ? e : sort(t);
}

err_t
index_refresh(struct hash_index *ix, struct why *why)
{
	struct table t = { 0 };
	struct version seen;
	err_t e;

	ix->problem = (struct why){ 0 };
	if ((e = build(ix, &t, &seen, why)) != ERR_OK) {
		table_done(&t);
		ix->settled = false;
		return e;
	}
	table_done(&ix->t);
	ix->t = t;
	ix->seen = seen;
	ix->settled = is_settled(&seen);
	return ERR_OK;
}

err_t
index_fresh(struct hash_index *ix, struct why *why)
{
	struct version now = { 0 };
	struct stat st;

	if (stat(ix->folder, &st) == 0)
		now = version_of(&st);
	if (ix->settled && version_eq(&now, &ix->seen))
		return ERR_OK;
	return index_refresh(ix, why);
}

/* The first key that is not before `h`. */
static size_t
lower_bound(const struct table *t, const struct pkhh *h)
{
	size_t lo = 0, hi = t->keys_n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (memcmp(t->keys[mid].hash.b, h->b, PKHH_SIZE) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

err_t
index_find(const struct hash_index *ix, const struct pkhh *h,
    char (*names)[RECORD_NAME_MAX], size_t max, size_t *n)
{
	const struct table *t = &ix->t;
	const char *last = NULL;
	size_t found = 0;

	*n = 0;
	for (size_t i = lower_bound(t, h);
	     i < t->keys_n && pkhh_eq(&t->keys[i].hash, h); i++) {
		/* the same key may stand twice in one record */
		if (last != NULL && strcmp(last, t->keys[i].name) == 0)
			continue;
		if (found == max)
			return ERR_LIMIT;
		last = t->keys[i].name;
		(void)snprintf(names[found++], RECORD_NAME_MAX, "%s", last);
		*n = found;
	}
	return ERR_OK;
}

err_t
index_new(const char *prefix, struct hash_index **out)
{
	CLEANUP(index_free) struct hash_index *ix = calloc(1, sizeof(*ix));
	err_t e;

	if (ix == NULL)
		return ERR_NOMEM;
	if ((e = path_under(prefix, "", ix->prefix)) ||
	    (e = path_under(prefix, PATH_USERS_DIR, ix->folder)))
		return e;
	*out = TAKE(ix);
	return ERR_OK;
}

void
index_free(struct hash_index **ix)
{
	if (ix == NULL || *ix == NULL)
		return;
	table_done(&(*ix)->t);
	free(*ix);
	*ix = NULL;
}

const char *
index_problem(const struct hash_index *ix)
{
	return ix->problem.text;
}

size_t
index_reads(const struct hash_index *ix)
{
	return ix->reads;
}
