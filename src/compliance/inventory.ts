import { cmkLabel } from '../core/cmk.js'
import type { KeyAttributes } from '../core/hsm-inspection.js'
import type { KeyRef } from '../core/ids.js'
import { keyOfObjectName } from '../core/object-id.js'
import { serviceKeyLabel } from '../core/service-key.js'
import type { KeyRole, Observations, StoredKey } from './observations.js'
import { printable } from './printable.js'

/** An object on the token, with what the store and its label say that it is. */
export interface InventoryItem {
  readonly object: KeyAttributes
  /** The row that names it. */
  readonly stored: StoredKey | undefined
  /** Nothing where neither the store nor the label makes it a key of the service. */
  readonly role: KeyRole | undefined
  /** The key that its CKA_ID names. */
  readonly key: KeyRef | undefined
  /** Its name in a report. */
  readonly subject: string
}

/** An object that is a key of the service, or passes itself off as one. */
export type ServiceItem = InventoryItem & { readonly role: KeyRole }

/** Every object on the token, each with its row where there is one. */
export function takeInventory(
  observations: Pick<Observations, 'objects' | 'stored'>,
): readonly InventoryItem[] {
  const byId = new Map(observations.stored.map((stored) => [stored.id, stored]))
  return observations.objects.map((object) => {
    const stored = byId.get(object.id)
    return {
      object,
      stored,
      role: stored?.role ?? roleOfLabel(object.label),
      key: keyOfObjectName(object.id),
      subject: subjectOf(object),
    }
  })
}

/** Whether an object is to be judged as a key of the service. */
export function isServiceItem(item: InventoryItem): item is ServiceItem {
  return item.role !== undefined
}

/** The name of an object or a row in a report: a label alone may lie. */
export function subjectOf({ label, id }: Pick<KeyAttributes, 'label' | 'id'>): string {
  const name = label === '' ? 'an object without a label' : printable(label)
  return `${name} (CKA_ID ${id === '' ? 'none' : printable(id)})`
}

/** The label that an object must have; nothing where it is no key of the service. */
export function expectedLabel({ stored, role, key }: InventoryItem): string | undefined {
  if (stored) return stored.label
  if (role === undefined || key === undefined) return undefined
  // Which CMK a pair for imports is for is known to its row alone.
  if (role === 'import') return undefined
  return role === 'cmk' ? cmkLabel(key) : serviceKeyLabel(role, key.version)
}

function roleOfLabel(label: string): KeyRole | undefined {
  if (label.startsWith('cmk/')) return 'cmk'
  if (label.startsWith('import/')) return 'import'
  if (label.startsWith('kms/binding/')) return 'binding'
  if (label.startsWith('kms/credential')) return 'credential'
  return label.startsWith('kms/audit') ? 'audit' : undefined
}
