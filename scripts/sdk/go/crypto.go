package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

var message = []byte("a message to be signed")

func data(kms *Kms, _ Settings) {
	id := kms.key("go-data", nil)
	context := M{"additional_authenticated_data": "invoice 7"}
	clear := "Grüße, \n世界"
	sealed := kms.call("EncryptData", with(context, M{"key_id": id, "plain_text": clear}))
	opened := kms.call("DecryptData", with(context, M{"cipher_text": at(sealed, "cipher_text")}))
	same(at(opened, "plain_text"), clear, "the clear text")
	same(string(fromBase64(text(opened, "plain_text_base64"))), clear, "the clear bytes")
	kms.refused("KMS.2201", 400, "DecryptData", M{"cipher_text": at(sealed, "cipher_text")})
}

func oaep(kms *Kms, _ Settings) {
	id := kms.key("go-oaep", M{"key_spec": "RSA_2048", "key_usage": "ENCRYPT_DECRYPT"})
	public, fits := kms.publicKey(id).(*rsa.PublicKey)
	expect(fits, "the public key is none of RSA")
	outside, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, []byte("made outside"), nil)
	expect(err == nil, fmt.Sprint(err))
	algorithm := M{"key_id": id, "encryption_algorithm": "RSAES_OAEP_SHA_256"}
	opened := kms.call("DecryptData", with(algorithm, M{"cipher_text": base64Of(outside)}))
	same(at(opened, "plain_text"), "made outside", "the clear text")
	inside := kms.call("EncryptData", with(algorithm, M{"plain_text": "inside"}))
	opened = kms.call("DecryptData", with(algorithm, M{"cipher_text": at(inside, "cipher_text")}))
	same(at(opened, "plain_text"), "inside", "the clear text")
}

func reEncryption(kms *Kms, _ Settings) {
	from, to := kms.key("go-from", nil), kms.key("go-to", nil)
	sealed := kms.call("EncryptData", M{"key_id": from, "plain_text": "moved"})
	moved := kms.call("ReEncrypt", M{
		"source_key_id": from, "destination_key_id": to, "cipher_text": at(sealed, "cipher_text"),
	})
	same(at(moved, "key_id"), to, "the new key")
	same(at(moved, "source_key_id"), from, "the old key")
	opened := kms.call("DecryptData", M{"cipher_text": at(moved, "cipher_text")})
	same(at(opened, "key_id"), to, "the key")
	same(at(opened, "plain_text"), "moved", "the clear text")
}

func (kms *Kms) publicKey(id string) any {
	block, _ := pem.Decode([]byte(text(kms.call("ShowPublicKey", M{"key_id": id}), "public_key")))
	expect(block != nil && block.Type == "PUBLIC KEY", "the public key is no PEM text")
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	expect(err == nil, fmt.Sprint(err))
	return public
}

// signed signs, and has the service judge the signature and one of another message.
func (kms *Kms) signed(fields M) []byte {
	signature := text(kms.call("Sign", fields), "signature")
	verdict := kms.call("ValidateSignature", with(fields, M{"signature": signature}))
	same(at(verdict, "signature_valid"), "true", "the verdict")
	changed := fromBase64(text(fields, "message"))
	changed[0] ^= 1
	verdict = kms.call("ValidateSignature", with(fields, M{"signature": signature, "message": base64Of(changed)}))
	same(at(verdict, "signature_valid"), "false", "the verdict on another message")
	return fromBase64(signature)
}

func ecdsaSignatures(kms *Kms, _ Settings) {
	id := kms.key("go-ecdsa", M{"key_spec": "EC_P256"})
	public, fits := kms.publicKey(id).(*ecdsa.PublicKey)
	expect(fits, "the public key is on no curve")
	signature := kms.signed(M{
		"key_id": id, "message": base64Of(message), "message_type": "RAW", "signing_algorithm": "ECDSA_SHA_256",
	})
	digest := sha256.Sum256(message)
	expect(ecdsa.VerifyASN1(public, digest[:], signature), "the signature does not verify outside")
}

func rsaSignatures(kms *Kms, _ Settings) {
	id := kms.key("go-rsa", M{"key_spec": "RSA_2048"})
	public, fits := kms.publicKey(id).(*rsa.PublicKey)
	expect(fits, "the public key is none of RSA")
	digest := sha256.Sum256(message)
	pss := kms.signed(M{
		"key_id": id, "message": base64Of(digest[:]), "message_type": "DIGEST", "signing_algorithm": "RSASSA_PSS_SHA_256",
	})
	err := rsa.VerifyPSS(public, crypto.SHA256, digest[:], pss, nil)
	expect(err == nil, "the signature does not verify outside")
	pkcs1 := kms.signed(M{
		"key_id": id, "message": base64Of(message), "message_type": "RAW",
		"signing_algorithm": "RSASSA_PKCS1_V1_5_SHA_256",
	})
	err = rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], pkcs1)
	expect(err == nil, "the signature does not verify outside")
	kms.refused("KMS.0332", 400, "Sign", M{
		"key_id": id, "message": base64Of(digest[:]), "signing_algorithm": "ECDSA_SHA_256",
	})
}

func agreement(kms *Kms, _ Settings) {
	id := kms.key("go-agreement", M{"key_spec": "EC_P256", "key_usage": "KEY_AGREEMENT"})
	peer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	expect(err == nil, fmt.Sprint(err))
	encoded, err := x509.MarshalPKIXPublicKey(&peer.PublicKey)
	expect(err == nil, fmt.Sprint(err))
	answer := kms.call("DeriveSharedSecret", M{
		"key_id": id, "key_agreement_algorithm": "ECDH", "public_key": base64Of(encoded),
	})
	public, fits := kms.publicKey(id).(*ecdsa.PublicKey)
	expect(fits, "the public key is on no curve")
	shared, _ := elliptic.P256().ScalarMult(public.X, public.Y, peer.D.Bytes())
	wanted := shared.FillBytes(make([]byte, 32))
	expect(bytes.Equal(fromBase64(text(answer, "shared_secret")), wanted), "the shared secret is another one")
}

func macs(kms *Kms, _ Settings) {
	id := kms.key("go-mac", M{"key_spec": "HMAC_256"})
	fields := M{"key_id": id, "mac_algorithm": "HMAC_SHA_256", "message": base64Of(message)}
	made := kms.call("GenerateMac", fields)
	matches(at(made, "mac"), "[0-9a-f]{64}", "mac")
	verdict := kms.call("VerifyMac", with(fields, M{"mac": at(made, "mac")}))
	same(at(verdict, "mac_valid"), true, "the verdict")
	other := kms.call("VerifyMac", with(fields, M{"mac": fmt.Sprintf("%064x", 1)}))
	same(at(other, "mac_valid"), false, "the verdict on another MAC")
}
