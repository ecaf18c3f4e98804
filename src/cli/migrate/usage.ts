/** What `kmsctl hsm migrate` takes. */
export const USAGE = `kmsctl hsm migrate status
       hsm migrate run [--dry-run] [--replace KEY_ID]… [--force]
       hsm migrate report [--json] [--since TIME]
       hsm migrate retire [--accept-loss KEY_ID]… [--accept-loss-file FILE]

Moves the default keystore to another token: KMS_PKCS11_URI names the new one, KMS_HSM_PREVIOUS the file that describes
the one before. See docs/moving-between-hsms.md.
`
