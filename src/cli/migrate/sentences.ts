import type { MoveStep } from '../../core/move-cmk.js'

/** What has to be done about a CMK, for whoever reads the report. */
export const STEP_SENTENCES: Readonly<Record<MoveStep, string>> = {
  moved:
    'Its new ciphertexts are made on the new token. Move those of its old versions: re-encrypt, or kmsctl hsm reencrypt.',
  'new-version': 'kmsctl hsm migrate run gives it a version on the new token.',
  replace:
    'kmsctl hsm migrate run --replace KEY_ID gives it a version on the new token: its public key changes, or what MACs it makes.',
  import:
    'Its owner imports a second material (get-parameters-for-import, import-key-material) and rotates on demand.',
  'new-key':
    'Its owner makes another key: an imported private key stays where it is as long as the key lives.',
  'not-made':
    'Its owner makes another key: the new token does not make keys of this specification.',
  destruction: 'Nothing: it is being destroyed.',
}
