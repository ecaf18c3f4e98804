import { access } from 'node:fs/promises'
import type { EventRecord } from '../../codec/audit-record.js'
import { mergedEvents } from '../../audit/export/merged-events.js'
import type { Dependent } from './survey.js'

/** Somebody who used a version on another token than the one in use, as the audit log has it. */
export interface DependentCaller {
  readonly key_id: string
  readonly key_version: number
  readonly operation: string
  readonly project_id: string | undefined
  readonly user_id: string | undefined
  readonly access_key_id: string | undefined
  readonly calls: number
  readonly last_time: string
}

/**
 * Finds in the audit log who used versions on other tokens, since a time in milliseconds since 1970; most recent first.
 * Nothing where there is no such folder.
 *
 * @throws MalformedRecord, Error of the system
 */
export async function callersOf(
  folder: string,
  request: { readonly dependents: readonly Dependent[]; readonly since: number },
): Promise<readonly DependentCaller[] | undefined> {
  if (!(await exists(folder))) return undefined
  const versions = new Map(
    request.dependents.map(({ cmk, versions: own }) => [cmk.id as string, new Set(own)]),
  )
  const callers = new Map<string, DependentCaller>()
  for await (const event of mergedEvents(folder, { from: request.since, to: Infinity })) {
    const { key_id: keyId, key_version: version, outcome } = event
    if (keyId === undefined || version === undefined || outcome !== 'done') continue
    // Acts of operators and of the service itself have no caller.
    if (event.user_id === undefined || !versions.get(keyId)?.has(version)) continue
    add(callers, event, { key_id: keyId, key_version: version })
  }
  return [...callers.values()].sort((a, b) => (a.last_time < b.last_time ? 1 : -1))
}

function add(
  callers: Map<string, DependentCaller>,
  event: EventRecord,
  key: Pick<DependentCaller, 'key_id' | 'key_version'>,
): void {
  const who = {
    ...key,
    operation: event.operation,
    project_id: event.project_id,
    user_id: event.user_id,
    access_key_id: event.access_key_id,
  }
  const name = JSON.stringify(Object.values(who))
  const calls = (callers.get(name)?.calls ?? 0) + 1
  callers.set(name, { ...who, calls, last_time: event.time })
}

async function exists(folder: string): Promise<boolean> {
  try {
    await access(folder)
    return true
  } catch {
    return false
  }
}
