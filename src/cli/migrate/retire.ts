import { readFile } from 'node:fs/promises'
import type { Backend } from '../../backend.js'
import { type CommandIo, printJson } from '../command.js'
import { withBackend } from '../with-backend.js'
import { act, operatorEvent } from '../operator-act.js'
import { type Options, readOptions } from '../options.js'
import { Refused } from '../subcommands.js'
import { requireReach } from './require-reach.js'
import { type Survey, survey } from './survey.js'
import { USAGE } from './usage.js'

/** How many keys a refusal names. */
const NAMED = 20

/**
 * Gives up every token of the default keystore but the one in use: what is on them is lost from now on, and the operator
 * says that he knows of which keys that is.
 */
export async function retire(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, {
    usage: USAGE,
    options: ['accept-loss-file'],
    lists: ['accept-loss'],
    words: 0,
  })
  const accepted = await acceptedLosses(options)
  await withBackend(io, async (backend) => {
    const found = await survey(backend)
    const homes = found.homes.filter(
      ({ home, retiredAt }) => home !== found.home && retiredAt === undefined,
    )
    if (homes.length === 0) throw new Refused('There is no other token to be retired.')
    requireReach(found, ', and give them two minutes to be forgotten')
    requireAccepted(found, accepted)
    await retireHomes(
      backend,
      found,
      homes.map(({ home }) => home),
    )
    printJson(io, {
      retired_homes: homes.map(({ home }) => home),
      keys_with_lost_versions: found.dependents.map(({ cmk }) => cmk.id),
    })
  })
  io.err('Remove KMS_HSM_PREVIOUS and restart the service on every machine.\n')
  return 0
}

async function acceptedLosses({ lists, values }: Options): Promise<ReadonlySet<string>> {
  const named = lists['accept-loss'] ?? []
  const path = values['accept-loss-file']
  if (path === undefined) return new Set(named)
  try {
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim())
    return new Set([...named, ...lines.filter((line) => line !== '')])
  } catch (cause) {
    throw new Refused(`The file ${path} cannot be read.`, { cause })
  }
}

/** @throws Refused */
function requireAccepted({ dependents, secrets }: Survey, accepted: ReadonlySet<string>): void {
  if (secrets.length > 0) {
    throw new Refused(
      `${secrets.length} secrets of access keys and access points are sealed on the other token: run kmsctl hsm migrate run first.`,
    )
  }
  const ids = new Set<string>(dependents.map(({ cmk }) => cmk.id))
  const strange = [...accepted].find((id) => !ids.has(id))
  if (strange !== undefined) {
    throw new Refused(`${strange} is not the id of a key with versions on another token.`)
  }
  const open = dependents.filter(({ cmk, step }) => step !== 'destruction' && !accepted.has(cmk.id))
  if (open.length === 0) return
  const names = open.slice(0, NAMED).map(({ cmk }) => cmk.id)
  const more = open.length > NAMED ? `, and ${open.length - NAMED} more` : ''
  throw new Refused(
    `What ${open.length} keys have protected with versions on the other token could not be opened any more: ${names.join(', ')}${more}. kmsctl hsm migrate report says what to do about each. Name those whose old versions you give up with --accept-loss.`,
  )
}

async function retireHomes(
  backend: Backend,
  { home: current, dependents }: Survey,
  homes: readonly number[],
): Promise<void> {
  const { database, audit } = backend
  const details = { homes: homes.join(','), home: String(current) }
  await act(backend, { operation: 'RetireToken', details }, async () => {
    for (const { cmk, versions } of dependents) {
      await audit.record(
        operatorEvent({
          operation: 'AbandonKeyVersions',
          keyId: cmk.id,
          projectId: cmk.projectId,
          domainId: cmk.domainId,
          details: { versions: versions.join(',') },
        }),
      )
    }
    for (const home of homes) await database.serviceKeys.retire({ home, now: Date.now() })
  })
}
