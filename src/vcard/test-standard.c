/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SP 800-73-4 Part 2 command by command, at its edges. A row names its section
 * and is a short play: commands and the status word each must get, on a card of
 * its own with P-256 keys in 9A, 9C, 9D and 9E.
 */
#include "vcard/testcard.h"

struct row {
	const char *why;
	const char *play; /* "COMMAND:SW COMMAND:SW ..." in hexadecimal */
};

#define PIN "0020008008313233343536ffff"
#define BAD "002000800830303030303030ff"
#define STATUS "00200080"
#define D32 "0102030405060708010203040506070801020304050607080102030405060708"
#define SIGN_9A "0087119a267c2482008120" D32 "00"
#define SIGN_9C "0087119c267c2482008120" D32 "00"
#define SIGN_9E "0087119e267c2482008120" D32 "00"

static void
play_step(struct vcard *c, const char *why, const char *step, size_t n)
{
	char hex[1024], *colon;
	unsigned int want, got;

	assert_true(n < sizeof(hex));
	memcpy(hex, step, n);
	hex[n] = '\0';
	colon = strchr(hex, ':');
	assert_non_null(colon);
	*colon = '\0';
	want = (unsigned int)strtoul(colon + 1, NULL, 16);
	got = send_sw(c, hex);
	if (got != want)
		fail_msg("%s: %s: wanted %04x, got %04x", why, hex, want, got);
}

static struct vcard *
card_with_keys(const struct vcard_profile *p)
{
	static const uint8_t slots[] = { 0x9a, 0x9c, 0x9d, 0x9e };
	struct vcard *c = card_on(p);

	for (size_t i = 0; i < sizeof(slots); i++)
		EXPECT_OK(vcard_generate(c, slots[i], VCARD_P256));
	return c;
}

static void
play(const struct row *row, const struct vcard_profile *p, bool admin)
{
	CLEANUP(vcard_free) struct vcard *c = card_with_keys(p);
	const char *at = row->play;

	c->admin_ok = admin;
	while (*at != '\0') {
		size_t n = strcspn(at, " ");

		play_step(c, row->why, at, n);
		at += n + strspn(at + n, " ");
	}
}

#define PLAY(rows, profile, admin)                   \
	for (size_t i_ = 0; i_ < nitems(rows); i_++) \
	play(&(rows)[i_], (profile), (admin))

/* clang-format off */
TEST(section_2_4_class_and_instruction)
{
	static const struct row rows[] = {
		{ "Part 2, 2.4: proprietary class", "80cb3fff035c017e00:6e00" },
		{ "2.4: class FF", "ffcb3fff035c017e00:6e00" },
		{ "2.4: class 20", "20cb3fff035c017e00:6e00" },
		{ "2.4: further channels", "40cb3fff035c017e00:6e00" },
		{ "2.4: secure messaging, 04", "04cb3fff035c017e00:6882" },
		{ "2.4: secure messaging, 08", "08cb3fff035c017e00:6882" },
		{ "2.4: channel 3", "03cb3fff035c017e00:6881" },
		{ "2.4: chained, class 90", "90db3fff015c:6e00" },
		{ "3: VERIFY in a foreign class counts nothing",
		    "8020008008" "30303030303030ff:6e00 " STATUS ":63c3" },
	};

	PLAY(rows, NULL, false);
}

TEST(section_3_every_other_instruction_is_unknown)
{
	static const uint8_t known[] = { 0x20, 0x24, 0x2c, 0x47, 0x87, 0xa4,
		0xc0, 0xcb, 0xdb };
	CLEANUP(vcard_free) struct vcard *c = card_with_keys(NULL);

	for (unsigned int ins = 0; ins <= 0xff; ins++) {
		char hex[16];

		if (memchr(known, (int)ins, sizeof(known)) != NULL)
			continue;
		(void)snprintf(hex, sizeof(hex), "00%02x000000", ins);
		EXPECT_SW(SW_INS, c, hex, hex);
	}
}

