import type { Case } from '../case.js'
import type { Preparation } from '../preparations.js'
import type { JsonObject } from '../value.js'

/** A refusal in short: its code, what must be there before, and the fields that differ from the usual ones. */
export type Refusal = readonly [code: string, given?: Preparation | undefined, fields?: JsonObject]

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const HEX = /^(?:[0-9A-F]{2})+$/
export const BASE64 = /^[0-9A-Za-z+/]+={0,2}$/
export const MILLISECONDS = /^\d{13}$/
export const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
export const UNKNOWN_KEY: Refusal = ['KMS.0207', undefined, { key_id: '$unknown' }]

/** Refusals of a call whose state of the CMK does not fit its use. */
export const NOT_IN_USE: readonly Refusal[] = [
  UNKNOWN_KEY,
  ['KMS.0209', 'a disabled key'],
  ['KMS.0210', 'a key to be deleted'],
  ['KMS.1301', 'an external key'],
]

/** Cases of one operation: those that are refused, all with the same fields but for what each says. */
export function refused(
  operation: string,
  fields: JsonObject,
  refusals: readonly Refusal[],
): readonly Case[] {
  return refusals.map(([code, given, other]) => ({
    operation,
    code,
    fields: { ...fields, ...other },
    ...(given !== undefined && { given }),
    title: [given, other && JSON.stringify(other)].filter(Boolean).join(', ').slice(0, 60),
  }))
}
