/* SPDX-License-Identifier: BSD-2-Clause */
/* Which USB reader gets a driver process, and which place it has. */
#include "readerd/hotplug.h"

#include "reader/usb/scan.h"
#include "test.h"

static unsigned int spawned, killed;

static void
spawn(struct ifd *ifd)
{
	spawned++;
	ifd->cookie = spawned;
}

static void
end(struct ifd *ifd)
{
	assert_int_not_equal(ifd->cookie, 0);
	killed++;
}

static void
start(struct service *svc, size_t statics)
{
	spawned = killed = 0;
	service_init(svc, NULL);
	for (size_t i = 0; i < IFDS_MAX; i++) {
		svc->ifds[i].spawn = spawn;
		svc->ifds[i].kill = end;
	}
	service_drivers(svc, statics);
}

static struct usb_reader
reader(const char *place, uint8_t device)
{
	struct usb_reader r = { .at = { .bus = 1, .device = device },
		.class = USB_CLASS_SMART_CARD };

	(void)snprintf(r.place, sizeof(r.place), "%s", place);
	return r;
}

static const struct ifd *
at(const struct service *svc, const char *place)
{
	for (size_t i = 0; i < svc->ifds_n; i++) {
		const struct ifd *ifd = &svc->ifds[i];

		if (!ifd->idle && strcmp(ifd->place, place) == 0)
			return ifd;
	}
	return NULL;
}

TEST(a_reader_gets_one_process_however_often_it_is_seen)
{
	static struct service svc;
	struct usb_reader r[] = { reader("1-1:1.0", 4), reader("1-2:1.0", 5) };
	const size_t driver[] = { 0, 3 };

	start(&svc, 2);
	hotplug_now(&svc, r, driver, 2);
	hotplug_now(&svc, r, driver, 2);
	assert_int_equal(spawned, 2);
	assert_int_equal(killed, 0);
	assert_int_equal(svc.ifds_n, 4);
	assert_int_equal(svc.ifds[2].device, usb_pack(&r[0].at));
	assert_int_equal(svc.ifds[3].what, 3);
	assert_int_equal(svc.ifds[3].kind, WORKER_USB);
	service_done(&svc);
}

TEST(an_unplugged_reader_loses_its_process_and_others_do_not)
{
	static struct service svc;
	struct usb_reader r[] = { reader("1-1:1.0", 4), reader("1-2:1.0", 5) };
	const size_t driver[] = { 0, 0 };

	start(&svc, 0);
	hotplug_now(&svc, r, driver, 2);
	hotplug_now(&svc, &r[1], driver, 1);
	assert_int_equal(killed, 1);
	assert_null(at(&svc, "1-1:1.0"));
	assert_non_null(at(&svc, "1-2:1.0"));
	assert_true(svc.ifds[0].idle && svc.ifds[0].restart == NULL);
	/* its process may end once more, and nobody starts another */
	ifd_lost(&svc.ifds[0]);
	assert_int_equal(spawned, 2);
	service_done(&svc);
}

TEST(a_reader_that_comes_back_has_its_place_again)
{
	static struct service svc;
	struct usb_reader r[] = { reader("1-1:1.0", 4), reader("1-2:1.0", 5) };
	const size_t driver[] = { 0, 0 };

	start(&svc, 0);
	hotplug_now(&svc, r, driver, 2);
	hotplug_now(&svc, NULL, NULL, 0);
	r[1].at.device = 9;
	hotplug_now(&svc, &r[1], driver, 1);
	assert_ptr_equal(at(&svc, "1-2:1.0"), &svc.ifds[1]);
	assert_int_equal(svc.ifds[1].device, usb_pack(&r[1].at));
	assert_int_equal(svc.ifds_n, 2);
	service_done(&svc);
}

static void
appears(struct slot *s, const char *name)
{
	slot_appear(s, span_str(name));
	slot_card(s, WORKER_CARD_OUT, SPAN_NONE);
}