TEST(section_3_1_1_select)
{
	static const struct row rows[] = {
		{ "3.1.1: by file identifier", "00a40000023f00:6a86" },
		{ "3.1.1: by path", "00a40800023f00:6a86" },
		{ "3.1.1: next occurrence",
		    "00a4040209a00000030800001000:6a86" },
		{ "3.1.1: no answer wanted",
		    "00a4040c09a00000030800001000:6a86" },
		{ "3.1.1: nothing named", "00a40400:6a82" },
		{ "3.1.1: not there, and PIV stays selected",
		    "00a4040007a0000005272001:6a82 00cb3fff035c017e00:9000" },
		{ "3.1.1: PIV again, status unchanged",
		    PIN ":9000 " SELECT_PIV ":9000 " STATUS ":9000" },
		{ "3.1.1: not there, status unchanged",
		    PIN ":9000 00a4040007a0000005272001:6a82 " STATUS ":9000" },
		{ "3.1.1: Le of 1", "00a4040005a00000030801:613d" },
	};

	PLAY(rows, NULL, false);
}

TEST(section_3_1_2_get_data)
{
	static const struct row rows[] = {
		{ "3.1.2: P1", "00cb00ff055c035fc10200:6a86" },
		{ "3.1.2: P2", "00cb3f00055c035fc10200:6a86" },
		{ "3.1.2: both", "00cbffff055c035fc10200:6a86" },
		{ "3.1.2: no data field", "00cb3fff00:6a80" },
		{ "3.1.2: empty tag list", "00cb3fff025c0000:6a80" },
		{ "3.1.2: tag list cut", "00cb3fff045c035fc100:6a80" },
		{ "3.1.2: four bytes of tag", "00cb3fff065c045fc1020000:6a80" },
		{ "3.1.2: indefinite length", "00cb3fff055c805fc10200:6a80" },
		{ "3.1.2: another list", "00cb3fff055d035fc10200:6a80" },
		{ "3.1.2: two lists", "00cb3fff065c017e5c017e00:6a80" },
		{ "3.1.2: Le of 1", "00cb3fff035c017e01:6113" },
		{ "3.1.2: Le longer than it", "00cb3fff035c017eff:9000" },
		{ "3.1.2: no Le", "00cb3fff035c017e:9000" },
		{ "3.1.2: rest in two", "00cb3fff035c017e01:6113 "
		    "00c0000010:6103 00c0000003:9000 00c0000000:6985" },
		{ "3.1.2: rest forgotten", "00cb3fff035c017e01:6113 "
		    STATUS ":63c3 00c0000010:6985" },
	};

	PLAY(rows, NULL, false);
}

/* Part 1, table 3: what there is, what is not there, what asks for the PIN. */
TEST(section_3_1_2_each_object)
{
	static const struct row rows[] = {
		{ "CCC", "00cb3fff055c035fc10700:9000" },
		{ "CHUID", "00cb3fff055c035fc10200:9000" },
		{ "9A", "00cb3fff055c035fc10500:6a82" },
		{ "fingerprints", "00cb3fff055c035fc10300:6982" },
		{ "fingerprints, PIN",
		    PIN ":9000 00cb3fff055c035fc10300:6a82" },
		{ "security object", "00cb3fff055c035fc10600:6a82" },
		{ "face", "00cb3fff055c035fc10800:6982" },
		{ "face, PIN", PIN ":9000 00cb3fff055c035fc10800:6a82" },
		{ "9E", "00cb3fff055c035fc10100:6a82" },
		{ "9C", "00cb3fff055c035fc10a00:6a82" },
		{ "9D", "00cb3fff055c035fc10b00:6a82" },
		{ "printed information", "00cb3fff055c035fc10900:6982" },
		{ "printed, PIN and cleared", PIN ":9000 0020ff80:9000 "
		    "00cb3fff055c035fc10900:6982" },
		{ "discovery", "00cb3fff035c017e00:9000" },
		{ "discovery in 53's way", "00cb3fff055c0300007e00:9000" },
		{ "key history", "00cb3fff055c035fc10c00:6a82" },
		{ "82", "00cb3fff055c035fc10d00:6a82" },
		{ "95", "00cb3fff055c035fc12000:6a82" },
		{ "iris", "00cb3fff055c035fc12100:6982" },
		{ "biometric group", "00cb3fff045c027f6100:6a82" },
		{ "secure messaging certificate",
		    "00cb3fff055c035fc12200:6a82" },
		{ "pairing code", "00cb3fff055c035fc12300:6982" },
		{ "first unknown", "00cb3fff055c035fc12400:6a82" },
		{ "last unknown", "00cb3fff055c035fc1ff00:6a82" },
		{ "00", "00cb3fff035c010000:6a82" },
		{ "ff3fff", "00cb3fff055c03ff3fff00:6a82" },
	};

	PLAY(rows, NULL, false);
}

