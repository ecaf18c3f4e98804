import { cmkLabel } from '../../core/cmk.js'
import { FIRST_HOME } from '../../core/home.js'
import { IMPORT_PAIR, type ImportPairStore, importPairLabel } from '../../core/import-pair.js'
import type { KeptVersion, KeyStore } from '../../core/key-store.js'
import { keySpecRow, pairUse } from '../../core/key-specs.js'
import { DEFAULT_KEYSTORE } from '../../core/keystore.js'
import { objectName } from '../../core/object-id.js'
import {
  SERVICE_KEY_MATERIAL,
  type ServiceKeyStore,
  serviceKeyLabel,
} from '../../core/service-key.js'
import type { Material } from '../keys/expected-use.js'
import type { StoredKey } from '../observations.js'

/** The stores that name keys on the token. */
export interface KeyRecords {
  readonly keys: Pick<KeyStore, 'allVersions'>
  readonly importPairs: Pick<ImportPairStore, 'expired'>
  readonly serviceKeys: Pick<ServiceKeyStore, 'list'>
}

/** A key that the store names, and the token of the default keystore that it is on. */
export interface HousedKey extends StoredKey {
  readonly home: number
}

/**
 * Every key that the store names on the tokens of the default keystore: the service's own, every version of every CMK,
 * and the pairs for imports.
 *
 * @throws StoreUnavailable
 */
export async function listStoredKeys(records: KeyRecords): Promise<readonly HousedKey[]> {
  const own = await records.serviceKeys.list(DEFAULT_KEYSTORE)
  const versions = await records.keys.allVersions()
  const importPairs = await records.importPairs.expired({
    now: Number.MAX_SAFE_INTEGER,
    limit: Number.MAX_SAFE_INTEGER,
    homes: [...new Set([FIRST_HOME, ...own.map(({ home }) => home)])],
  })
  return [
    ...own.map(({ purpose, key, home, checkValue }) => ({
      key,
      home,
      id: objectName(key),
      role: purpose,
      material: SERVICE_KEY_MATERIAL[purpose],
      imported: false,
      label: serviceKeyLabel(purpose, key.version),
      checkValue,
    })),
    ...versions
      .filter(({ keystoreId }) => keystoreId === DEFAULT_KEYSTORE)
      .map((version) => ({
        key: version.key,
        home: version.home,
        id: objectName(version.key),
        role: 'cmk' as const,
        material: materialOf(version),
        imported: version.origin === 'external',
        label: cmkLabel(version.key),
        checkValue: version.checkValue,
      })),
    ...importPairs.map(({ key, cmkId, home }) => ({
      key,
      home,
      id: objectName(key),
      role: 'import' as const,
      material: { form: 'pair' as const, ...IMPORT_PAIR },
      imported: false,
      label: importPairLabel(cmkId, key),
      checkValue: undefined,
    })),
  ]
}

function materialOf({ spec, usage }: KeptVersion): Material {
  const row = keySpecRow(spec)
  if (row.form === 'secret') return { form: 'secret', kind: row.algorithm }
  return { form: 'pair', algorithm: row.algorithm, use: pairUse(usage) ?? 'sign' }
}
