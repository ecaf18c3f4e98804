import { isIPv6 } from 'node:net'
import { fitsGlob } from './glob.js'
import type { Conditions, ResourcePattern, Statement } from './policy-document.js'

/** What policies are asked about. */
export interface Question {
  /** Names of the action; a statement may use any of them. */
  readonly actions: readonly string[]
  readonly resource: {
    readonly keyId?: string | undefined
    readonly keystoreId?: string | undefined
    readonly aliases?: readonly string[] | undefined
    readonly tags?: readonly { readonly key: string; readonly value: string }[] | undefined
  }
  readonly spec?: string | undefined
  readonly origin?: string | undefined
  readonly project: string
  /** `encryption_context` as it came: nothing fits what is no map of texts. */
  readonly context: unknown
  readonly address: string
  /** Milliseconds since 1970. */
  readonly time: number
}

/** A policy as it is judged by. */
export interface ReadPolicy {
  readonly name: string
  readonly statements: readonly Statement[]
}

/** What policies say: `none` where no statement applies. */
export interface Verdict {
  readonly effect: 'allow' | 'deny' | 'none'
  /** The statement that decided, counted from 1: `policy <name> statement <n>`. */
  readonly rule: string | undefined
}

/** Judges by policies: a statement that denies wins over all that allow. */
export function evaluate(policies: readonly ReadPolicy[], question: Question): Verdict {
  let allowed: string | undefined
  for (const { name, statements } of policies) {
    for (const [index, statement] of statements.entries()) {
      if (!applies(statement, question)) continue
      const rule = `policy ${name} statement ${index + 1}`
      if (statement.effect === 'deny') return { effect: 'deny', rule }
      allowed ??= rule
    }
  }
  return { effect: allowed === undefined ? 'none' : 'allow', rule: allowed }
}

/** Whether a statement is about an action at all. */
export function isAbout(statement: Statement, actions: readonly string[]): boolean {
  return statement.actions.some((glob) => actions.some((action) => fitsGlob(glob, action)))
}

function applies(statement: Statement, question: Question): boolean {
  const { resources, when, unless } = statement
  return (
    isAbout(statement, question.actions) &&
    resources.some((pattern) => fitsResource(pattern, question)) &&
    (when === undefined || holds(when, question)) &&
    !(unless !== undefined && holds(unless, question))
  )
}

function fitsResource(pattern: ResourcePattern, { resource }: Question): boolean {
  switch (pattern.kind) {
    case 'any':
      return true
    case 'key':
      return resource.keyId !== undefined && fitsGlob(pattern.glob, resource.keyId)
    case 'keystore':
      return resource.keystoreId !== undefined && fitsGlob(pattern.glob, resource.keystoreId)
    case 'alias':
      return resource.aliases?.some((name) => fitsGlob(pattern.glob, name)) ?? false
    case 'tag':
      return (
        resource.tags?.some(
          ({ key, value }) => key === pattern.key && fitsGlob(pattern.glob, value),
        ) ?? false
      )
  }
}

/** A condition on something that a call does not have does not hold. */
function holds(conditions: Conditions, question: Question): boolean {
  const { context, keySpecs, origins, projects, addresses, after, before } = conditions
  const { spec, origin, project, address, time } = question
  return (
    isAmong(keySpecs, spec) &&
    isAmong(origins, origin) &&
    isAmong(projects, project) &&
    (after === undefined || time >= after) &&
    (before === undefined || time < before) &&
    (addresses?.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') ?? true) &&
    (context === undefined || hasContext(context, question.context))
  )
}

function isAmong(wanted: readonly string[] | undefined, value: string | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value))
}

function hasContext(wanted: ReadonlyMap<string, readonly string[]>, context: unknown): boolean {
  if (typeof context !== 'object' || context === null) return false
  const stated = new Map<string, unknown>(Object.entries(context))
  return [...wanted].every(([name, globs]) => {
    const value = stated.get(name)
    return typeof value === 'string' && globs.some((glob) => fitsGlob(glob, value))
  })
}
