import { type CommandIo, UsageError, printJson } from '../command.js'
import { withBackend } from '../with-backend.js'
import { readOptions } from '../options.js'
import { type DependentCaller, callersOf } from './callers.js'
import { STEP_SENTENCES } from './sentences.js'
import { counts } from './status.js'
import { type Survey, survey } from './survey.js'
import { USAGE } from './usage.js'

/** What still depends on other tokens than the one in use, what has to be done, and who used it. */
export async function report(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, {
    usage: USAGE,
    options: ['since'],
    flags: ['json'],
    words: 0,
  })
  const since = timeOf(options.values['since'])
  await withBackend(io, async (backend, { audit }) => {
    const found = await survey(backend)
    const callers = await callersOf(audit.folder, { dependents: found.dependents, since })
    if (options.flags.has('json')) printJson(io, jsonOf(found, callers))
    else io.out(textOf(found, callers))
  })
  return 0
}

function timeOf(text: string | undefined): number {
  if (text === undefined) return -Infinity
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new UsageError('--since must be a time such as 2030-01-31T12:00:00Z.')
}

function jsonOf(found: Survey, callers: readonly DependentCaller[] | undefined): unknown {
  return {
    home: found.home,
    ...counts(found),
    keys: found.dependents.map(({ cmk, step, versions }) => ({
      key_id: cmk.id,
      key_alias: cmk.alias,
      project_id: cmk.projectId,
      key_spec: cmk.spec,
      key_state: cmk.state,
      current_version: cmk.currentVersion,
      versions_elsewhere: versions,
      step,
      what_to_do: STEP_SENTENCES[step],
    })),
    secrets: found.secrets.map(({ kind, id }) => ({ kind, id })),
    callers: callers ?? null,
  }
}

function textOf(found: Survey, callers: readonly DependentCaller[] | undefined): string {
  const { home, dependents, secrets } = found
  const lines = [`The token in use is that of home ${home}.`]
  if (dependents.length === 0) lines.push('No key has a version on another token.')
  for (const { cmk, step, versions } of dependents) {
    lines.push(
      `${cmk.id} ${cmk.spec} (project ${cmk.projectId}): versions ${versions.join(', ')} are on another token.`,
      `  ${STEP_SENTENCES[step]}`,
    )
  }
  lines.push(
    secrets.length === 0
      ? 'No secret of the service is sealed on another token.'
      : `${secrets.length} secrets of access keys and access points are sealed on another token: kmsctl hsm migrate run seals them anew.`,
    ...callerLines(callers),
  )
  return `${lines.join('\n')}\n`
}

function callerLines(callers: readonly DependentCaller[] | undefined): readonly string[] {
  if (!callers)
    return ['There is no audit log on this machine: who used old versions is not known.']
  if (callers.length === 0) return ['The audit log of this machine names no use of them.']
  return callers.map(
    (caller) =>
      `${caller.last_time} ${caller.operation} of ${caller.key_id} version ${caller.key_version}: ` +
      `user ${caller.user_id ?? '?'}, access key ${caller.access_key_id ?? 'none'}, project ${caller.project_id ?? '?'}, ${caller.calls} calls`,
  )
}
