#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# OpenSC on the virtual card: opensc-tool, pkcs11-tool, piv-tool. Every result
# is verified with openssl. usage: vcard-opensc.sh PATH-OF-SCS-VCARD
set -u
VCARD=$1
. "$(dirname "$0")/vcard-lib.sh"
in_private "$@"
begin 24000

P11=/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so
[ -e "$P11" ] || P11=$(find /usr/lib -name opensc-pkcs11.so | head -n 1)

p11() {
	pkcs11-tool --module "$P11" "$@"
}

cert() { # SLOT
	"$VCARD" export "$W/card" "$1" |
		openssl x509 -inform der -out "$W/$1.pem" &&
		openssl x509 -in "$W/$1.pem" -noout -pubkey >"$W/$1.pub"
}

sign_rsa() { # ID SLOT
	head -c 100 /dev/urandom >"$W/data"
	rm -f "$W/sig"
	p11 --login --pin 123456 --sign --id "$1" -m SHA256-RSA-PKCS \
		-i "$W/data" -o "$W/sig" &&
		openssl dgst -sha256 -verify "$W/$2.pub" \
			-signature "$W/sig" "$W/data"
}

sign_ec() { # ID SLOT [OPTIONS]
	id=$1 slot=$2
	shift 2
	head -c 32 /dev/urandom >"$W/digest"
	rm -f "$W/sig"
	p11 "$@" --sign --id "$id" -m ECDSA --signature-format openssl \
		-i "$W/digest" -o "$W/sig" &&
		openssl pkeyutl -verify -pubin -inkey "$W/$slot.pub" \
			-sigfile "$W/sig" -in "$W/digest"
}

decrypt_rsa() { # ID SLOT
	head -c 48 /dev/urandom >"$W/plain"
	rm -f "$W/back"
	openssl pkeyutl -encrypt -pubin -inkey "$W/$2.pub" -in "$W/plain" \
		-out "$W/cipher" &&
		p11 --login --pin 123456 --decrypt --id "$1" -m RSA-PKCS \
			-i "$W/cipher" -o "$W/back" &&
		cmp "$W/plain" "$W/back"
}

derive_ec() { # ID SLOT CURVE
	openssl ecparam -genkey -noout -name "$3" -out "$W/peer.key" &&
		openssl ec -in "$W/peer.key" -pubout -outform der \
			-out "$W/peer.der" &&
		rm -f "$W/shared" &&
		p11 --login --pin 123456 --derive --id "$1" \
			-m ECDH1-DERIVE -i "$W/peer.der" -o "$W/shared" &&
		openssl pkeyutl -derive -inkey "$W/peer.key" \
			-peerkey "$W/$2.pub" -out "$W/want" &&
		cmp "$W/want" "$W/shared"
}

# RSA 4096 is more than OpenSC knows of PIV: its tool (short APDUs; it fetches
# the rest of an answer) and scriptor (extended length) carry the commands, and
# openssl makes and judges what is in them.
hex_of() { # FILE
	od -An -v -tx1 "$1" | tr -d ' \n'
}

SELECT=00a4040009a0000003080000100000
VERIFY=0020008008313233343536ffff

in_short() { # SLOT DATA: 522 bytes in pieces of at most 255; the answer
	opensc-tool -c default -s $SELECT -s $VERIFY \
		-s "108716${1}ff$(echo "$2" | cut -c1-510)" \
		-s "108716${1}ff$(echo "$2" | cut -c511-1020)" \
		-s "008716${1}0c$(echo "$2" | cut -c1021-)00" |
		sed -n '/^Received/h; /^Received/!H; ${x;p;}' |
		tail -n +2 | cut -c1-48 | tr -dc '0-9A-F'
}

in_one() { # SLOT DATA: the same in one command
	printf '%s\n%s\n008716%s00020a%s0000\n' $SELECT $VERIFY "$1" "$2" |
		scriptor -p T=1 | sed -n '/^>/h; /^>/!H; ${x;p;}' |
		tail -n +2 | sed 's/ 90 00 : Normal.*//' | tr -dc '0-9A-F'
}

raw_key() { # in_short|in_one SLOT IN OUT: a key's answer to 512 bytes
	answer=$($1 "$2" "7c820206820081820200$(hex_of "$3")")
	echo "$answer"
	case $answer in # 7C { 82 { 512 bytes } }
	7C82020482820200*) ;;
	*) return 1 ;;
	esac
	printf '%b' "$(echo "${answer#7C82020482820200}" |
		sed 's/../\\x&/g')" >"$4"
	[ "$(wc -c <"$4")" = 512 ]
}

