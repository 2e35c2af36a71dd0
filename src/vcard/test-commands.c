/* SPDX-License-Identifier: BSD-2-Clause */
/* The status words of each command, a row each; each on a card of its own. */
#include "vcard/testcard.h"

struct row {
	const char *why;
	const char *before; /* a command sent first, or NULL */
	const char *hex;
	unsigned int sw;
};

static void
run_rows(
    const struct row *rows, size_t n, const struct vcard_profile *p, bool admin)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(vcard_free) struct vcard *c = card_on(p);

		c->admin_ok = admin;
		if (rows[i].before != NULL)
			(void)send_sw(c, rows[i].before);
		EXPECT_SW(rows[i].sw, c, rows[i].hex, rows[i].why);
	}
}

#define RUN(rows, profile, admin) \
	run_rows((rows), nitems(rows), (profile), (admin))

TEST(the_class_byte_is_looked_at)
{
	static const struct row rows[] = {
		{ "plain", NULL, "00cb3fff035c017e00", SW_OK },
		{ "proprietary class", NULL, "80cb3fff035c017e00", SW_CLA },
		{ "secure messaging", NULL, "0ccb3fff035c017e00", SW_SECURE },
		{ "channel 1", NULL, "01cb3fff035c017e00", SW_CHANNEL },
		{ "unknown instruction", NULL, "0012000000", SW_INS },
		{ "Yubico's on a plain card", NULL, "00fd000000", SW_INS },
		{ "three bytes", NULL, "00cb3f", SW_LENGTH },
		{ "Lc too long", NULL, "00cb3fff095c017e", SW_LENGTH },
		{ "extended on a short card", NULL, "00cb3fff0000035c017e0000",
		    SW_LENGTH },
		{ "GET RESPONSE of nothing", NULL, "00c0000000",
		    SW_CONDITIONS },
	};

	RUN(rows, NULL, false);
}

TEST(select_takes_whole_and_truncated_piv_names)
{
	static const struct row rows[] = {
		{ "whole", NULL, "00a404000ba000000308000010000100", SW_OK },
		{ "no version", NULL, SELECT_PIV, SW_OK },
		{ "RID alone", NULL, "00a4040005a00000030800", SW_OK },
		{ "four bytes", NULL, "00a4040004a000000300", SW_NO_OBJECT },
		{ "one byte more", NULL, "00a404000ca00000030800001000010000",
		    SW_NO_OBJECT },
		{ "another version", NULL, "00a404000ba000000308000010000200",
		    SW_NO_OBJECT },
		{ "foreign", NULL, "00a4040007a0000005272001", SW_NO_OBJECT },
		{ "by file", NULL, "00a40000023f00", SW_P1P2 },
	};

	RUN(rows, NULL, false);
}

TEST(get_data_names_one_object)
{
	static const struct row rows[] = {
		{ "discovery", NULL, "00cb3fff035c017e00", SW_OK },
		{ "CHUID", NULL, "00cb3fff055c035fc10200", SW_OK },
		{ "CCC", NULL, "00cb3fff055c035fc10700", SW_OK },
		{ "absent", NULL, "00cb3fff055c035fc10500", SW_NO_OBJECT },
		{ "not PIV's", NULL, "00cb3fff055c035fd10200", SW_NO_OBJECT },
		{ "P1", NULL, "00cb3eff055c035fc10200", SW_P1P2 },
		{ "no tag list", NULL, "00cb3fff055d035fc10200", SW_DATA },
		{ "empty tag list", NULL, "00cb3fff025c0000", SW_DATA },
		{ "tag cut", NULL, "00cb3fff045c035fc100", SW_DATA },
		{ "byte after it", NULL, "00cb3fff065c035fc1020000", SW_DATA },
		{ "printed information without PIN", NULL,
		    "00cb3fff055c035fc10900", SW_SECURITY },
		{ "printed information with PIN", PIN_OK,
		    "00cb3fff055c035fc10900", SW_NO_OBJECT },
	};

	RUN(rows, NULL, false);
}

