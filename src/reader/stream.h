/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connected stream socket on an sd-event loop: bounded input and output that
 * are wiped, no reading while its owner is busy. The owner embeds it and frees
 * it in `gone`, which is called once, from the loop, never from inside a call
 * of the owner's. With fd -1 (tests) output stays in `out`. One direction may
 * go through a pipe, which costs half the time of a socket.
 *
 * All streams of a process share one epoll set, which is one source of the
 * loop: sd-event asks the kernel again after each event, which for thousands
 * of clients that leave together costs seconds. stream_loop() turns this round:
 * it waits for the streams, among which sd-event is one.
 */
#ifndef SCS_READER_STREAM_H
#define SCS_READER_STREAM_H

#include <systemd/sd-event.h>

#include "base/buf.h"

struct stream;

struct stream_ops {
	/*
	 * There are bytes in s->in: take what is whole off the front with
	 * buf_drop(). Called again when more come, or after stream_again().
	 * Not ERR_OK: the stream is closed.
	 */
	err_t (*input)(struct stream *s, void *ctx);
	/* The end: call stream_done(). `why` is ERR_OK after stream_close(). */
	void (*gone)(struct stream *s, void *ctx, err_t why);
};

struct stream {
	int fd; /* owned */
	int in_fd, out_fd; /* owned: pipes, stream_in_pipe(); -1: over fd */
	uint32_t events; /* what it waits for; 0: not in the set */
	const struct stream_ops *ops;
	void *ctx; /* borrowed */
	struct buf in, out;
	bool paused; /* reads nothing */
	bool closing; /* `gone` comes at the next turn of the loop */
	bool again; /* `input` is called without new bytes */
	struct stream *late; /* who is flushed after this one */
	bool is_late; /* stream_flush_late() */
};

/* One that stream_done() may be called for. */
#define STREAM_NONE                                 \
	{                                           \
		.fd = -1, .in_fd = -1, .out_fd = -1 \
	}

/*
 * `fd` is taken, also on failure; it is made non-blocking. Both buffers get
 * their caps from the caller and no memory before it is needed.
 */
MUST_CHECK err_t stream_init(struct stream *s, sd_event *ev, int fd,
    const struct stream_ops *ops, void *ctx);

/*
 * From now on its input comes out of this pipe, or its output goes into it;
 * `pipe` is taken, also on failure. The end of either is the stream's end. With
 * an input pipe it must not be paused; an output pipe is waited for when it is
 * full, so this is for who has one peer only. ERR_NOMEM, ERR_IO.
 */
MUST_CHECK err_t stream_in_pipe(struct stream *s, int pipe);
void stream_out_pipe(struct stream *s, int pipe);

/* Close at once and wipe; `gone` is not called. */
void stream_done(struct stream *s);

/*
 * Append to the output and send what goes. Over the cap, or a dead peer: the
 * stream closes itself.
 */
void stream_put(struct stream *s, struct span bytes);
void stream_flush(struct stream *s);

/*
 * The same when the events that stream_loop() has at hand are dispatched: what
 * they all have for one peer goes out together.
 */
void stream_flush_late(struct stream *s);

/* `gone` will be called soon; nothing more is read or sent. */
void stream_close(struct stream *s);

void stream_pause(struct stream *s);
/* Read again; bytes that are there already count as new. */
void stream_resume(struct stream *s);

/*
 * sd_event_loop() for a process whose work comes over streams: their events do
 * not pass through sd-event. A timer or an exit that a stream's callback sets
 * takes effect up to 20 ms late, and a relative time is reckoned from a present
 * that is up to 20 ms old. The exit code, or negative.
 */
int stream_loop(sd_event *ev);

/* Call `input` once more, after others had their turn. */
void stream_again(struct stream *s);

#endif