sign_4096() { # in_short|in_one SLOT
	head -c 32 /dev/urandom >"$W/digest"
	rm -f "$W/sig"
	# RFC 8017, 9.2: 00 01 FF .. FF 00 DigestInfo
	{
		printf '\000\001'
		head -c 458 /dev/zero | tr '\000' '\377'
		printf '\000\060\061\060\015\006\011\140\206\110\001\145\003\004'
		printf '\002\001\005\000\004\040'
		cat "$W/digest"
	} >"$W/block"
	raw_key "$1" "$2" "$W/block" "$W/sig" &&
		openssl pkeyutl -verify -pubin -inkey "$W/$2.pub" \
			-sigfile "$W/sig" -in "$W/digest" \
			-pkeyopt rsa_padding_mode:pkcs1 -pkeyopt digest:sha256
}

decrypt_4096() { # in_short|in_one SLOT
	head -c 48 /dev/urandom >"$W/plain"
	rm -f "$W/back"
	openssl pkeyutl -encrypt -pubin -inkey "$W/$2.pub" -in "$W/plain" \
		-out "$W/cipher" &&
		raw_key "$1" "$2" "$W/cipher" "$W/back" &&
		tail -c 48 "$W/back" | cmp - "$W/plain"
}

tries_are() { # N
	tell status | grep -qx "pin-tries $1"
}

# piv-tool 0.23 fails after a good answer, in its own use of OpenSSL 3: what
# counts is the key that the card has made.
generate_by_piv_tool() { # ALG KIND
	cp "$W/empty" "$W/before"
	PIV_EXT_AUTH_KEY=$W/mgm piv-tool -A "M:9B:$MGM" -G "9A:$1" -o "$W/g.pub"
	! cmp -s "$W/empty" "$W/before" &&
		"$VCARD" export "$W/empty" 9a --public |
		openssl pkey -pubin -inform der -noout -text | grep "$2"
}

# its exit status after a good load is not 0: what counts is what is there
load_by_piv_tool() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$W/x.key" \
		-subj /CN=loaded -out "$W/x.pem" -days 10 2>/dev/null
	PIV_EXT_AUTH_KEY=$W/mgm piv-tool -A "M:9B:$MGM" -C 9E -i "$W/x.pem"
	openssl x509 -in "$W/x.pem" -outform der -out "$W/x.der" &&
		"$VCARD" export "$W/empty" 9e | cmp - "$W/x.der"
}

sign_without_pin() {
	head -c 32 /dev/urandom >"$W/digest"
	pkcs15-crypt -s -k 04 --raw -f openssl -i "$W/digest" -o "$W/sig" \
		</dev/null &&
		openssl pkeyutl -verify -pubin -inkey "$W/9e.pub" \
			-sigfile "$W/sig" -in "$W/digest"
}

start_pcscd "Virtual Card Reader"

# 9A and 9D RSA 2048, 9C and 9E P-256, short APDUs
"$VCARD" create "$W/card" && "$VCARD" personalize "$W/card" \
	--authority "$W/ca.pem,$W/ca.key" --subject "CN=Jane Doe" || exit 1
for slot in 9a 9c 9d 9e; do
	cert "$slot"
done
start_card "$W/card"
check "opensc-tool sees the card's ATR" card_seen
check "opensc-tool takes it for a PIV card" sh -c 'opensc-tool -n | grep "Personal Identity Verification"'
check "pkcs11-tool lists four certificates" \
	sh -c "pkcs11-tool --module $P11 -O | grep -c 'Certificate Object' | grep -qx 4"
check "9A RSA 2048 signs after login" sign_rsa 01 9a
check "9C P-256 signs with its PIN" sign_ec 02 9c --login --pin 123456
check "9D RSA 2048 deciphers" decrypt_rsa 03 9d
check "9E P-256 signs without login" sign_without_pin
n=$(counted sign_rsa 01 9a) && echo "APDUs, OpenSC, login and signature with 9A: $n"
check_fails "a wrong PIN is refused" p11 --login --pin 999999 -O
check "and is counted by the card" tries_are 2
check "the right PIN fills the counter" p11 --login --pin 123456 -O
check "so that three are left" tries_are 3
for i in 1 2 3; do
	p11 --login --pin 999999 -O >/dev/null 2>&1
done
check "three wrong ones block the PIN" tries_are 0
check_fails "the right PIN comes too late" p11 --login --pin 123456 -O
check_fails "a wrong PUK does not unblock" pkcs15-tool --unblock-pin \
	--auth-id 01 --puk 00000000 --new-pin 123456
