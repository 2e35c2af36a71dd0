/* SPDX-License-Identifier: BSD-2-Clause */
#include "scsd/drivers.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "prefs/watch.h"
#include "scsd/scsd.h"

/* ---- what there is */

static void
bad_readers(const char *path, const struct why *why)
{
	log_err("readers in %s: %s: left out", path, why->text);
}

static err_t
readers_folder(const struct scsd *d, char out[SCS_PATH_MAX])
{
	return d->opt.reader_conf == NULL
	    ? path_under(d->opt.prefix, PATH_READER_CONF, out)
	    : path_under("", d->opt.reader_conf, out);
}

/* Readers that no bus announces; the files are root's own. */
static err_t
load_readers(const struct scsd *d, struct reader_list *out)
{
	char dir[SCS_PATH_MAX];
	size_t room = READERS_MAX - d->opt.virtual_n;
	err_t e;

	memset(out, 0, sizeof(*out)); /* a literal would be on the stack */
	if ((e = readers_folder(d, dir)))
		return e;
	if ((e = reader_conf_load(dir, out, bad_readers))) {
		log_err("readers in %s: %s", dir, err_text(e));
		return e;
	}
	if (out->n > room) {
		out->left_out += out->n - room;
		out->n = room;
	}
	if (out->left_out > 0)
		log_err("%s: more than %d readers: the last %zu are left out",
		    dir, READERS_MAX, out->left_out);
	return ERR_OK;
}

err_t
drivers_load(struct scsd *d)
{
	static struct reader_list readers;
	static struct bundles bundles;
	err_t e;

	if ((e = load_readers(d, &readers)) ||
	    (e = bundles_load(d->opt.prefix, d->separate, &bundles)))
		return e;
	d->readers = readers;
	d->bundles = bundles;
	return ERR_OK;
}

unsigned int
drivers_count(const struct scsd *d)
{
	return d->opt.virtual_n + (unsigned int)d->readers.n;
}

const struct reader_conf *
drivers_reader(const struct scsd *d, unsigned int index)
{
	const struct reader_conf *r;

	if (index >= d->readers.n)
		return NULL;
	r = &d->readers.readers[index];
	return r->library[0] != '\0' ? r : NULL;
}

/* ---- what has changed */

static bool
same(const struct reader_conf *a, const struct reader_conf *b)
{
	return strcmp(a->name, b->name) == 0 &&
	    strcmp(a->library, b->library) == 0 &&
	    strcmp(a->device, b->device) == 0 && a->channel == b->channel;
}

/* The first one like `r` that is not `taken`, or the number of all. */
static size_t
find(const struct reader_list *list, const bool *taken,
    const struct reader_conf *r)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (!taken[i] && same(&list->readers[i], r))
			break;
	}
	return i;
}

/* One to one, also where the same stands twice: so all of `fresh` has room. */
void
drivers_merge(struct reader_list *list, const struct reader_list *fresh,
    void (*fn)(size_t number, bool present, void *ctx), void *ctx)
{
	bool taken[READER_CONF_MAX] = { false };
	size_t hole = 0, at;

	for (size_t i = 0; i < list->n; i++) {
		struct reader_conf *r = &list->readers[i];

		if (r->library[0] == '\0')
			continue;
		if ((at = find(fresh, taken, r)) < fresh->n) {
			taken[at] = true;
			continue;
		}
		*r = (struct reader_conf){ 0 };
		fn(i, false, ctx);
	}
	for (size_t i = 0; i < fresh->n; i++) {
		if (taken[i])
			continue;
		while (hole < list->n && list->readers[hole].library[0] != '\0')
			hole++;
		list->readers[hole] = fresh->readers[i];
		list->n += hole == list->n ? 1 : 0;
		fn(hole, true, ctx);
	}
}

static void
tell(struct scsd *d, const struct control *c)
{
	struct service *s = &d->services[SVC_READERD];

	if (s->control >= 0 && control_send(s->control, c, -1) != ERR_OK)
		log_warning("%s does not hear of its drivers", s->name);
}

static void
reader_changed(size_t number, bool present, void *ctx)
{
	struct scsd *d = ctx;
	uint32_t index = d->opt.virtual_n + (uint32_t)number;

	log_notice("reader driver %lu %s", (unsigned long)index,
	    present ? "is in reader.conf now" : "has left reader.conf");
	tell(d,
	    &(struct control){ .type = CONTROL_READER,
		.index = index,
		.device = present ? 1 : 0 });
}

/* All of them: of what is in a bundle we know nothing. */
static void
tell_bundles(struct scsd *d)
{
	for (size_t i = 0; i < d->bundles.n; i++) {
		struct control c = { .type = CONTROL_BUNDLE,
			.index = (uint32_t)i };

		memcpy(c.path, d->bundles.dir[i], sizeof(c.path));
		tell(d, &c);
	}
}

void
drivers_reload(struct scsd *d)
{
	static struct reader_list readers;
	static struct bundles bundles;

	/* before we look: what comes after it is told again */
	drivers_watch(d);
	if (bundles_load(d->opt.prefix, d->separate, &bundles) == ERR_OK) {
		bundles_merge(&d->bundles, &bundles);
		tell_bundles(d);
	}
	if (load_readers(d, &readers) == ERR_OK)
		drivers_merge(&d->readers, &readers, reader_changed, d);
}

/* ---- when to look */

static void
on_change(void *ctx)
{
	drivers_reload(ctx);
}

/* The three folders, and in each bundle the one with its Info.plist. */
struct folders {
	char path[3 + BUNDLES_MAX][SCS_PATH_MAX];
	const char *list[3 + BUNDLES_MAX];
	size_t n;
};

static err_t
find_folders(const struct scsd *d, struct folders *f)
{
	static struct bundles all; /* those that are not root's too */
	err_t e;

	if ((e = path_under(d->opt.prefix, PATH_DRIVERS, f->path[0])) ||
	    (e = path_under(d->opt.prefix, PATH_PCSC_DRIVERS, f->path[1])) ||
	    (e = readers_folder(d, f->path[2])) ||
	    (e = bundles_load(d->opt.prefix, false, &all)))
		return e;
	for (size_t i = 0; i < all.n; i++)
		(void)snprintf(f->path[3 + i], sizeof(f->path[3 + i]),
		    "%s/Contents", all.dir[i]);
	f->n = 3 + all.n;
	for (size_t i = 0; i < f->n; i++)
		f->list[i] = f->path[i];
	return ERR_OK;
}

void
drivers_watch(struct scsd *d)
{
	static struct folders f;

	watch_free(&d->watch);
	if (find_folders(d, &f) != ERR_OK ||
	    watch_new(d->ev, f.list, f.n, on_change, d, &d->watch) != ERR_OK)
		log_warning("new reader drivers are not noticed: send SIGHUP");
}
