#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Yubico's tools on the virtual card: yubico-piv-tool and ykcs11 (which wants
# "Yubico" in the reader's name). Every result is verified with openssl.
# usage: vcard-yubico.sh PATH-OF-SCS-VCARD
set -u
VCARD=$1
. "$(dirname "$0")/vcard-lib.sh"
in_private "$@"
command -v yubico-piv-tool >/dev/null || skip "yubico-piv-tool is not installed"
YKCS11=$(find /usr/lib -name 'libykcs11.so.2' | head -n 1)
[ -n "$YKCS11" ] || skip "ykcs11 is not installed"
begin 26000

ypt() {
	yubico-piv-tool -r Yubico "$@"
}

p11() {
	pkcs11-tool --module "$YKCS11" "$@"
}

tries_are() { # N
	tell status | grep -qx "pin-tries $1"
}

generate() { # SLOT ALG KIND
	rm -f "$W/pub"
	ypt -a generate -s "$1" -A "$2" -o "$W/pub" &&
		openssl pkey -pubin -in "$W/pub" -noout -text | grep "$3" &&
		"$VCARD" export "$W/card" "$1" --public |
		openssl pkey -pubin -inform der | cmp - "$W/pub"
}

# a key pair and its certificate, made outside, put on the card
import() { # SLOT KIND
	case $2 in
	rsa2048) openssl genrsa -out "$W/$1.key" 2048 ;;
	*) openssl ecparam -name "$2" -genkey -noout -out "$W/$1.key" ;;
	esac
	openssl req -x509 -new -key "$W/$1.key" -subj "/CN=imported $1" \
		-days 100 -out "$W/$1.pem" &&
		openssl x509 -in "$W/$1.pem" -noout -pubkey >"$W/$1.pub" &&
		ypt -a import-key -s "$1" -i "$W/$1.key" &&
		ypt -a import-certificate -s "$1" -i "$W/$1.pem" &&
		"$VCARD" export "$W/card" "$1" --public |
		openssl pkey -pubin -inform der | cmp - "$W/$1.pub"
}

read_back() { # SLOT
	ypt -a read-certificate -s "$1" -o "$W/back.pem" &&
		openssl x509 -in "$W/back.pem" -outform der -out "$W/back.der" &&
		openssl x509 -in "$W/$1.pem" -outform der | cmp - "$W/back.der"
}