check "the PUK unblocks" pkcs15-tool --unblock-pin --auth-id 01 \
	--puk 12345678 --new-pin 123456
check "a card unblocked has its three tries" tries_are 3
check "PIN change" p11 --login --pin 123456 --change-pin --new-pin 65432100
check_fails "the old PIN is refused" p11 --login --pin 123456 -O
check "the new one is taken" p11 --login --pin 65432100 -O
tell remove
check "a pulled card is gone" wait_for 300 fails card_seen
tell insert
check "a card put back is seen" wait_for 300 card_seen
stop_card

# RSA 3072, P-384 in retired slots too; extended length
mv "$W/card" "$W/card.old"
"$VCARD" create "$W/card" --extended && "$VCARD" personalize "$W/card" \
	--authority "$W/ca.pem,$W/ca.key" --slot 9a:rsa3072 --slot 9c:p384 \
	--slot 9d:p384 --slot 9e:p256 --slot 82:p256 --slot 83:rsa2048 --gzip ||
	exit 1
for slot in 9a 9c 9d 9e; do
	cp /dev/null "$W/$slot.pub"
done
start_card "$W/card"
key_of() { # SLOT ID: a compressed certificate, read by OpenSC
	p11 --read-object --type cert --id "$2" -o "$W/$1.der" &&
		openssl x509 -inform der -in "$W/$1.der" -noout -pubkey \
			>"$W/$1.pub"
}
for pair in 9a:01 9c:02 9d:03 9e:04 82:05 83:06; do
	check "compressed certificate of ${pair%:*} is read" \
		key_of "${pair%:*}" "${pair#*:}"
done
check "the certificate verifies against the authority" \
	sh -c "openssl x509 -inform der -in $W/9a.der | openssl verify -CAfile $W/ca.pem"
check "9A RSA 3072 signs" sign_rsa 01 9a
check "9C P-384 signs" sign_ec 02 9c --login --pin 123456
check "9D P-384 agrees on a key" derive_ec 03 9d secp384r1
check "retired 82 P-256 agrees on a key" derive_ec 05 82 prime256v1
check "retired 83 RSA 2048 deciphers" decrypt_rsa 06 83
n=$(counted sign_rsa 01 9a) && echo "APDUs, OpenSC, the same with RSA 3072 and extended length: $n"
stop_card

# RSA 4096, in short APDUs and with extended length
for way in in_short in_one; do
	rm -f "$W/card"
	"$VCARD" create "$W/card" $([ $way = in_short ] || echo --extended) &&
		"$VCARD" personalize "$W/card" \
			--authority "$W/ca.pem,$W/ca.key" --slot 9a:rsa4096 \
			--slot 9d:rsa4096 || exit 1
	cert 9a && cert 9d
	start_card "$W/card"
	check "9A RSA 4096 signs, $way" sign_4096 $way 9a
	check "9D RSA 4096 deciphers, $way" decrypt_4096 $way 9d
	stop_card
done

# empty cards, their management keys (external authentication is broken in
# piv-tool 0.23: it miscounts its own template and sends nothing)
hex_key() { # BYTES
	seq -f '0%.0f' 1 8 | cat - <(seq -f '0%.0f' 1 8) <(seq -f '0%.0f' 1 8) \
		<(seq -f '0%.0f' 1 8) | head -n "$1" | paste -sd : | tr -d '\n'
}
empty_card() { # ALG NAME BYTES
	MGM=$1
	rm -f "$W/empty"
	hex_key "$3" >"$W/mgm"
	"$VCARD" create "$W/empty" --management-alg "$2" || exit 1
	start_card "$W/empty"
}
empty_card 03 3des 24
check "piv-tool: mutual authentication with 3DES, RSA 2048 generated" \
	generate_by_piv_tool 07 '2048 bit'
check "piv-tool: P-256 generated" generate_by_piv_tool 11 P-256
check "piv-tool: P-384 generated" generate_by_piv_tool 14 P-384
check "piv-tool: certificate loaded" load_by_piv_tool
printf '09:%s' "$(hex_key 23)" >"$W/mgm"
check_fails "piv-tool: a wrong management key is refused" \
	generate_by_piv_tool 11 P-256
stop_card
for kind in '08 aes128 16' '0A aes192 24' '0C aes256 32'; do
	# shellcheck disable=SC2086
	empty_card $kind
	check "piv-tool: mutual authentication with ${kind#* }, certificate loaded" \
		load_by_piv_tool
	stop_card
done
finish
