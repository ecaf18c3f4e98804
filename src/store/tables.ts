import type { AccessKey } from '../core/access-key.js'
import type { Cmk, KeyState, KeyVersion } from '../core/cmk.js'
import type { Grant } from '../core/grant.js'
import type { IdentityState } from '../core/identity.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import type { KeySpec, KeyUsage } from '../core/key-specs.js'
import type { AccessPoint } from '../core/key-space.js'
import type { Keystore } from '../core/keystore.js'
import type { ServiceKeyPurpose } from '../core/service-key.js'

/** A truth value as both databases keep it. */
export type Flag = 0 | 1

/** A project that has CMKs; its row is what writers of one project queue for. */
export interface ProjectTable {
  id: ProjectId
  /** How many CMKs the project has; tombstones are none. */
  cmk_count: number
}

/** One CMK, or its tombstone; its material is on the token. */
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
  /** Residences, `home:since` each, joined by commas; oldest first. */
  homes: string
  current_version: number
  /** Milliseconds since 1970, as every name that ends in `_at`. */
  created_at: number
  deletion_at: number | null
  destroyed_at: number | null
  material_gone: Flag
  rotation_enabled: Flag
  /** Days. */
  rotation_interval: number
  rotation_last_at: number | null
  rotation_next_at: number | null
  rotation_count: number
  material_expires_at: number | null
  /** What `dueAt` says of the row. */
  due_at: number | null
  /** Until when a replica has the due work to itself. */
  claimed_until: number | null
  /** How many aliases, tags and grants the key has: limits are kept, and totals known, without counting. */
  alias_count: number
  tag_count: number
  grant_count: number
  revision: number
}

/** How many CMKs of a project are alike in what lists filter by; tombstones do not count. */
export interface CmkTallyTable {
  project_id: ProjectId
  key_spec: KeySpec
  state: KeyState
  enterprise_project_id: string
  keys: number
}

/** One version of the material of a CMK. */
export interface CmkVersionTable {
  cmk_id: KeyId
  version: number
  material_id: string
  home: number
  check_value: Uint8Array
  created_at: number
  expires_at: number | null
  use: KeyVersion['use']
  present: Flag
}

/** One alias object. */
export interface AliasTable {
  domain_id: string
  name: string
  project_id: ProjectId
  cmk_id: KeyId
  created_at: number
  updated_at: number
}

/** One tag of a CMK. */
export interface TagTable {
  project_id: ProjectId
  cmk_id: KeyId
  key: string
  value: string
  /** When the CMK was created: an index gives the hits of a query in their order. */
  cmk_created_at: number
}

/** How many CMKs of a project have a tag. */
export interface TagTallyTable {
  project_id: ProjectId
  key: string
  value: string
  keys: number
}

/** One grant; `grant` alone is a word of SQL. */
export interface CmkGrantTable {
  id: string
  cmk_id: KeyId
  project_id: ProjectId
  grantee_principal: string
  grantee_principal_type: Grant['granteePrincipalType']
  /** Names, joined by commas. */
  operations: string
  issuing_principal: string
  retiring_principal: string | null
  name: string | null
  created_at: number
}

/** How many grants a user may retire. */
export interface RetirableTallyTable {
  principal: string
  grants: number
}

/** One registered keystore. */
export interface KeystoreTable {
  id: KeyId
  domain_id: string
  alias: string
  type: Keystore['type']
  cluster_id: string
  state: Keystore['state']
  created_at: number
  revision: number
}

/** One pair for imports. */
export interface ImportPairTable {
  key_id: KeyId
  version: number
  cmk_id: KeyId
  home: number
  created_at: number
  expires_at: number
}

/** What the tables of the key space have in common. */
export interface KeySpaceTable {
  id: string
  project_id: ProjectId
  key_space_id: string
  name: string
  description: string
  created_by: string
  created_at: number
  modified_at: number
  revision: number
}

/** One access point. */
export interface AccessPointTable extends KeySpaceTable {
  type: AccessPoint['type']
  identity: string
  cluster_id: string
  enabled: Flag
  public_key: Uint8Array | null
  sealed_private_key: Uint8Array | null
}

/** One key policy. */
export interface KeyPolicyTable extends KeySpaceTable {
  policy: string
  last_access_at: number | null
}

/** One access key. */
export interface AccessKeyTable {
  id: string
  project_id: ProjectId
  domain_id: string
  user_id: string
  state: AccessKey['state']
  sealed_secret: Uint8Array
  expires_at: number | null
  token_digest: Uint8Array | null
  created_at: number
  revision: number
}

/** One account. */
export interface AccountTable {
  id: string
  name: string
  state: IdentityState
  created_at: number
  revision: number
}

/** One project of an account. */
export interface AccountProjectTable {
  id: ProjectId
  domain_id: string
  name: string
  state: IdentityState
  created_at: number
  revision: number
}

/** One user of an account. */
export interface AccountUserTable {
  id: string
  domain_id: string
  name: string
  state: IdentityState
  password_hash: string | null
  /** Digests, joined by commas. */
  certificates: string
  created_at: number
  revision: number
}

/** One policy of an account. */
export interface AccessPolicyTable {
  id: string
  domain_id: string
  name: string
  document: string
  created_at: number
  revision: number
}

/** That a policy is attached to a user. */
export interface AttachedPolicyTable {
  user_id: string
  policy_id: string
}

/** One bearer token. */
export interface BearerTokenTable {
  digest: Uint8Array
  user_id: string
  domain_id: string
  project_id: ProjectId
  issued_at: number
  expires_at: number
}

/** One key of the service's own. */
export interface ServiceKeyTable {
  keystore_id: string
  purpose: ServiceKeyPurpose
  generation: number
  key_id: KeyId
  home: number
  check_value: Uint8Array
  created_at: number
  retired_at: number | null
}

/** One process that serves. */
export interface ServingProcessTable {
  id: string
  /** Numbers, joined by commas. */
  homes: string
  seen_at: number
}

/** Every table, by name. */
export interface Tables {
  project: ProjectTable
  cmk: CmkTable
  cmk_tally: CmkTallyTable
  cmk_version: CmkVersionTable
  alias: AliasTable
  tag: TagTable
  tag_tally: TagTallyTable
  cmk_grant: CmkGrantTable
  retirable_tally: RetirableTallyTable
  keystore: KeystoreTable
  import_pair: ImportPairTable
  access_point: AccessPointTable
  key_policy: KeyPolicyTable
  access_key: AccessKeyTable
  account: AccountTable
  account_project: AccountProjectTable
  account_user: AccountUserTable
  access_policy: AccessPolicyTable
  attached_policy: AttachedPolicyTable
  bearer_token: BearerTokenTable
  service_key: ServiceKeyTable
  serving_process: ServingProcessTable
}
