/* SPDX-License-Identifier: BSD-2-Clause */
/* Every preference there is: SmartCardServices(7), and ignoreArd of its section
 * REMOTE ACCESS. */
#include <string.h>

#include "prefs/prefs.h"

/* clang-format off */
const struct pref_key pref_keys[PREF_COUNT] = {
	[PREF_USER_PAIRING] =
	    { PREFS_SMARTCARD, "UserPairing", PREF_BOOL, 1, 0, 1 },
	[PREF_ALLOW_SMART_CARD] =
	    { PREFS_SMARTCARD, "allowSmartCard", PREF_BOOL, 1, 0, 1 },
	[PREF_ONE_CARD_PER_USER] =
	    { PREFS_SMARTCARD, "oneCardPerUser", PREF_BOOL, 0, 0, 1 },
	[PREF_CHECK_CERTIFICATE_TRUST] =
	    { PREFS_SMARTCARD, "checkCertificateTrust", PREF_INT, 0, 0, 3 },
	[PREF_ENFORCE_SMART_CARD] =
	    { PREFS_SMARTCARD, "enforceSmartCard", PREF_BOOL, 0, 0, 1 },
	[PREF_TOKEN_REMOVAL_ACTION] =
	    { PREFS_SMARTCARD, "tokenRemovalAction", PREF_INT, 0, 0, 1 },
	[PREF_ALLOW_UNMAPPED_USERS] =
	    { PREFS_SMARTCARD, "allowUnmappedUsers", PREF_INT, 0, 0, 1 },
	[PREF_DISABLED_TOKENS] =
	    { PREFS_SMARTCARD, "DisabledTokens", PREF_LIST, 0, 0, 0 },
	[PREF_LOGGING] =
	    { PREFS_SMARTCARD, "Logging", PREF_BOOL, 0, 0, 1 },
	[PREF_USE_IFD_CCID] =
	    { PREFS_SMARTCARD, "useIFDCCID", PREF_BOOL, 0, 0, 1 },
	[PREF_ALLOW_ALTERNATIVE_FI_DI] =
	    { PREFS_SMARTCARD, "AllowAlternativeFiDi", PREF_BOOL, 0, 0, 1 },
	[PREF_USE_PUBKEY_HASH_NETWORK_OD] =
	    { PREFS_SMARTCARD, "usePubkeyHashNetworkOd", PREF_BOOL, 0, 0, 1 },
	[PREF_CARDS_NEED_BASE_FI_DI] =
	    { PREFS_SMARTCARD, "CardsNeedsBaseFiDi", PREF_LIST, 0, 0, 0 },
	[PREF_IGNORE_ARD] =
	    { PREFS_AUTHORIZATION, "ignoreArd", PREF_BOOL, 0, 0, 1 },
};
/* clang-format on */

enum pref
pref_find(const char *domain, const char *name)
{
	for (unsigned int i = 0; i < PREF_COUNT; i++) {
		if (strcmp(pref_keys[i].domain, domain) == 0 &&
		    strcmp(pref_keys[i].name, name) == 0)
			return (enum pref)i;
	}
	return PREF_COUNT;
}
