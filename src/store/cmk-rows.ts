import type { Insertable, Selectable } from '../packages/kysely.js'
import type { Cmk, KeyVersion } from '../core/cmk.js'
import { dueAt } from '../core/due.js'
import type { Residence } from '../core/home.js'
import type { CmkTable, CmkVersionTable } from './tables.js'

/** The row of a CMK, but for what the stores of aliases, tags and grants count in it. */
export function cmkRow(
  cmk: Cmk,
): Omit<Insertable<CmkTable>, 'alias_count' | 'tag_count' | 'grant_count'> {
  const { rotation } = cmk
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
    homes: homesText(cmk.homes),
    current_version: cmk.currentVersion,
    created_at: cmk.createdAt,
    deletion_at: cmk.deletionAt ?? null,
    destroyed_at: cmk.destroyedAt ?? null,
    material_gone: cmk.materialGone ? 1 : 0,
    rotation_enabled: rotation.enabled ? 1 : 0,
    rotation_interval: rotation.intervalDays,
    rotation_last_at: rotation.lastAt ?? null,
    rotation_next_at: rotation.nextAt ?? null,
    rotation_count: rotation.count,
    material_expires_at: cmk.materialExpiresAt ?? null,
    due_at: dueAt(cmk) ?? null,
    claimed_until: null,
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
    homes: homesOf(row.homes),
    currentVersion: row.current_version,
    createdAt: row.created_at,
    deletionAt: row.deletion_at ?? undefined,
    destroyedAt: row.destroyed_at ?? undefined,
    materialGone: row.material_gone === 1,
    rotation: {
      enabled: row.rotation_enabled === 1,
      intervalDays: row.rotation_interval,
      lastAt: row.rotation_last_at ?? undefined,
      nextAt: row.rotation_next_at ?? undefined,
      count: row.rotation_count,
    },
    materialExpiresAt: row.material_expires_at ?? undefined,
    revision: row.revision,
  }
}

function homesText(homes: readonly Residence[]): string {
  return homes.map(({ home, since }) => `${home}:${since}`).join(',')
}

function homesOf(text: string): readonly Residence[] {
  return text.split(',').map((residence) => {
    const [home = '', since = ''] = residence.split(':')
    return { home: Number(home), since: Number(since) }
  })
}

/** The row of a version. */
export function versionRow(version: KeyVersion): Insertable<CmkVersionTable> {
  return {
    cmk_id: version.key.keyId,
    version: version.key.version,
    material_id: version.materialId,
    home: version.home,
    check_value: version.checkValue,
    created_at: version.createdAt,
    expires_at: version.expiresAt ?? null,
    use: version.use,
    present: version.present ? 1 : 0,
  }
}

/** The version of a row. */
export function versionOf(row: Selectable<CmkVersionTable>): KeyVersion {
  return {
    key: { keyId: row.cmk_id, version: row.version },
    materialId: row.material_id,
    home: row.home,
    checkValue: new Uint8Array(row.check_value),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    use: row.use,
    present: row.present === 1,
  }
}
