import type { AccessKey } from '../core/access-key.js'
import type { Cmk, KeyState } from '../core/cmk.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import type { KeySpec, KeyUsage } from '../core/key-specs.js'
import type { ServiceKeyPurpose } from '../core/service-key.js'

/** A project that has CMKs; its row is what writers of one project queue for. */
export interface ProjectTable {
  id: ProjectId
  /** How many CMKs the project has. */
  cmk_count: number
}

/** One CMK; its material is on the token. */
export interface CmkTable {
  id: KeyId
  project_id: ProjectId
  domain_id: string
  key_alias: string
  description: string
  key_spec: KeySpec
  key_usage: KeyUsage
  state: KeyState
  origin: Cmk['origin']
  enterprise_project_id: string
  keystore_id: string
  current_version: number
  /** Milliseconds since 1970, as every `created_at`. */
  created_at: number
  revision: number
}

/** One version of the material of a CMK. */
export interface CmkVersionTable {
  cmk_id: KeyId
  version: number
  check_value: Uint8Array
  created_at: number
}

/** One access key. */
export interface AccessKeyTable {
  id: string
  project_id: ProjectId
  domain_id: string
  user_name: string
  state: AccessKey['state']
  sealed_secret: Uint8Array
  created_at: number
  revision: number
}

/** One key of the service's own. */
export interface ServiceKeyTable {
  purpose: ServiceKeyPurpose
  generation: number
  key_id: KeyId
  check_value: Uint8Array
  created_at: number
}

/** Every table, by name. */
export interface Tables {
  project: ProjectTable
  cmk: CmkTable
  cmk_version: CmkVersionTable
  access_key: AccessKeyTable
  service_key: ServiceKeyTable
}
