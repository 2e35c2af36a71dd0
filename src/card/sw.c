/* SPDX-License-Identifier: BSD-2-Clause */
#include "card/sw.h"

/* clang-format off */
static const struct {
	uint16_t sw, mask;
	err_t e;
	const char *text;
} words[] = {
	{ 0x9000, 0xffff, ERR_OK,          "success" },
	{ 0x6100, 0xff00, ERR_CARD,        "more data than it gave" },
	{ 0x6281, 0xffff, ERR_CARD,        "its data may be corrupted" },
	{ 0x6282, 0xffff, ERR_CARD,        "end of file reached" },
	{ 0x6283, 0xffff, ERR_CARD,        "the file is deactivated" },
	{ 0x6285, 0xffff, ERR_CARD,        "the application is terminated" },
	{ 0x6300, 0xfff0, ERR_PIN_WRONG,   "verification failed" },
	{ 0x63c0, 0xfff0, ERR_PIN_WRONG,   "verification failed" },
	{ 0x6581, 0xffff, ERR_CARD,        "its memory failed" },
	{ 0x6700, 0xffff, ERR_CARD,        "wrong length" },
	{ 0x6881, 0xffff, ERR_UNSUPPORTED, "no such logical channel" },
	{ 0x6882, 0xffff, ERR_UNSUPPORTED, "no secure messaging" },
	{ 0x6883, 0xffff, ERR_CARD,        "last command of a chain expected" },
	{ 0x6884, 0xffff, ERR_UNSUPPORTED, "no command chaining" },
	{ 0x6982, 0xffff, ERR_PIN_NEEDED,  "security status not satisfied" },
	{ 0x6983, 0xffff, ERR_PIN_BLOCKED, "blocked" },
	{ 0x6985, 0xffff, ERR_CARD,        "conditions of use not satisfied" },
	{ 0x6987, 0xffff, ERR_CARD,        "secure messaging data missing" },
	{ 0x6988, 0xffff, ERR_CARD,        "secure messaging data wrong" },
	{ 0x6a80, 0xffff, ERR_CARD,        "wrong data" },
	{ 0x6a81, 0xffff, ERR_UNSUPPORTED, "function not supported" },
	{ 0x6a82, 0xffff, ERR_ABSENT,      "not found" },
	{ 0x6a84, 0xffff, ERR_CARD,        "not enough memory" },
	{ 0x6a86, 0xffff, ERR_UNSUPPORTED, "wrong parameters P1 or P2" },
	{ 0x6a88, 0xffff, ERR_ABSENT,      "no such key or data" },
	{ 0x6b00, 0xffff, ERR_UNSUPPORTED, "wrong parameters P1 or P2" },
	{ 0x6d00, 0xffff, ERR_UNSUPPORTED, "unknown instruction" },
	{ 0x6e00, 0xffff, ERR_UNSUPPORTED, "unknown class" },
	{ 0x6f00, 0xff00, ERR_CARD,        "internal failure" },
	{ 0x6c00, 0xff00, ERR_CARD,        "another length was expected" },
};
/* clang-format on */

static size_t
find(uint16_t sw)
{
	size_t i = 0;

	while (i < nitems(words) && (sw & words[i].mask) != words[i].sw)
		i++;
	return i;
}

const char *
sw_text(uint16_t sw)
{
	size_t i = find(sw);

	return i < nitems(words) ? words[i].text : "an unknown status";
}

err_t
sw_err(uint16_t sw)
{
	size_t i = find(sw);

	return i < nitems(words) ? words[i].e : ERR_CARD;
}

err_t
sw_check(uint16_t sw, const char *what, struct why *why)
{
	err_t e = sw_err(sw);

	if (e == ERR_OK)
		return ERR_OK;
	/* only who presents a secret may hear that it was wrong */
	if (e == ERR_PIN_WRONG)
		e = ERR_CARD;
	return why_add(
	    why, e, "%s: the card says %s (%04X)", what, sw_text(sw), sw);
}

err_t
sw_check_secret(
    uint16_t sw, const char *what, unsigned int *tries, struct why *why)
{
	/* 630x: early YubiKeys; 6300 alone is the standard's "not said" */
	if ((sw & 0xfff0) == 0x63c0 ||
	    ((sw & 0xfff0) == 0x6300 && sw != 0x6300))
		*tries = sw & 0x0f;
	if (sw == SW_BLOCKED || sw == 0x63c0) {
		*tries = 0;
		return why_add(why, ERR_PIN_BLOCKED,
		    "%s: blocked, no tries left (%04X)", what, sw);
	}
	/* "wrong" is what everybody says of it who asked for the secret */
	if (sw_err(sw) == ERR_PIN_WRONG)
		return ERR_PIN_WRONG;
	return sw_check(sw, what, why);
}
