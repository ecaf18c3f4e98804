package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
)

func random(kms *Kms, _ Settings) {
	matches(at(kms.call("CreateRandom", M{"random_data_length": "512"}), "random_data"), "[0-9A-F]{128}", "random_data")
	kms.refused("KMS.1801", 400, "CreateRandom", M{"random_data_length": "8200"})
}

func dataKeys(kms *Kms, _ Settings) {
	id := kms.key("go-datakeys", nil)
	made := kms.call("CreateDatakey", M{"key_id": id, "datakey_length": "512"})
	matches(at(made, "plain_text"), "[0-9A-F]{128}", "plain_text")
	kms.requireOpens(id, text(made, "cipher_text"), fromHex(text(made, "plain_text")), nil)
	sealed := kms.call("CreateDatakeyWithoutPlaintext", M{"key_id": id, "key_spec": "AES_128"})
	same(at(sealed, "plain_text"), nil, "the data key that was not wanted")
	opened := kms.call("DecryptDatakey", M{
		"key_id": id, "cipher_text": at(sealed, "cipher_text"), "datakey_cipher_length": "16",
	})
	matches(at(opened, "data_key"), "[0-9A-F]{32}", "data_key")
	kms.refused("KMS.1901", 400, "CreateDatakey", M{"key_id": id, "datakey_length": "8200"})
}

func wrapping(kms *Kms, _ Settings) {
	id := kms.key("go-wrapping", nil)
	dek := randomBytes(33)
	digest := sha256.Sum256(dek)
	fields := M{"key_id": id, "plain_text": hexOf(append(dek[:33:33], digest[:]...)), "datakey_plain_length": "33"}
	context := M{"additional_authenticated_data": "ctx"}
	sealed := kms.call("EncryptDatakey", with(fields, context))
	same(at(sealed, "datakey_length"), "33", "datakey_length")
	kms.requireOpens(id, text(sealed, "cipher_text"), dek, context)
	kms.refused("KMS.2201", 400, "DecryptDatakey", M{
		"key_id": id, "cipher_text": at(sealed, "cipher_text"), "datakey_cipher_length": "33",
	})
	kms.refused("KMS.2104", 400, "EncryptDatakey", with(fields, M{"datakey_plain_length": "32"}))
}

func dataKeyPairs(kms *Kms, _ Settings) {
	id := kms.key("go-datakey-pairs", nil)
	rsaPair := kms.call("CreateRsaDatakeyPair", M{"key_id": id, "key_spec": "RSA_2048", "with_plain_text": true})
	private, public := kms.halvesOf(id, rsaPair)
	rsaKey, fits := private.(*rsa.PrivateKey)
	expect(fits && rsaKey.PublicKey.Equal(public), "the public half is another one")
	ecPair := kms.call("CreateEcDatakeyPair", M{"key_id": id, "key_spec": "ECC_NIST_P256", "with_plain_text": true})
	private, public = kms.halvesOf(id, ecPair)
	ecKey, fits := private.(*ecdsa.PrivateKey)
	expect(fits && ecKey.PublicKey.Equal(public), "the public half is another one")
	hidden := kms.call("CreateEcDatakeyPair", M{"key_id": id, "key_spec": "ECC_NIST_P384", "with_plain_text": false})
	same(at(hidden, "private_key_plain_text"), nil, "the clear half that was not wanted")
}

func (kms *Kms) halvesOf(id string, pair M) (private, public any) {
	der := fromHex(text(pair, "private_key_plain_text"))
	private, err := x509.ParsePKCS8PrivateKey(der)
	expect(err == nil, fmt.Sprint(err))
	public, err = x509.ParsePKIXPublicKey(fromHex(text(pair, "public_key")))
	expect(err == nil, fmt.Sprint(err))
	kms.requireOpens(id, text(pair, "private_key_cipher_text"), der, nil)
	return private, public
}

func (kms *Kms) requireOpens(id, cipherText string, dek []byte, context M) {
	length := fmt.Sprint(len(dek))
	opened := kms.call("DecryptDatakey", with(context, M{
		"key_id": id, "cipher_text": cipherText, "datakey_cipher_length": length,
	}))
	digest := sha256.Sum256(dek)
	same(opened, M{"data_key": hexOf(dek), "datakey_length": length, "datakey_dgst": hexOf(digest[:])}, "the data key")
}

func pin(kms *Kms, _ Settings) {
	made := kms.call("CreatePin", M{"pin_type": "PlainText"})
	expect(text(made, "pin") != "", "the PIN is empty")
}

func randomBytes(length int) []byte {
	bytes := make([]byte, length)
	_, err := rand.Read(bytes)
	expect(err == nil, fmt.Sprint(err))
	return bytes
}
