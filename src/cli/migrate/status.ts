import type { Backend } from '../../backend.js'
import { MOVE_STEPS } from '../../core/move-cmk.js'
import { type CommandIo, printJson } from '../command.js'
import { withBackend } from '../with-backend.js'
import { readOptions } from '../options.js'
import { type Survey, survey } from './survey.js'
import { USAGE } from './usage.js'

/** Both tokens, and how many keys, versions and secrets depend on the one that is not in use. */
export async function status(args: readonly string[], io: CommandIo): Promise<number> {
  readOptions(args, { usage: USAGE, words: 0 })
  await withBackend(io, async (backend) => {
    const found = await survey(backend)
    printJson(io, {
      token: { home: found.home, ...(await backend.hsm.identity()) },
      previous: await describePrevious(backend),
      homes: found.homes.map(({ home, since, retiredAt }) => ({
        home,
        since: new Date(since).toISOString(),
        ...(retiredAt !== undefined && { retired: new Date(retiredAt).toISOString() }),
      })),
      processes: found.processes.map(({ homes, seenAt }) => ({
        homes,
        seen: new Date(seenAt).toISOString(),
      })),
      versions_on_token: found.versionsHere,
      ...counts(found),
    })
  })
  return 0
}

/** What depends on other tokens, in numbers. */
export function counts({ dependents, secrets }: Survey) {
  return {
    versions_elsewhere: dependents.reduce((sum, { versions }) => sum + versions.length, 0),
    keys_elsewhere: Object.fromEntries(
      MOVE_STEPS.map((step) => [
        step.replaceAll('-', '_'),
        dependents.filter((dependent) => dependent.step === step).length,
      ]),
    ),
    secrets_elsewhere: {
      access_keys: secrets.filter(({ kind }) => kind === 'access-key').length,
      access_points: secrets.filter(({ kind }) => kind === 'access-point').length,
    },
  }
}

async function describePrevious({ previous }: Backend): Promise<unknown> {
  if (!previous) return { state: 'not in the settings' }
  const state = await previous.begin()
  const token = state === 'open' ? await previous.token() : undefined
  if (!token) return { state }
  return { state, home: token.home, ...(await token.hsm.identity()) }
}
