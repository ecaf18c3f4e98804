import type { Selectable } from 'kysely'
import type { Cmk, KeyVersion } from '../core/cmk.js'
import type { CmkTable, CmkVersionTable } from './tables.js'

/** The row of a CMK. */
export function cmkRow(cmk: Cmk): CmkTable {
  return {
    id: cmk.id,
    project_id: cmk.projectId,
    domain_id: cmk.domainId,
    key_alias: cmk.alias,
    description: cmk.description,
    key_spec: cmk.spec,
    key_usage: cmk.usage,
    state: cmk.state,
    origin: cmk.origin,
    enterprise_project_id: cmk.enterpriseProjectId,
    keystore_id: cmk.keystoreId,
    current_version: cmk.currentVersion,
    created_at: cmk.createdAt,
    revision: cmk.revision,
  }
}

/** The CMK of a row. */
export function cmkOf(row: Selectable<CmkTable>): Cmk {
  return {
    id: row.id,
    projectId: row.project_id,
    domainId: row.domain_id,
    alias: row.key_alias,
    description: row.description,
    spec: row.key_spec,
    usage: row.key_usage,
    state: row.state,
    origin: row.origin,
    enterpriseProjectId: row.enterprise_project_id,
    keystoreId: row.keystore_id,
    currentVersion: row.current_version,
    createdAt: row.created_at,
    revision: row.revision,
  }
}

/** The row of a version. */
export function versionRow({ key, checkValue, createdAt }: KeyVersion): CmkVersionTable {
  return {
    cmk_id: key.keyId,
    version: key.version,
    check_value: checkValue,
    created_at: createdAt,
  }
}

/** The version of a row. */
export function versionOf(row: Selectable<CmkVersionTable>): KeyVersion {
  return {
    key: { keyId: row.cmk_id, version: row.version },
    checkValue: new Uint8Array(row.check_value),
    createdAt: row.created_at,
  }
}
