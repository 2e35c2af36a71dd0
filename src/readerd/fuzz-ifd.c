/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile driver process against the real service, with a client that wants
 * things of it. Input: records of one byte of action: 0 to 3 the client asks,
 * else how many of the following bytes the driver says. The client hears
 * exactly one answer to each question, at the latest when the driver is given
 * up.
 */
#include "readerd/handle.h"
#include "readerd/rig.h"

#include <string.h>

#include "fuzz.h"

static struct rig rig;
static struct client *client;
static unsigned int asked, heard;

static void
ask(uint8_t what)
{
	struct wire_connect connect = { .context = client->context,
		.share = SCARD_SHARE_SHARED,
		.preferred = 3 };
	struct wire_transmit t = { .send_protocol = 2,
		.send_length = 4,
		.recv_length = WIRE_DATA_MAX };
	struct wire_attrib a = { .id = 1, .length = WIRE_ATTR_SIZE };
	struct wire_control k = { .code = 1, .recv_length = 16 };
	struct handle *h = client->handles;
	err_t e;

	if (client->busy || (what > 0 && h == NULL))
		return;
	memcpy(connect.reader, RIG_READER, sizeof(RIG_READER));
	t.card = a.card = k.card = h != NULL ? h->card : 0;
	asked++;
	if (what == 0)
		e = rig_say(client, WIRE_CONNECT, &connect, sizeof(connect));
	else if (what == 1)
		e = rig_say_data(
		    client, WIRE_TRANSMIT, &t, sizeof(t), span_str("ABCD"));
	else if (what == 2)
		e = rig_say(client, WIRE_GET_ATTRIB, &a, sizeof(a));
	else
		e = rig_say(client, WIRE_CONTROL, &k, sizeof(k));
	FUZZ_PROMISE(e == ERR_OK);
}

/* An answer ends the request in work; its length is the body's at least. */
static void
listen_to_answers(void)
{
	if (client->io.out.n == 0)
		return;
	FUZZ_PROMISE(!client->busy);
	FUZZ_PROMISE(client->io.out.n >= client->body_n);
	FUZZ_PROMISE(client->io.out.n <= client->body_n + WIRE_DATA_MAX);
	buf_reset(&client->io.out);
	heard++;
}

static void
driver_says(struct span said)
{
	struct ifd *ifd = &rig.svc.ifds[0];

	buf_put(&ifd->channel.in, said);
	if (buf_status(&ifd->channel.in) == ERR_OK &&
	    ifd_input(ifd) == ERR_OK && !ifd->channel.closing)
		return;
	rig_unplug(&rig);
	listen_to_answers();
	FUZZ_PROMISE(!client->busy);
	rig_plug(&rig);
}

void
fuzz_one(struct span in)
{
	struct wire_establish e = { .scope = 2 };
	struct span said;
	uint8_t action;

	rig_start(&rig);
	asked = heard = 0;
	client = rig_client(&rig, DIALECT_PLAIN);
	FUZZ_PROMISE(
	    rig_say(client, WIRE_ESTABLISH_CONTEXT, &e, sizeof(e)) == ERR_OK);
	buf_reset(&client->io.out);
	while (span_u8(&in, &action) == ERR_OK) {
		if (action < 4) {
			ask(action);
		} else {
			said = span_first(in, action);
			in = span_from(in.p + said.n, in.n - said.n);
			driver_says(said);
		}
		listen_to_answers();
		buf_reset(&rig.svc.ifds[0].channel.out);
	}
	rig_unplug(&rig);
	listen_to_answers();
	FUZZ_PROMISE(asked == heard);
	rig_stop(&rig);
}
