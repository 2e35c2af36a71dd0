/* SPDX-License-Identifier: BSD-2-Clause */
#include "login/pam/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void
words_choice(const struct answer_users *c, char out[WORDS_CHOICE_MAX])
{
	size_t n = 0;

	n += (size_t)snprintf(
	    out, WORDS_CHOICE_MAX, "Several users have this card:");
	for (unsigned int i = 0; i < c->n && n < WORDS_CHOICE_MAX; i++)
		n += (size_t)snprintf(out + n, WORDS_CHOICE_MAX - n, "%s %u %s",
		    i > 0 ? "," : "", i + 1, c->users[i]);
	if (n < WORDS_CHOICE_MAX)
		(void)snprintf(
		    out + n, WORDS_CHOICE_MAX - n, ". Number or name: ");
}

bool
words_chosen(
    const struct answer_users *c, const char *text, unsigned int *index)
{
	char number[16];

	for (unsigned int i = 0; i < c->n; i++) {
		if (strcmp(text, c->users[i]) == 0) {
			*index = i;
			return true;
		}
	}
	for (unsigned int i = 0; i < c->n; i++) {
		(void)snprintf(number, sizeof(number), "%u", i + 1);
		if (strcmp(text, number) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

void
words_prompt(const char *label, char out[WORDS_PROMPT_MAX])
{
	(void)snprintf(out, WORDS_PROMPT_MAX, "Enter PIN for '%s': ",
	    label[0] != '\0' ? label : "Unnamed certificate");
}

void
words_rejected(const struct answer_prompt *p, char out[WORDS_REJECTED_MAX])
{
	if (p->message[0] != '\0')
		(void)snprintf(out, WORDS_REJECTED_MAX, "%s", p->message);
	else if (p->tries == ANSWER_TRIES_UNKNOWN)
		(void)snprintf(out, WORDS_REJECTED_MAX, "PIN rejected");
	else
		(void)snprintf(out, WORDS_REJECTED_MAX,
		    "PIN rejected, %u %s left", (unsigned int)p->tries,
		    p->tries == 1 ? "try" : "tries");
}

bool
words_yes(const char *text)
{
	return strcasecmp(text, "yes") == 0;
}

/* For a service that gave no reason. */
static const char *
what_happened(enum verdict v)
{
	switch (v) {
	case VERDICT_NO_CARD:
		return "no card found";
	case VERDICT_NOT_PAIRED:
		return "the card is not paired with this user";
	case VERDICT_REFUSED:
		return "refused";
	case VERDICT_WRONG_PIN:
		return "PIN rejected";
	case VERDICT_BLOCKED:
		return "the card's PIN is blocked";
	case VERDICT_NO_CONSENT:
		return "no PIN given";
	case VERDICT_CARD_ERROR:
		return "the card failed";
	case VERDICT_SERVICE:
		return "the service is not available";
	case VERDICT_OK:
	case VERDICT_INTERNAL:
	case VERDICT_COUNT_:
		break;
	}
	return "failed";
}

static const char *
what_to_do(enum verdict v)
{
	switch (v) {
	case VERDICT_NO_CARD:
		return "insert your card and try again";
	case VERDICT_NOT_PAIRED:
		return "use your own card, or have this one paired";
	case VERDICT_REFUSED:
		return "ask your administrator";
	case VERDICT_WRONG_PIN:
		return "make sure of the PIN before you try again";
	case VERDICT_BLOCKED:
		return "set a new PIN with the PUK (sc_auth changepin -u)";
	case VERDICT_NO_CONSENT:
		return "log in again when you are sure";
	case VERDICT_CARD_ERROR:
		return "insert the card again and try again";
	case VERDICT_SERVICE:
		return "try again, or tell your administrator";
	case VERDICT_OK:
	case VERDICT_INTERNAL:
	case VERDICT_COUNT_:
		break;
	}
	return "tell your administrator to look in the system log";
}

void
words_end(enum verdict v, const char *reason, char out[WORDS_END_MAX])
{
	(void)snprintf(out, WORDS_END_MAX, "smart card login: %s; %s",
	    reason[0] != '\0' ? reason : what_happened(v), what_to_do(v));
}
