/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replay: every file of the folder named on the command line, then a fixed
 * number of mutations of them from a fixed seed. Same input, same run.
 */
#include <dirent.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "fuzz.h"

#define MUTATIONS 20000
#define SEEDS_MAX 256
#define INPUT_MAX 65536

static struct buf seeds[SEEDS_MAX];
static size_t seeds_n;

static uint32_t
next_random(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

static int
visible(const struct dirent *f)
{
	return f->d_name[0] != '.';
}

/* In the order of names, which is the same on every file system. */
static void
load(const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, visible, alphasort);
	char path[4096];

	for (int i = 0; i < n; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		free(names[i]);
		if (seeds_n == SEEDS_MAX - 1)
			continue;
		buf_init(&seeds[seeds_n], INPUT_MAX);
		if (file_read(path, &seeds[seeds_n]) == ERR_OK)
			seeds_n++;
		else
			buf_done(&seeds[seeds_n]);
	}
	free(names);
}

/* Append the first n bytes again; buf_put() would read what it frees. */
static void
repeat(struct buf *b, size_t n)
{
	uint8_t *to = buf_grow(b, n);

	if (to != NULL)
		memcpy(to, b->p, n);
}

/* One to four small accidents: a byte, a cut, a repeat, an extreme. */
static void
mutate(struct buf *b)
{
	static const uint8_t extremes[] = { 0x00, 0x01, 0x7f, 0x80, 0x81, 0x82,
		0x84, 0xff };

	for (uint32_t i = next_random() % 4 + 1; i > 0; i--) {
		size_t at = b->n > 0 ? next_random() % b->n : 0;

		switch (next_random() % 5) {
		case 0:
			if (b->n > 0)
				b->p[at] = (uint8_t)next_random();
			break;
		case 1:
			if (b->n > 0)
				b->p[at] =
				    extremes[next_random() % nitems(extremes)];
			break;
		case 2:
			buf_trim(b, at);
			break;
		case 3:
			repeat(b, at);
			break;
		default:
			buf_put_u8(b, (uint8_t)next_random());
			break;
		}
	}
}

/* The exact number of bytes in memory of its own, so that ASan sees the end. */
static void
run(struct span s)
{
	uint8_t *p = malloc(s.n > 0 ? s.n : 1);

	if (p == NULL)
		abort();
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	fuzz_one(span_from(p, s.n));
	free(p);
}

int
main(int argc, char **argv)
{
	struct buf b = BUF_INIT(INPUT_MAX);

	for (int i = 1; i < argc; i++)
		load(argv[i]);
	if (seeds_n == 0) {
		fprintf(stderr, "no seeds: a folder with some is needed\n");
		return 1;
	}
	buf_init(&seeds[seeds_n++], INPUT_MAX); /* the empty input */
	for (size_t i = 0; i < seeds_n; i++)
		run(buf_span(&seeds[i]));
	for (unsigned int i = 0; i < MUTATIONS; i++) {
		buf_reset(&b);
		buf_put(&b, buf_span(&seeds[next_random() % seeds_n]));
		mutate(&b);
		run(buf_span(&b));
	}
	printf("%zu seeds, %d mutations\n", seeds_n, MUTATIONS);
	for (size_t i = 0; i < seeds_n; i++)
		buf_done(&seeds[i]);
	buf_done(&b);
	return 0;
}