TEST(section_3_2_1_verify)
{
	static const struct row rows[] = {
		{ "3.2.1: P1=01", "0020018008313233343536ffff:6a86" },
		{ "3.2.1: P1=FE", "0020fe80:6a86" },
		{ "3.2.1: P1=FF with data counts nothing",
		    "0020ff800830303030303030ff:6a80 " STATUS ":63c3" },
		{ "3.2.1: P1=FF with data clears nothing", PIN ":9000 "
		    "0020ff8008313233343536ffff:6a80 " STATUS ":9000" },
		{ "3.2.1: P1=FF clears", PIN ":9000 0020ff80:9000 "
		    STATUS ":63c3 " SIGN_9A ":6982" },
		{ "3.2.1: P1=FF, nothing to clear", "0020ff80:9000" },
		{ "3.2.1: P1=FF for the PUK", "0020ff81:6a88" },
		{ "3.2.1: no global PIN", "00200000:6a88" },
		{ "3.2.1: status of the PUK", "00200081:6a88" },
		{ "3.2.1: the PUK itself", "00200081083132333435363738:6a88" },
		{ "3.2.1: reference 9A", "0020009a:6a88" },
		{ "3.2.1: occ, pairing code", "00200096:6a88 00200098:6a88" },
		{ "3.2.1: status with Le", "0020008000:63c3" },
		{ "2.4.3: one byte", "002000800131:6a80 " STATUS ":63c3" },
		{ "2.4.3: seven", "0020008007313233343536ff:6a80 "
		    STATUS ":63c3" },
		{ "2.4.3: nine", "0020008009313233343536ffffff:6a80 "
		    STATUS ":63c3" },
		{ "2.4.3: sixteen", "0020008010313233343536ffff"
		    "313233343536ffff:6a80 " STATUS ":63c3" },
		{ "2.4.3: all FF", "0020008008ffffffffffffffff:6a80 "
		    STATUS ":63c3" },
		{ "2.4.3: malformed leaves the status", PIN ":9000 "
		    "002000800131:6a80 " STATUS ":9000" },
		{ "3.2.1: wrong clears the status", PIN ":9000 " BAD ":63c2 "
		    STATUS ":63c2 " SIGN_9A ":6982" },
		{ "3.2.1: no comparison at zero", BAD ":63c2 " BAD ":63c1 "
		    BAD ":63c0 " PIN ":6983 " STATUS ":6983" },
		{ "3.2.1: right fills the counter", BAD ":63c2 " BAD ":63c1 "
		    PIN ":9000 0020ff80:9000 " STATUS ":63c3" },
	};

	PLAY(rows, NULL, false);
}

#define CHANGE_TO_654321 "313233343536ffff363534333231ffff"

TEST(section_3_2_2_change_reference_data)
{
	static const struct row rows[] = {
		{ "3.2.2: P1=01", "0024018010" CHANGE_TO_654321 ":6a86" },
		{ "3.2.2: no global PIN",
		    "0024000010" CHANGE_TO_654321 ":6a88" },
		{ "3.2.2: reference 82",
		    "0024008210" CHANGE_TO_654321 ":6a88" },
		{ "3.2.2: no data", "00240080:6a80" },
		{ "3.2.2: one short", "002400800f313233343536ffff"
		    "363534333231ff:6a80 " STATUS ":63c3" },
		{ "3.2.2: one longer", "0024008011" CHANGE_TO_654321
		    "ff:6a80 " STATUS ":63c3" },
		{ "2.4.3: new one malformed counts nothing, changes nothing",
		    "0024008010313233343536ffff3635343332ffffff:6a80 "
		    STATUS ":63c3 " PIN ":9000" },
		{ "3.2.2: changed and logged in",
		    "0024008010" CHANGE_TO_654321 ":9000 " STATUS ":9000 "
		    SIGN_9A ":9000" },
		{ "3.2.2: not the next command's PIN for 9C",
		    "0024008010" CHANGE_TO_654321 ":9000 " SIGN_9C ":6982" },
		{ "3.2.2: wrong counts and logs out", PIN ":9000 "
		    "0024008010303030303030ffff363534333231ffff:63c2 "
		    SIGN_9A ":6982 " STATUS ":63c2" },
		{ "3.2.2: the old one is no longer right",
		    "0024008010" CHANGE_TO_654321 ":9000 " PIN ":63c2" },
		{ "3.2.2: blocked", BAD ":63c2 " BAD ":63c1 " BAD ":63c0 "
		    "0024008010" CHANGE_TO_654321 ":6983" },
		{ "3.2.2: PUK, then unblock with it",
		    "0024008110" "3132333435363738" "4142434445464748:9000 "
		    "002c008010" "3132333435363738" "313233343536ffff:63c2 "
		    "002c008010" "4142434445464748" "313233343536ffff:9000" },
		{ "3.2.2: wrong PUK, three times, then the right one",
		    "0024008110" "3032333435363738" "4142434445464748:63c2 "
		    "0024008110" "3032333435363738" "4142434445464748:63c1 "
		    "0024008110" "3032333435363738" "4142434445464748:63c0 "
		    "0024008110" "3132333435363738" "4142434445464748:6983 "
		    "002c008010" "3132333435363738" "313233343536ffff:6983" },
		{ "3.2.2: PUK of seven bytes", "002400810f" "31323334353637"
		    "4142434445464748:6a80" },
		{ "3.2.2: the PUK opens nothing", "0024008110"
		    "3132333435363738" "4142434445464748:9000 " SIGN_9A
		    ":6982" },
	};

	PLAY(rows, NULL, false);
}