signs() { # SLOT [PIN]
	if [ $# -eq 2 ]; then
		set -- "$1" -a verify-pin -P "$2"
	fi
	slot=$1
	shift
	ypt "$@" -a test-signature -s "$slot" -i "$W/$slot.pem" 2>&1 |
		tee /dev/stderr | grep -q 'Successful'
}

deciphers() { # SLOT
	ypt -a verify-pin -P 123456 -a test-decipher -s "$1" -i "$W/$1.pem" 2>&1 |
		tee /dev/stderr | grep -q 'Successful'
}

sign_rsa() { # ID SLOT
	head -c 100 /dev/urandom >"$W/data"
	rm -f "$W/sig"
	p11 --login --pin 123456 --sign --id "$1" -m SHA256-RSA-PKCS \
		-i "$W/data" -o "$W/sig" &&
		openssl dgst -sha256 -verify "$W/$2.pub" \
			-signature "$W/sig" "$W/data"
}

sign_ec() { # ID SLOT
	head -c 32 /dev/urandom >"$W/digest"
	rm -f "$W/sig"
	p11 --login --pin 123456 --sign --id "$1" -m ECDSA \
		--signature-format openssl -i "$W/digest" -o "$W/sig" &&
		openssl pkeyutl -verify -pubin -inkey "$W/$2.pub" \
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

derive_ec() { # ID SLOT
	openssl ecparam -genkey -noout -name prime256v1 -out "$W/peer.key" &&
		openssl ec -in "$W/peer.key" -pubout -outform der \
			-out "$W/peer.der" &&
		rm -f "$W/shared" &&
		p11 --login --pin 123456 --derive --id "$1" \
			-m ECDH1-DERIVE -i "$W/peer.der" -o "$W/shared" &&
		openssl pkeyutl -derive -inkey "$W/peer.key" \
			-peerkey "$W/$2.pub" -out "$W/want" &&
		cmp "$W/want" "$W/shared"
}

start_pcscd "Yubico Virtual Reader"
"$VCARD" create "$W/card" --yubico --serial 4711 || exit 1
start_card "$W/card"

check "version" sh -c 'yubico-piv-tool -r Yubico -a version | grep 5.2.7'
check "status shows the serial number" \
	sh -c 'yubico-piv-tool -r Yubico -a status | grep 4711'
check "generate RSA 2048 in 9A" generate 9a RSA2048 '2048 bit'
check "generate P-256 in 9C" generate 9c ECCP256 P-256
check "generate P-384 in 82" generate 82 ECCP384 P-384
check "import RSA 2048 and certificate into 9A" import 9a rsa2048
check "import P-256 and certificate into 9C" import 9c prime256v1
check "import RSA 2048 and certificate into 9D" import 9d rsa2048
check "import P-384 and certificate into 9E" import 9e secp384r1
check "import P-256 and certificate into 95" import 95 prime256v1
check "the certificate reads back" read_back 9a
check "verify-pin" ypt -a verify-pin -P 123456
check "test-signature 9A RSA 2048" signs 9a 123456
check_fails "test-signature 9A without the PIN is refused" signs 9a
check "test-signature 9C P-256" signs 9c 123456
check "test-signature 9E P-384 without the PIN" signs 9e
check "test-decipher 9D RSA 2048" deciphers 9d
check "test-decipher 95 P-256 (key agreement)" deciphers 95
check_fails "verify-pin with a wrong PIN" ypt -a verify-pin -P 111111
check "it was counted" tries_are 2
check "change-pin" ypt -a change-pin -P 123456 -N 654321
check "the counter is full" tries_are 3
check_fails "the old PIN is refused" ypt -a verify-pin -P 123456
check "the new PIN is taken" ypt -a verify-pin -P 654321
for i in 1 2 3; do
	ypt -a verify-pin -P 111111 >/dev/null 2>&1
done
check "three wrong ones block" tries_are 0
check_fails "the right one comes too late" ypt -a verify-pin -P 654321
check_fails "unblock-pin with a wrong PUK" ypt -a unblock-pin -P 00000000 -N 123456
check "unblock-pin" ypt -a unblock-pin -P 12345678 -N 123456
check "the PIN works again" ypt -a verify-pin -P 123456
check "change-puk" ypt -a change-puk -P 12345678 -N 87654321
check_fails "the old PUK is refused" ypt -a unblock-pin -P 12345678 -N 123456
check "set-mgm-key" ypt -a set-mgm-key \
	-n 0807060504030201080706050403020108070605040302ff
check_fails "the old management key is refused" ypt -a set-ccc
check "the new one is taken" ypt -a set-ccc \
	-k0807060504030201080706050403020108070605040302ff
check "set-chuid" ypt -a set-chuid \
	-k0807060504030201080706050403020108070605040302ff

check "ykcs11 lists the certificates" sh -c \
	"pkcs11-tool --module $YKCS11 -O --type cert | grep 'Certificate for PIV Authentication'"
check "ykcs11: 9A RSA 2048 signs" sign_rsa 01 9a
check "ykcs11: 9C P-256 signs" sign_ec 02 9c
check "ykcs11: 9D RSA 2048 deciphers" decrypt_rsa 03 9d
check "ykcs11: 95 P-256 agrees on a key" derive_ec 18 95
check_fails "ykcs11: a wrong PIN" p11 --login --pin 999999 -O
check "was counted" tries_are 2
n=$(counted sign_rsa 01 9a) && echo "APDUs, ykcs11, login and signature with 9A: $n"
stop_card
finish
