import { randomUUID } from 'node:crypto'

declare const brand: unique symbol

/** Identifier of a CMK: a lower-case UUID of 36 characters, as it stands on the wire. */
export type KeyId = string & { readonly [brand]: 'KeyId' }

/** Identifier of a project (tenant): 32 hexadecimal characters by custom, opaque to us. */
export type ProjectId = string & { readonly [brand]: 'ProjectId' }

/**
 * One version of a key: how key material is named across the HSM port.
 *
 * A handle of the token never leaves the agent process; this does.
 */
export interface KeyRef {
  readonly keyId: KeyId
  /** Counts from 1. */
  readonly version: number
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Takes text for a key id if it is a lower-case UUID. */
export function parseKeyId(text: string): KeyId | undefined {
  return UUID.test(text) ? (text as KeyId) : undefined
}

/** Takes text that came from the store or the configuration for a project id. */
export function projectId(text: string): ProjectId {
  return text as ProjectId
}

/** Makes a fresh key id from the operating system's generator. */
export function newKeyId(): KeyId {
  return randomUUID() as KeyId
}

/** Makes an identifier of a project or an account: 32 hexadecimal characters, as in the original. */
export function newTenantId(): string {
  return randomUUID().replaceAll('-', '')
}
