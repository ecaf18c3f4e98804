package main

import (
	"crypto/aes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
)

// wrapped wraps material under a fresh wrapping key and returns the fields of its import.
func (kms *Kms) wrapped(id string, material []byte) M {
	parameters := kms.call("CreateParametersForImport", M{"key_id": id, "wrapping_algorithm": "RSAES_OAEP_SHA_256"})
	_, isNumber := at(parameters, "expiration_time").(float64)
	expect(isNumber, "expiration_time is no number")
	parsed, err := x509.ParsePKIXPublicKey(fromBase64(text(parameters, "public_key")))
	expect(err == nil, fmt.Sprint(err))
	public, fits := parsed.(*rsa.PublicKey)
	expect(fits, "the wrapping key is none of RSA")
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, material, nil)
	expect(err == nil, fmt.Sprint(err))
	return M{
		"key_id": id, "import_token": at(parameters, "import_token"), "encrypted_key_material": base64Of(wrapped),
	}
}

func importing(kms *Kms, _ Settings) {
	id := kms.key("go-import", M{"origin": "external"})
	same(at(kms.details(id), "key_state"), "5", "the state of an empty key")
	material := randomBytes(32)
	kms.call("ImportKeyMaterial", kms.wrapped(id, material))
	same(at(kms.details(id), "key_state"), "2", "the state")
	made := kms.call("CreateDatakey", M{"key_id": id, "datakey_length": "256"})
	kms.call("DeleteImportedKeyMaterial", M{"key_id": id})
	same(at(kms.details(id), "key_state"), "5", "the state without material")
	kms.refused("KMS.2606", 400, "ImportKeyMaterial", kms.wrapped(id, randomBytes(32)))
	kms.call("ImportKeyMaterial", kms.wrapped(id, material))
	kms.requireOpens(id, text(made, "cipher_text"), fromHex(text(made, "plain_text")), nil)
}

func importedPair(kms *Kms, _ Settings) {
	id := kms.key("go-import-pair", M{"origin": "external", "key_spec": "EC_P256"})
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	expect(err == nil, fmt.Sprint(err))
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	expect(err == nil, fmt.Sprint(err))
	temporary := randomBytes(32)
	fields := kms.wrapped(id, temporary)
	kms.call("ImportKeyMaterial", with(fields, M{"encrypted_privatekey": base64Of(wrapPadded(temporary, pkcs8))}))
	public, fits := kms.publicKey(id).(*ecdsa.PublicKey)
	expect(fits && private.PublicKey.Equal(public), "the public key is another one")
}

// wrapPadded is AES key wrap with padding, RFC 5649, of more than eight bytes.
func wrapPadded(key, clear []byte) []byte {
	cipher, err := aes.NewCipher(key)
	expect(err == nil, fmt.Sprint(err))
	blocks := (len(clear) + 7) / 8
	wrapped := make([]byte, 8*(blocks+1))
	copy(wrapped, []byte{0xa6, 0x59, 0x59, 0xa6})
	binary.BigEndian.PutUint32(wrapped[4:], uint32(len(clear)))
	copy(wrapped[8:], clear)
	buffer := make([]byte, 16)
	for step := 0; step < 6*blocks; step++ {
		block := wrapped[8*(step%blocks+1):][:8]
		copy(buffer, wrapped[:8])
		copy(buffer[8:], block)
		cipher.Encrypt(buffer, buffer)
		binary.BigEndian.PutUint64(wrapped, binary.BigEndian.Uint64(buffer)^uint64(step+1))
		copy(block, buffer[8:])
	}
	return wrapped
}

func rotation(kms *Kms, _ Settings) {
	id := kms.key("go-rotation", nil)
	kms.refused("KMS.0313", 400, "DisableKeyRotation", M{"key_id": id})
	kms.call("EnableKeyRotation", M{"key_id": id})
	kms.call("UpdateKeyRotationInterval", M{"key_id": id, "rotation_interval": 30})
	status := kms.call("ShowKeyRotationStatus", M{"key_id": id})
	same(at(status, "key_rotation_enabled"), true, "key_rotation_enabled")
	same(at(status, "rotation_interval"), 30.0, "rotation_interval")
	same(at(status, "number_of_rotations"), 0.0, "number_of_rotations")
	kms.refused("KMS.3001", 400, "UpdateKeyRotationInterval", M{"key_id": id, "rotation_interval": 366})
	kms.call("DisableKeyRotation", M{"key_id": id})
	same(at(kms.details(id), "key_rotation_enabled"), "false", "key_rotation_enabled")
}
