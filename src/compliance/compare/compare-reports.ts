import type { Verdict } from '../check.js'
import type { ReportDocument, ReportedCheck, ReportedObject } from '../report-schema.js'

/** A member that has another value than before. */
export interface Change<Value> {
  readonly old: Value
  readonly new: Value
}

/** A check that both runs made, and that came to something else. */
export interface CheckChange extends Change<Verdict> {
  readonly id: string
  /** Subjects that fail now and did not before, and the other way round. */
  readonly failing: readonly string[]
  readonly mended: readonly string[]
}

/** A key object, as a comparison names it. */
export type NamedObject = Pick<ReportedObject, 'label' | 'id'>

/** What differs between two runs. */
export interface Comparison {
  readonly verdict: Change<ReportDocument['verdict']>
  readonly time: Change<string>
  readonly mode: Change<ReportDocument['mode']>
  readonly version: Change<string>
  /** Members of the token's identity that differ, by name. */
  readonly token: Readonly<Record<string, Change<string>>>
  /** Numbers of checks by verdict, of keys in the store and of objects on the token, by name; those that differ. */
  readonly counts: Readonly<Record<string, Change<number>>>
  readonly checks: {
    readonly changed: readonly CheckChange[]
    readonly came: readonly Pick<ReportedCheck, 'id' | 'verdict'>[]
    readonly went: readonly Pick<ReportedCheck, 'id' | 'verdict'>[]
  }
  /** Key objects on the token, told by CKA_ID and label. */
  readonly objects: {
    readonly came: readonly NamedObject[]
    readonly went: readonly NamedObject[]
    /** With the attributes that differ. */
    readonly changed: readonly (NamedObject & { readonly attributes: readonly string[] })[]
  }
}

/** Compares two runs, the older one first. */
export function compareReports(old: ReportDocument, now: ReportDocument): Comparison {
  return {
    verdict: { old: old.verdict, new: now.verdict },
    time: { old: old.started_at, new: now.started_at },
    mode: { old: old.mode, new: now.mode },
    version: { old: old.version, new: now.version },
    token: changes(identityOf(old), identityOf(now)),
    counts: changes(countsOf(old), countsOf(now)),
    checks: compareChecks(old.checks, now.checks),
    objects: compareObjects(old.objects, now.objects),
  }
}

function changes<Value extends string | number>(
  old: Readonly<Record<string, Value>>,
  now: Readonly<Record<string, Value>>,
): Readonly<Record<string, Change<Value>>> {
  const changed: [string, Change<Value>][] = []
  for (const [name, before] of Object.entries(old)) {
    const after = now[name]
    if (after !== undefined && after !== before) changed.push([name, { old: before, new: after }])
  }
  return Object.fromEntries(changed)
}

function identityOf({ token }: ReportDocument): Readonly<Record<string, string>> {
  const { label, manufacturer, model, serial, hardware, firmware, library, profile } = token
  return { label, manufacturer, model, serial, hardware, firmware, library, profile }
}

function countsOf(report: ReportDocument): Readonly<Record<string, number>> {
  return {
    checks_passed: report.checks_passed,
    checks_failed: report.checks_failed,
    checks_not_applicable: report.checks_not_applicable,
    checks_manual: report.checks_manual,
    ...report.keys_in_store,
    key_objects_on_token: report.key_objects_on_token,
  }
}

function compareChecks(
  old: readonly ReportedCheck[],
  now: readonly ReportedCheck[],
): Comparison['checks'] {
  const before = new Map(old.map((check) => [check.id, check]))
  const after = new Map(now.map((check) => [check.id, check]))
  return {
    changed: now.flatMap((check) => {
      const known = before.get(check.id)
      return known ? (changeOf(known, check) ?? []) : []
    }),
    came: now.filter(({ id }) => !before.has(id)).map(({ id, verdict }) => ({ id, verdict })),
    went: old.filter(({ id }) => !after.has(id)).map(({ id, verdict }) => ({ id, verdict })),
  }
}

/** A check that fails before and after may fail on something else. */
function changeOf(old: ReportedCheck, now: ReportedCheck): CheckChange | undefined {
  const [before, after] = [failingOf(old), failingOf(now)]
  const failing = [...after].filter((subject) => !before.has(subject))
  const mended = [...before].filter((subject) => !after.has(subject))
  if (old.verdict === now.verdict && failing.length === 0 && mended.length === 0) return undefined
  return { id: now.id, old: old.verdict, new: now.verdict, failing, mended }
}

function failingOf({ failures }: ReportedCheck): ReadonlySet<string> {
  return new Set(failures.map(({ subject }) => subject))
}

function compareObjects(
  old: readonly ReportedObject[],
  now: readonly ReportedObject[],
): Comparison['objects'] {
  const [before, after] = [byName(old), byName(now)]
  return {
    came: [...after].filter(([name]) => !before.has(name)).map(([, object]) => named(object)),
    went: [...before].filter(([name]) => !after.has(name)).map(([, object]) => named(object)),
    changed: [...after].flatMap(([name, object]) => {
      const known = before.get(name)
      const attributes = known ? differing(known, object) : []
      return attributes.length > 0 ? [{ ...named(object), attributes }] : []
    }),
  }
}

/** Two objects of one name are told apart by their order. */
function byName(objects: readonly ReportedObject[]): ReadonlyMap<string, ReportedObject> {
  const found = new Map<string, ReportedObject>()
  for (const object of objects) {
    let number = 0
    while (found.has(JSON.stringify([object.id, object.label, number]))) number++
    found.set(JSON.stringify([object.id, object.label, number]), object)
  }
  return found
}

function named({ label, id }: ReportedObject): NamedObject {
  return { label, id }
}

function differing(old: ReportedObject, now: ReportedObject): readonly string[] {
  const names = [...new Set([...Object.keys(old.attributes), ...Object.keys(now.attributes)])]
  return [
    ...(old.class === now.class ? [] : ['class']),
    ...(old.key_type === now.key_type ? [] : ['key_type']),
    ...names.filter((name) => old.attributes[name] !== now.attributes[name]),
  ]
}
