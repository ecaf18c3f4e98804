import { cmkLabel } from '../core/cmk.js'
import { IMPORT_PAIR, type ImportPairStore, importLabel } from '../core/import-pair.js'
import type { KeptVersion, KeyStore } from '../core/key-store.js'
import { keySpecRow, pairUse } from '../core/key-specs.js'
import { DEFAULT_KEYSTORE } from '../core/keystore.js'
import { SERVICE_KEY_KINDS, type ServiceKeyStore, serviceKeyLabel } from '../core/service-key.js'
import type { Material } from './expected-use.js'
import { objectIdOf } from './object-id.js'
import type { StoredKey } from './observations.js'

/** The stores that name keys on the token. */
export interface KeyRecords {
  readonly keys: Pick<KeyStore, 'allVersions'>
  readonly importPairs: Pick<ImportPairStore, 'expired'>
  readonly serviceKeys: Pick<ServiceKeyStore, 'list'>
}

/**
 * Every key that the store names on the token of the default keystore: the service's own, every version of every CMK,
 * and the pairs for imports.
 *
 * @throws StoreUnavailable
 */
export async function listStoredKeys(records: KeyRecords): Promise<readonly StoredKey[]> {
  const own = await records.serviceKeys.list(DEFAULT_KEYSTORE)
  const versions = await records.keys.allVersions()
  const importPairs = await records.importPairs.expired({
    now: Number.MAX_SAFE_INTEGER,
    limit: Number.MAX_SAFE_INTEGER,
  })
  return [
    ...own.map(({ purpose, key, checkValue }) => ({
      key,
      id: objectIdOf(key),
      role: purpose,
      material: { form: 'secret' as const, kind: SERVICE_KEY_KINDS[purpose] },
      imported: false,
      label: serviceKeyLabel(purpose, key.version),
      checkValue,
    })),
    ...versions
      .filter(({ keystoreId }) => keystoreId === DEFAULT_KEYSTORE)
      .map((version) => ({
        key: version.key,
        id: objectIdOf(version.key),
        role: 'cmk' as const,
        material: materialOf(version),
        imported: version.origin === 'external',
        label: cmkLabel(version.key),
        checkValue: version.checkValue,
      })),
    ...importPairs.map(({ key, cmkId }) => ({
      key,
      id: objectIdOf(key),
      role: 'import' as const,
      material: { form: 'pair' as const, ...IMPORT_PAIR },
      imported: false,
      label: importLabel(cmkId),
      checkValue: undefined,
    })),
  ]
}

function materialOf({ spec, usage }: KeptVersion): Material {
  const row = keySpecRow(spec)
  if (row.form === 'secret') return { form: 'secret', kind: row.algorithm }
  return { form: 'pair', algorithm: row.algorithm, use: pairUse(usage) ?? 'sign' }
}