TEST(section_3_2_3_reset_retry_counter)
{
	static const struct row rows[] = {
		{ "3.2.3: P1=01", "002c018010" "3132333435363738"
		    "363534333231ffff:6a86" },
		{ "3.2.3: P1=02, P1=03", "002c0280083132333435363738:6a86 "
		    "002c0380:6a86" },
		{ "3.2.3: of the global PIN", "002c000010" "3132333435363738"
		    "363534333231ffff:6a88" },
		{ "3.2.3: of the PUK", "002c008110" "3132333435363738"
		    "363534333231ffff:6a88" },
		{ "3.2.3: no data", "002c0080:6a80" },
		{ "3.2.3: the PUK alone", "002c0080083132333435363738:6a80" },
		{ "2.4.3: new one malformed: the PUK is not compared",
		    "002c008010" "3032333435363738" "3635343332ffffff:6a80 "
		    "002c008010" "3032333435363738" "363534333231ffff:63c2" },
		{ "3.2.3: status as it was, in", PIN ":9000 002c008010"
		    "3132333435363738" "363534333231ffff:9000 " STATUS ":9000" },
		{ "3.2.3: status as it was, out", "002c008010"
		    "3132333435363738" "363534333231ffff:9000 " STATUS ":63c3" },
		{ "3.2.3: wrong PUK logs out, counts no PIN", PIN ":9000 "
		    "002c008010" "3032333435363738" "363534333231ffff:63c2 "
		    STATUS ":63c3 " SIGN_9A ":6982" },
		{ "3.2.3: right fills the PUK's counter", "002c008010"
		    "3032333435363738" "363534333231ffff:63c2 002c008010"
		    "3132333435363738" "363534333231ffff:9000 002c008010"
		    "3032333435363738" "363534333231ffff:63c2" },
	};

	PLAY(rows, NULL, false);
}

TEST(section_3_2_4_general_authenticate)
{
	static const struct row rows[] = {
		{ "3.2.4: algorithm of another kind", PIN ":9000 "
		    "0087079a267c2482008120" D32 ":6a86" },
		{ "3.2.4: algorithm of another size", PIN ":9000 "
		    "0087149a267c2482008120" D32 ":6a86" },
		{ "3.2.4: no such slot", "0087119f267c2482008120" D32 ":6a86" },
		{ "3.2.4: slot without a key",
		    PIN ":9000 00871182267c2482008120" D32 ":6a86" },
		{ "3.2.4: secure messaging key", "0087270404"
		    "7c028200:6a86" },
		{ "3.2.4: no PIN", SIGN_9A ":6982" },
		{ "3.2.4: 9E without PIN", SIGN_9E ":9000" },
		{ "3.2.4: 9C twice on one PIN",
		    PIN ":9000 " SIGN_9C ":9000 " SIGN_9C ":6982" },
		{ "3.2.4: 9C after a status query",
		    PIN ":9000 " STATUS ":9000 " SIGN_9C ":6982" },
		{ "3.2.4: 9C after an unknown class",
		    PIN ":9000 80cb3fff035c017e00:6e00 " SIGN_9C ":6982" },
		{ "3.2.4: 9C after an unknown instruction",
		    PIN ":9000 0012000000:6d00 " SIGN_9C ":6982" },
		{ "3.2.4: 9C after what is no command",
		    PIN ":9000 00cb3f:6700 " SIGN_9C ":6982" },
		{ "3.2.4: 9C after GET RESPONSE of nothing",
		    PIN ":9000 00c0000000:6985 " SIGN_9C ":6982" },
		{ "3.2.4: 9C after another key was used",
		    PIN ":9000 " SIGN_9E ":9000 " SIGN_9C ":6982" },
	};

	PLAY(rows, NULL, false);
}