TEST(put_data_wants_the_management_key)
{
	static const struct row rows[] = {
		{ "no key", NULL, "00db3fff095c035fc10553023130", SW_SECURITY },
	};
	static const struct row admin[] = {
		{ "object", NULL, "00db3fff095c035fc10553023130", SW_OK },
		{ "empty", NULL, "00db3fff075c035fc1055300", SW_OK },
		{ "discovery", NULL, "00db3fff047e024f00", SW_OK },
		{ "no 53", NULL, "00db3fff055c035fc105", SW_DATA },
		{ "53 cut", NULL, "00db3fff095c035fc10553033130", SW_DATA },
		{ "not PIV's", NULL, "00db3fff095c035fd10553023130",
		    SW_NO_OBJECT },
		{ "P2", NULL, "00db3ffe095c035fc10553023130", SW_P1P2 },
		{ "no data", NULL, "00db3fff", SW_DATA },
	};

	RUN(rows, NULL, false);
	RUN(admin, NULL, true);
}

TEST(verify_counts_and_answers)
{
	static const struct row rows[] = {
		{ "right", NULL, PIN_OK, SW_OK },
		{ "wrong", NULL, PIN_BAD, SW_TRIES | 2 },
		{ "wrong twice", PIN_BAD, PIN_BAD, SW_TRIES | 1 },
		{ "status at first", NULL, "00200080", SW_TRIES | 3 },
		{ "status after the PIN", PIN_OK, "00200080", SW_OK },
		{ "status after a wrong PIN", PIN_BAD, "00200080",
		    SW_TRIES | 2 },
		{ "clear", PIN_OK, "0020ff80", SW_OK },
		{ "clear with data", NULL, "0020ff800831323334353637ff",
		    SW_DATA },
		{ "five digits", NULL, "00200080083132333435ffffff", SW_DATA },
		{ "a letter", NULL, "0020008008313233343541ffff", SW_DATA },
		{ "a digit after FF", NULL, "0020008008313233343536ff31",
		    SW_DATA },
		{ "filled with 00", NULL, "00200080083132333435360000",
		    SW_DATA },
		{ "seven bytes", NULL, "0020008007313233343536ff", SW_DATA },
		{ "nine bytes", NULL, "002000800931323334353637ffff", SW_DATA },
		{ "P1", NULL, "002001800831323334353637ff", SW_P1P2 },
		{ "PUK", NULL, "002000810831323334353637ff", SW_NO_REFERENCE },
		{ "no global PIN", NULL, "002000000831323334353637ff",
		    SW_NO_REFERENCE },
	};
	static const struct vcard_profile with_global = {
		.flags = VCARD_GLOBAL_PIN,
		.global_pin = "654321",
	};
	static const struct row global[] = {
		{ "global PIN", NULL, "0020000008363534333231ffff", SW_OK },
		{ "PIV's as global", NULL, "0020000008313233343536ffff",
		    SW_TRIES | 2 },
	};
	static const struct vcard_profile no_clear = { .flags =
							   VCARD_NO_CLEAR };
	static const struct row refused[] = {
		{ "P1=FF refused", PIN_OK, "0020ff80", SW_P1P2 },
	};

	RUN(rows, NULL, false);
	RUN(global, &with_global, false);
	RUN(refused, &no_clear, false);
}

TEST(change_and_reset_check_both_values)
{
	static const struct row rows[] = {
		{ "change", NULL, "0024008010313233343536ffff363534333231ffff",
		    SW_OK },
		{ "change, wrong old", NULL,
		    "0024008010303030303030ffff363534333231ffff",
		    SW_TRIES | 2 },
		{ "change, bad new form", NULL,
		    "0024008010313233343536ffff3635343332ffffff", SW_DATA },
		{ "change, fifteen bytes", NULL,
		    "002400800f313233343536ffff363534333231ff", SW_DATA },
		{ "change PUK", NULL,
		    "002400811031323334353637384142434445464748", SW_OK },
		{ "change, P1", NULL,
		    "0024018010313233343536ffff363534333231ffff", SW_P1P2 },
		{ "change, 82", NULL,
		    "0024008210313233343536ffff363534333231ffff",
		    SW_NO_REFERENCE },
		{ "reset", NULL, "002c0080103132333435363738363534333231ffff",
		    SW_OK },
		{ "reset, wrong PUK", NULL,
		    "002c0080103032333435363738363534333231ffff",
		    SW_TRIES | 2 },
		{ "reset, bad new form", NULL,
		    "002c00801031323334353637383635343332ffffff", SW_DATA },
		{ "reset the PUK", NULL,
		    "002c0081103132333435363738363534333231ffff",
		    SW_NO_REFERENCE },
		{ "new PIN works", "0024008010313233343536ffff363534333231ffff",
		    "0020008008363534333231ffff", SW_OK },
		{ "old PIN does not",
		    "0024008010313233343536ffff363534333231ffff", PIN_OK,
		    SW_TRIES | 2 },
	};

	RUN(rows, NULL, false);
}

