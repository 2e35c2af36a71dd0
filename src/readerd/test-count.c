/* SPDX-License-Identifier: BSD-2-Clause */
/* A reader's count of cards, by which a driver's death is told from a card that
 * was taken out (doc/adr/0023). */
#include "readerd/rig.h"
#include "test.h"

static struct rig rig;

static uint32_t
cards_counted(void)
{
	struct wire_reader_state s;

	slot_state(rig.svc.slots[0], &s);
	return s.event_counter;
}

static void
driver_says(struct ifd *ifd, enum worker_type type)
{
	const struct worker_frame f = { .type = (uint16_t)type,
		.body = span_str("Rig") };

	EXPECT_OK(worker_build(&f, &ifd->channel.in));
	EXPECT_OK(ifd_input(ifd));
}

TEST(who_unplugs_a_reader_takes_its_card_out)
{
	uint32_t before;

	rig_start(&rig);
	rig_card(&rig, true);
	before = cards_counted();
	ifd_lost(&rig.svc.ifds[0]);
	rig_plug(&rig);
	rig_card(&rig, true);
	assert_int_equal(cards_counted(), before + 1);
	ifd_lost(&rig.svc.ifds[0]); /* its driver may notice first */
	ifd_rest(&rig.svc.ifds[0]);
	rig_plug(&rig);
	rig_card(&rig, true);
	assert_int_equal(cards_counted(), before + 3);
	driver_says(&rig.svc.ifds[0], WORKER_NO_SLOT);
	driver_says(&rig.svc.ifds[0], WORKER_SLOT);
	rig_card(&rig, true);
	assert_int_equal(cards_counted(), before + 5);
	rig_stop(&rig);
}

TEST_MAIN("readerd/count")