TEST(section_3_2_4_dynamic_authentication_templates)
{
	static const struct row rows[] = {
		{ "A.4: no data", "0087119e00:6a80" },
		{ "A.4: not 7C", "0087119e267d2482008120" D32 ":6a80" },
		{ "A.4: 7C empty", "0087119e027c00:6a80" },
		{ "A.4: 7C cut", "0087119e267c2582008120" D32 ":6a80" },
		{ "A.4: 7C one short", "0087119e267c2382008120" D32 ":6a80" },
		{ "A.4: 7C of indefinite length",
		    "0087119e287c8082008120" D32 "0000:6a80" },
		{ "A.4: byte after it",
		    "0087119e277c2482008120" D32 "00:6a80" },
		{ "A.4: no place for the answer",
		    "0087119e247c228120" D32 ":6a80" },
		{ "A.4: nothing to sign", "0087119e047c028200:6a80" },
		{ "A.4: an answer in its place",
		    "0087119e277c258201008120" D32 ":6a80" },
		{ "A.4: 82 twice", "0087119e287c26820082008120" D32 ":6a80" },
		{ "A.4: 81 twice", "0087119e0a7c08820081013181" "0131:6a80" },
		{ "A.4: 81 empty", "0087119e067c0482008100:6a80" },
		{ "A.4: 81 cut", "0087119e267c2482008121" D32 ":6a80" },
		{ "A.4: digest one longer than the curve",
		    "0087119e277c2582008121" D32 "00:6a80" },
		{ "A.4: unknown item", "0087119e077c0582008301" "00:6a80" },
		{ "A.4: 81 and 85",
		    "0087119e097c0782008101318500:6a80" },
		{ "A.4: items the other way round is fine",
		    "0087119e267c248120" D32 "8200:9000" },
		{ "A.4: long form of lengths is fine",
		    "0087119e287c812582008181" "20" D32 ":9000" },
		{ "A.5: no point", "0087119e067c0482008500:6a80" },
		{ "A.5: a compressed point", "0087119e277c2582008521" "02"
		    D32 ":6a80" },
		{ "A.5: a point that is not on the curve",
		    "0087119e477c4582008541" "04" D32 D32 ":6a80" },
		{ "A.5: the point at infinity", "0087119e077c0582008501"
		    "00:6a80" },
	};

	PLAY(rows, NULL, false);
}

#define PUT_9A "00db3fff095c035fc10553023130"

TEST(section_3_3_1_put_data)
{
	static const struct row rows[] = {
		{ "3.3.1: nobody", PUT_9A ":6982" },
		{ "3.3.1: the PIN is not enough", PIN ":9000 " PUT_9A ":6982" },
		{ "3.3.1: in a chain", "10db3fff055c035fc105:9000 "
		    "00db3fff0453023130:6982 00cb3fff055c035fc10500:6a82" },
		{ "3.3.1: discovery", "00db3fff047e024f00:6982" },
	};
	static const struct row admin[] = {
		{ "3.3.1: P1", "00db00ff095c035fc10553023130:6a86" },
		{ "3.3.1: P2", "00db3f00095c035fc10553023130:6a86" },
		{ "3.3.1: no data", "00db3fff00:6a80" },
		{ "3.3.1: no value", "00db3fff055c035fc105:6a80" },
		{ "3.3.1: value of another tag",
		    "00db3fff095c035fc10554023130:6a80" },
		{ "3.3.1: byte after it",
		    "00db3fff0a5c035fc1055302313000:6a80" },
		{ "3.3.1: not one of PIV's",
		    "00db3fff095c035fd10553023130:6a82" },
		{ "3.3.1: written and read", PUT_9A ":9000 "
		    "00cb3fff055c035fc10500:9000" },
		{ "3.3.1: written empty is gone", PUT_9A ":9000 "
		    "00db3fff075c035fc1055300:9000 "
		    "00cb3fff055c035fc10500:6a82" },
		{ "3.3.1: biometric group", "00db3fff067f610302" "0100:9000 "
		    "00cb3fff045c027f6100:9000" },
		{ "3.3.1: a reset ends it", PUT_9A ":9000 "
		    "00a4040007a0000005272001:6a82 " PUT_9A ":9000" },
	};

	PLAY(rows, NULL, false);
	PLAY(admin, NULL, true);
}

