import { createDatakey } from './create-datakey.js'
import { createDatakeyWithoutPlaintext } from './create-datakey-without-plaintext.js'
import { createKey } from './create-key.js'
import { createRandom } from './create-random.js'
import { decryptDatakey } from './decrypt-datakey.js'
import { disableKey } from './disable-key.js'
import { enableKey } from './enable-key.js'
import { encryptDatakey } from './encrypt-datakey.js'
import { listKeyDetail } from './list-key-detail.js'
import { listKeys } from './list-keys.js'
import type { AnyOperation } from './operation.js'
import { showVersion } from './show-version.js'
import { showVersions } from './show-versions.js'

/** Every API of the service. Route, validator, document, log and metric labels follow from this list. */
export const operations: readonly AnyOperation[] = [
  createKey,
  enableKey,
  disableKey,
  listKeys,
  listKeyDetail,
  createRandom,
  createDatakey,
  createDatakeyWithoutPlaintext,
  encryptDatakey,
  decryptDatakey,
  showVersions,
  showVersion,
]
