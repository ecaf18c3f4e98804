import { type Static, Type } from '../packages/typebox.js'
import type { Cmk } from '../core/cmk.js'
import { KeySpecField, KeyStateField, KeyUsageField } from './fields.js'

/** Everything the wire contract says of one CMK. Times are milliseconds since 1970 as text. */
export const KeyDetails = Type.Object({
  key_id: Type.String({ description: 'Key id.' }),
  domain_id: Type.String({ description: 'Account that owns the key.' }),
  key_alias: Type.String({ description: 'Name of the key.' }),
  realm: Type.String({ description: 'Region id.' }),
  key_spec: KeySpecField,
  key_usage: KeyUsageField,
  key_description: Type.String({ description: 'Free text, may be empty.' }),
  creation_date: Type.String({ description: 'Time of creation.' }),
  scheduled_deletion_date: Type.String({ description: 'Planned time of destruction, or empty.' }),
  key_state: KeyStateField,
  default_key_flag: Type.String({ description: '1 for a key that a service made, else 0.' }),
  key_type: Type.String({ description: 'Always 1.' }),
  expiration_time: Type.String({ description: 'Expiry of imported material, or empty.' }),
  origin: Type.String({ description: 'kms or external.' }),
  key_rotation_enabled: Type.String({ description: 'true or false, as text.' }),
  sys_enterprise_project_id: Type.String({ description: 'Enterprise project.' }),
  keystore_id: Type.String({ description: 'Keystore.' }),
})

/** Renders a CMK as the wire contract writes it; `realm` is the region of the service. */
export function keyDetails(cmk: Cmk, realm: string): Static<typeof KeyDetails> {
  return {
    key_id: cmk.id,
    domain_id: cmk.domainId,
    key_alias: cmk.alias,
    realm,
    key_spec: cmk.spec,
    key_usage: cmk.usage,
    key_description: cmk.description,
    creation_date: String(cmk.createdAt),
    scheduled_deletion_date: cmk.deletionAt === undefined ? '' : String(cmk.deletionAt),
    key_state: cmk.state,
    default_key_flag: '0',
    key_type: '1',
    expiration_time: cmk.materialExpiresAt === undefined ? '' : String(cmk.materialExpiresAt),
    origin: cmk.origin,
    key_rotation_enabled: String(cmk.rotation.enabled),
    sys_enterprise_project_id: cmk.enterpriseProjectId,
    keystore_id: cmk.keystoreId,
  }
}