TEST(section_3_3_2_generate_asymmetric_key_pair)
{
	static const struct row rows[] = {
		{ "3.3.2: nobody, 9A", "0047009a05ac0380011100:6982" },
		{ "3.3.2: nobody, 9E", "0047009e05ac0380011100:6982" },
		{ "3.3.2: nobody, 82", "0047008205ac0380011100:6982" },
		{ "3.3.2: the PIN is not enough",
		    PIN ":9000 0047009a05ac0380011100:6982" },
		{ "3.3.2: in a chain", "1047009a02ac03:9000 "
		    "0047009a0380011100:6982" },
	};
	static const struct row admin[] = {
		{ "3.3.2: P1", "0047019a05ac0380011100:6a86" },
		{ "3.3.2: in 9B", "0047009b05ac0380011100:6a86" },
		{ "3.3.2: in 04", "0047000405ac0380012700:6a86" },
		{ "3.3.2: in 00", "0047000005ac0380011100:6a86" },
		{ "3.3.2: no data", "0047009a00:6a80" },
		{ "3.3.2: AC empty", "0047009a02ac0000:6a80" },
		{ "3.3.2: AC cut", "0047009a05ac0480011100:6a80" },
		{ "3.3.2: no length of algorithm", "0047009a04ac02800000:6a80" },
		{ "3.3.2: two bytes of algorithm",
		    "0047009a06ac048002001100:6a80" },
		{ "3.3.2: RSA 1024", "0047009a05ac0380010600:6a80" },
		{ "3.3.2: a cipher", "0047009a05ac0380010300:6a80" },
		{ "3.3.2: unknown item", "0047009a08ac0680011185010100:6a80" },
		{ "3.3.2: byte after it", "0047009a06ac038001110000:6a80" },
		{ "3.3.2: the new key signs, in a chain",
		    "1047009e02ac03:9000 0047009e0380011100:9000 "
		    SIGN_9E ":9000" },
		{ "3.3.2: refused, the old key stays",
		    "0047009e05ac0380010600:6a80 " SIGN_9E ":9000" },
	};

	PLAY(rows, NULL, false);
	PLAY(admin, NULL, true);
}

/* ISO/IEC 7816-4:2013, 5.1.1.1: what is between two pieces ends the chain. */
TEST(a_chain_that_is_broken_off_is_forgotten)
{
#define FIRST "10cb3fff025c03:9000 "
#define LAST "00cb3fff035fc10200"
	static const struct row rows[] = {
		{ "whole", FIRST LAST ":9000" },
		{ "another command", FIRST STATUS ":63c3 " LAST ":6a80" },
		{ "unknown instruction", FIRST "0012000000:6d00 " LAST ":6a80" },
		{ "another class", FIRST "80cb3fff0100:6e00 " LAST ":6a80" },
		{ "secure messaging", FIRST "0ccb3fff0100:6882 " LAST ":6a80" },
		{ "no command", FIRST "00cb:6700 " LAST ":6a80" },
		{ "GET RESPONSE", FIRST "00c0000000:6985 " LAST ":6a80" },
		{ "a chain of another command",
		    FIRST "10db3fff025c03:9000 " LAST ":6a80" },
		{ "SELECT", FIRST SELECT_PIV ":9000 " LAST ":6a80" },
		{ "VERIFY in a chain of its own is one VERIFY",
		    "10200080043132" "3334:9000 0020008004" "3536ffff:9000" },
		{ "half a PIN is never compared", "10200080043132" "3334:9000 "
		    STATUS "00:6a80 " STATUS ":63c3" },
	};

	PLAY(rows, NULL, false);
}
/* clang-format on */

TEST_MAIN("vcard/standard")