TEST(the_start_is_over_when_each_reader_is_there_or_has_failed)
{
	static struct service svc;
	const struct usb_reader r[] = { reader("1-1:1.0", 4),
		reader("1-2:1.0", 5) };
	const size_t driver[] = { 0, 0 };

	start(&svc, 1);
	assert_false(service_settled(&svc));
	svc.looking = true;
	appears(service_slot(&svc, &svc.ifds[0], 0), "Static");
	assert_false(service_settled(&svc));
	hotplug_now(&svc, r, driver, 2);
	svc.looking = false;
	assert_false(service_settled(&svc));
	appears(service_slot(&svc, &svc.ifds[1], 0), "First");
	assert_false(service_settled(&svc));
	svc.ifds[2].backoff_ms = 100; /* its driver died */
	assert_true(service_settled(&svc));
	slot_appear(service_slot(&svc, &svc.ifds[1], 1), span_str("Second"));
	assert_false(service_settled(&svc)); /* is there a card? */
	slot_card(
	    service_slot(&svc, &svc.ifds[1], 1), WORKER_CARD_MUTE, SPAN_NONE);
	assert_true(service_settled(&svc));
	hotplug_now(&svc, r, driver, 1); /* or it was unplugged */
	svc.ifds[2].backoff_ms = 0;
	assert_true(service_settled(&svc));
	service_done(&svc);
}

/* Faster than any scan: another device in the same port. */
TEST(a_device_that_was_changed_gets_a_new_process)
{
	static struct service svc;
	struct usb_reader r = reader("1-1:1.0", 4);
	const size_t driver = 0;

	start(&svc, 0);
	hotplug_now(&svc, &r, &driver, 1);
	r.at.device = 5;
	hotplug_now(&svc, &r, &driver, 1);
	assert_int_equal(killed, 1);
	assert_int_equal(spawned, 2);
	assert_int_equal(svc.ifds_n, 1);
	service_done(&svc);
}

TEST(a_driver_that_has_shown_nothing_is_tried_less_and_less)
{
	static const struct {
		const char *why;
		enum worker_kind kind;
		bool served;
		uint64_t lived, before, want;
	} rows[] = {
		{ "the first time", WORKER_IFD, false, 0, 0, 100 },
		{ "and again", WORKER_IFD, false, 0, 100, 200 },
		{ "in reader.conf", WORKER_IFD, false, 0, 32000, 60000 },
		{ "on USB", WORKER_USB, false, 0, 8000, 10000 },
		{ "that took long to fail", WORKER_IFD, false, 30000, 100,
		    200 },
		{ "that had its reader", WORKER_IFD, true, 0, 60000, 400 },
		{ "that had it long", WORKER_IFD, true, 30000, 400, 100 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		const struct ifd ifd = { .kind = rows[i].kind,
			.served = rows[i].served,
			.since = 1000,
			.backoff_ms = rows[i].before };
		uint64_t got = ifd_pause(&ifd, 1000 + rows[i].lived);

		if (got != rows[i].want)
			fail_msg("%s: %lu", rows[i].why, (unsigned long)got);
	}
}

TEST(more_readers_than_there_is_room_for_are_left_out)
{
	static struct service svc;
	static struct usb_reader r[IFDS_MAX + 1];
	static size_t driver[IFDS_MAX + 1];
	char place[16];

	start(&svc, IFDS_STATIC);
	for (size_t i = 0; i < nitems(r); i++) {
		(void)snprintf(place, sizeof(place), "1-%zu:1.0", i);
		r[i] = reader(place, (uint8_t)(i + 1));
	}
	hotplug_now(&svc, r, driver, nitems(r));
	assert_int_equal(spawned, IFDS_MAX - IFDS_STATIC);
	assert_int_equal(svc.ifds_n, IFDS_MAX);
	service_done(&svc);
}

TEST_MAIN("readerd/hotplug")
