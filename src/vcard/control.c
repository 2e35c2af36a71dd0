/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcard/control.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct buf *out, const char *fmt, ...) PRINTF(2, 3);

static void
say(struct buf *out, const char *fmt, ...)
{
	char line[WHY_MAX + 64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	buf_put(out, span_str(line));
	buf_put_u8(out, '\n');
}

static err_t
on_insert(struct hand *h, const char *arg UNUSED, struct buf *out UNUSED,
    struct why *why UNUSED)
{
	h->want_in = true;
	return ERR_OK;
}

static err_t
on_remove(struct hand *h, const char *arg UNUSED, struct buf *out UNUSED,
    struct why *why UNUSED)
{
	h->want_in = false;
	return ERR_OK;
}

static err_t
on_status(struct hand *h, const char *arg UNUSED, struct buf *out,
    struct why *why UNUSED)
{
	say(out, "%s", h->is_in ? "in" : "out");
	say(out, "pin-tries %u", vcard_tries(h->card, 0x80));
	say(out, "puk-tries %u", vcard_tries(h->card, 0x81));
	return ERR_OK;
}

static err_t
on_counts(struct hand *h, const char *arg UNUSED, struct buf *out,
    struct why *why UNUSED)
{
	const struct vcard_counts *n = vcard_counts(h->card);

	say(out, "total %u", n->total);
	say(out, "bytes-in %llu", (unsigned long long)n->bytes_in);
	say(out, "bytes-out %llu", (unsigned long long)n->bytes_out);
	for (unsigned int i = 0; i < nitems(n->by_ins); i++)
		if (n->by_ins[i] > 0)
			say(out, "%02X %u", i, n->by_ins[i]);
	return ERR_OK;
}

static err_t
on_clear(struct hand *h, const char *arg UNUSED, struct buf *out UNUSED,
    struct why *why UNUSED)
{
	vcard_counts_clear(h->card);
	buf_reset(&h->trace);
	return ERR_OK;
}

static err_t
on_trace(struct hand *h, const char *arg UNUSED, struct buf *out,
    struct why *why UNUSED)
{
	buf_put(out, buf_span(&h->trace));
	return ERR_OK;
}

static err_t
on_misbehave(
    struct hand *h, const char *arg, struct buf *out UNUSED, struct why *why)
{
	return vcard_misbehave(h->card, arg, why);
}

static err_t
on_quit(struct hand *h, const char *arg UNUSED, struct buf *out UNUSED,
    struct why *why UNUSED)
{
	h->quit = true;
	return ERR_OK;
}

void
control_line(struct hand *h, const char *line, struct buf *out)
{
	static const struct {
		const char *name;
		bool argument;
		err_t (*run)(
		    struct hand *, const char *, struct buf *, struct why *);
	} commands[] = {
		{ "insert", false, on_insert },
		{ "remove", false, on_remove },
		{ "status", false, on_status },
		{ "counts", false, on_counts },
		{ "clear", false, on_clear },
		{ "trace", false, on_trace },
		{ "misbehave", true, on_misbehave },
		{ "quit", false, on_quit },
	};
	size_t n = strcspn(line, " ");
	const char *arg = line[n] == ' ' ? line + n + 1 : "";
	struct why why = { 0 };
	err_t e = ERR_FORMAT;

	why_add(&why, e, "no such command");
	for (size_t i = 0; i < nitems(commands); i++) {
		if (strlen(commands[i].name) != n ||
		    strncmp(commands[i].name, line, n) != 0 ||
		    (arg[0] != '\0') != commands[i].argument)
			continue;
		why.text[0] = '\0';
		e = commands[i].run(h, arg, out, &why);
	}
	if (e == ERR_OK)
		say(out, "ok");
	else
		say(out, "error: %s", why_text(&why, e));
}
