import { BlockList, isIP } from 'node:net'

/** Conditions of a statement: all that are stated must hold. */
export interface Conditions {
  /** Names of the encryption context, each with globs of which its value must fit one. */
  readonly context: ReadonlyMap<string, readonly string[]> | undefined
  readonly keySpecs: readonly string[] | undefined
  readonly origins: readonly string[] | undefined
  readonly projects: readonly string[] | undefined
  readonly addresses: BlockList | undefined
  /** Milliseconds since 1970: from `after` on, and before `before`. */
  readonly after: number | undefined
  readonly before: number | undefined
}

/** What a statement is about: everything, or things of one kind whose name fits a glob. */
export type ResourcePattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'key' | 'alias' | 'keystore'; readonly glob: string }
  | { readonly kind: 'tag'; readonly key: string; readonly glob: string }

/** A statement of a policy. */
export interface Statement {
  readonly effect: 'allow' | 'deny'
  /** Globs of actions, by either of their names. */
  readonly actions: readonly string[]
  readonly resources: readonly ResourcePattern[]
  readonly when: Conditions | undefined
  readonly unless: Conditions | undefined
}

/** A policy is not well-formed: the message says where and why. */
export class MalformedPolicy extends Error {
  override readonly name = 'MalformedPolicy'
}

const MAX_DOCUMENT_CHARACTERS = 16_384
const MAX_ITEMS = 100
const ACTION = /^kms:[A-Za-z0-9:*]{1,64}$/

/**
 * Reads a policy. Nothing in it is passed over: a member that is misspelt would otherwise give more than was meant.
 *
 * @throws MalformedPolicy
 */
export function parsePolicy(text: string): readonly Statement[] {
  if (text.length > MAX_DOCUMENT_CHARACTERS) {
    throw new MalformedPolicy(`A policy has at most ${MAX_DOCUMENT_CHARACTERS} characters.`)
  }
  const { version, statements } = members(jsonOf(text), 'The policy', ['version', 'statements'])
  if (version !== '1') throw new MalformedPolicy('version must be "1".')
  return list(statements, 'statements').map((value, index) =>
    statementOf(value, `statements[${index}]`),
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new MalformedPolicy('The policy is not JSON.')
  }
}

function statementOf(value: unknown, at: string): Statement {
  const known = ['effect', 'actions', 'resources', 'when', 'unless']
  const { effect, actions, resources, when, unless } = members(value, at, known)
  if (effect !== 'allow' && effect !== 'deny') {
    throw new MalformedPolicy(`${at}.effect must be allow or deny.`)
  }
  return {
    effect,
    actions: texts(actions, `${at}.actions`).map((action) => {
      if (ACTION.test(action)) return action
      throw new MalformedPolicy(`${at}.actions: ${JSON.stringify(action)} is no action, kms:….`)
    }),
    resources: texts(resources, `${at}.resources`).map((name) => resourceOf(name, at)),
    when: when === undefined ? undefined : conditionsOf(when, `${at}.when`),
    unless: unless === undefined ? undefined : conditionsOf(unless, `${at}.unless`),
  }
}

function resourceOf(name: string, at: string): ResourcePattern {
  if (name === '*') return { kind: 'any' }
  const [, kind, glob = ''] = /^(key|alias|keystore|tag):(.+)$/s.exec(name) ?? []
  if (kind === 'key' || kind === 'alias' || kind === 'keystore') return { kind, glob }
  const split = glob.indexOf('=')
  if (kind === 'tag' && split > 0) {
    return { kind, key: glob.slice(0, split), glob: glob.slice(split + 1) }
  }
  throw new MalformedPolicy(
    `${at}.resources: ${JSON.stringify(name)} is none of *, key:<id>, alias:<name>, keystore:<id>, tag:<key>=<value>.`,
  )
}

function conditionsOf(value: unknown, at: string): Conditions {
  const known = ['encryption_context', 'key_spec', 'origin', 'source_address', 'time', 'project']
  const stated = members(value, at, known)
  if (Object.keys(stated).length === 0) {
    throw new MalformedPolicy(`${at} states no condition.`)
  }
  const time = stated['time'] === undefined ? {} : timesOf(stated['time'], `${at}.time`)
  return {
    context: optional(stated['encryption_context'], (map) => contextOf(map, at)),
    keySpecs: optional(stated['key_spec'], (some) => texts(some, `${at}.key_spec`)),
    origins: optional(stated['origin'], (some) => texts(some, `${at}.origin`)),
    projects: optional(stated['project'], (some) => texts(some, `${at}.project`)),
    addresses: optional(stated['source_address'], (some) => rangesOf(some, at)),
    after: time.after,
    before: time.before,
  }
}

function contextOf(value: unknown, at: string): ReadonlyMap<string, readonly string[]> {
  const where = `${at}.encryption_context`
  const entries = Object.entries(members(value, where))
  if (entries.length === 0) throw new MalformedPolicy(`${where} names nothing.`)
  return new Map(entries.map(([name, globs]) => [name, texts(globs, `${where}.${name}`)]))
}

function timesOf(
  value: unknown,
  at: string,
): { readonly after?: number; readonly before?: number } {
  const { after, before } = members(value, at, ['after', 'before'])
  if (after === undefined && before === undefined) {
    throw new MalformedPolicy(`${at} must have after, before, or both.`)
  }
  return {
    ...(after !== undefined && { after: instantOf(after, `${at}.after`) }),
    ...(before !== undefined && { before: instantOf(before, `${at}.before`) }),
  }
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/

function instantOf(value: unknown, at: string): number {
  const instant = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : NaN
  if (!Number.isNaN(instant)) return instant
  throw new MalformedPolicy(`${at} must be a time such as 2030-01-31T12:00:00Z.`)
}

function rangesOf(value: unknown, at: string): BlockList {
  const ranges = new BlockList()
  for (const range of texts(value, `${at}.source_address`)) {
    const [, address = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) ?? []
    const bits = isIP(address) === 6 ? 128 : 32
    const length = digits === undefined ? bits : Number(digits)
    if (isIP(address) === 0 || length > bits) {
      throw new MalformedPolicy(
        `${at}.source_address: ${JSON.stringify(range)} is no address range such as 192.0.2.0/24.`,
      )
    }
    ranges.addSubnet(address, length, bits === 128 ? 'ipv6' : 'ipv4')
  }
  return ranges
}

function optional<Read>(value: unknown, read: (value: unknown) => Read): Read | undefined {
  return value === undefined ? undefined : read(value)
}

function members(
  value: unknown,
  at: string,
  known?: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedPolicy(`${at} must be an object.`)
  }
  const stranger = known && Object.keys(value).find((name) => !known.includes(name))
  if (stranger !== undefined) {
    throw new MalformedPolicy(`${at} has an unknown member ${JSON.stringify(stranger)}.`)
  }
  return value as Readonly<Record<string, unknown>>
}

function list(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= MAX_ITEMS) return value
  throw new MalformedPolicy(`${at} must be a list of 1 to ${MAX_ITEMS} items.`)
}

function texts(value: unknown, at: string): readonly string[] {
  return list(value, at).map((item) => {
    if (typeof item === 'string' && item !== '') return item
    throw new MalformedPolicy(`${at} must be a list of texts.`)
  })
}