TEST(generate_wants_the_management_key_and_a_known_algorithm)
{
	static const struct row rows[] = {
		{ "no key", NULL, "0047009a05ac0380011100", SW_SECURITY },
	};
	static const struct row admin[] = {
		{ "P-256", NULL, "0047009a05ac0380011100", SW_OK },
		{ "P-384", NULL, "0047009505ac0380011400", SW_OK },
		{ "retired 82", NULL, "0047008205ac0380011100", SW_OK },
		{ "slot 9B", NULL, "0047009b05ac0380011100", SW_P1P2 },
		{ "slot 96", NULL, "0047009605ac0380011100", SW_P1P2 },
		{ "RSA 1024", NULL, "0047009a05ac0380010600", SW_DATA },
		{ "3DES", NULL, "0047009a05ac0380010300", SW_DATA },
		{ "no algorithm", NULL, "0047009a02ac0000", SW_DATA },
		{ "Yubico's policy on a plain card", NULL,
		    "0047009a08ac06800111aa010100", SW_DATA },
		{ "byte after it", NULL, "0047009a06ac038001110000", SW_DATA },
	};

	RUN(rows, NULL, false);
	RUN(admin, NULL, true);
}

TEST(a_blocked_pin_stays_blocked_until_the_puk)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	EXPECT_SW(SW_TRIES | 2, c, PIN_BAD, "first");
	EXPECT_SW(SW_TRIES | 1, c, PIN_BAD, "second");
	EXPECT_SW(SW_TRIES | 0, c, PIN_BAD, "third");
	EXPECT_SW(SW_BLOCKED, c, PIN_OK, "the right one, too late");
	EXPECT_SW(SW_BLOCKED, c, "00200080", "status");
	EXPECT_SW(SW_BLOCKED, c, "0024008010313233343536ffff363534333231ffff",
	    "change");
	vcard_reset(c);
	EXPECT_SW(SW_OK, c, SELECT_PIV, "SELECT");
	EXPECT_SW(SW_BLOCKED, c, PIN_OK, "a reset does not help");
	EXPECT_SW(
	    SW_OK, c, "002c0080103132333435363738313233343536ffff", "unblock");
	EXPECT_SW(SW_TRIES | 3, c, "00200080", "full, and not logged in");
	EXPECT_SW(SW_OK, c, PIN_OK, "works again");
}

TEST(a_right_pin_fills_the_counter)
{
	CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

	EXPECT_SW(SW_TRIES | 2, c, PIN_BAD, "wrong");
	EXPECT_SW(SW_OK, c, PIN_OK, "right");
	EXPECT_SW(SW_TRIES | 2, c, PIN_BAD, "wrong after right");
	EXPECT_SW(SW_TRIES | 2, c, "00200080", "a wrong PIN logs out");
}

TEST(a_yubikey_forgets_at_select_and_counts_any_form)
{
	static const struct vcard_profile yubico = { .flags = VCARD_YUBICO };
	CLEANUP(vcard_free) struct vcard *c = card_on(&yubico);
	CLEANUP(vcard_free) struct vcard *plain = card_on(NULL);

	EXPECT_SW(SW_OK, c, PIN_OK, "logged in");
	EXPECT_SW(SW_OK, c, SELECT_PIV, "selected again");
	EXPECT_SW(SW_TRIES | 3, c, "00200080", "logged out by it");
	EXPECT_SW(
	    SW_TRIES | 2, c, "002000800830ffffffffffffff", "one digit counts");
	EXPECT_SW(SW_OK, plain, PIN_OK, "logged in");
	EXPECT_SW(SW_OK, plain, SELECT_PIV, "selected again");
	EXPECT_SW(SW_OK, plain, "00200080", "SP 800-73-4: still logged in");
	EXPECT_SW(SW_DATA, plain, "002000800830ffffffffffffff", "not counted");
}

TEST(nothing_answers_before_select_or_after_reset)
{
	static const char *const commands[] = { PIN_OK, "00cb3fff035c017e00",
		"0087119a047c02820000", "0047009a05ac0380011100" };

	for (size_t i = 0; i < nitems(commands); i++) {
		CLEANUP(vcard_free) struct vcard *c = card_on(NULL);

		vcard_reset(c);
		EXPECT_SW(SW_INS, c, commands[i], commands[i]);
	}
}

TEST_MAIN("vcard/commands")
