import type { Backend } from '../../backend.js'
import { moveCmk } from '../../core/move-cmk.js'
import { parseKeyId } from '../../core/ids.js'
import { resealSecret } from '../../core/sealed-secrets.js'
import { type CommandIo, UsageError, printJson } from '../command.js'
import { withBackend } from '../with-backend.js'
import { act, operatorEvent } from '../operator-act.js'
import { type Options, readOptions } from '../options.js'
import { Refused } from '../subcommands.js'
import { requireReach } from './require-reach.js'
import { type Dependent, type Survey, survey } from './survey.js'
import { USAGE } from './usage.js'

/** What a run did, in numbers. */
interface Outcome {
  readonly keysMoved: number
  readonly secretsSealed: number
  readonly failed: number
}

/**
 * Gives every CMK a version on the token in use, and seals the service's own secrets under its credential key. What is done
 * is not done again, so that a run which was killed is repeated. Exit code 1: something failed; what did is told.
 */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, {
    usage: USAGE,
    lists: ['replace'],
    flags: ['dry-run', 'force'],
    words: 0,
  })
  return await withBackend(io, async (backend) => {
    const found = await survey(backend)
    const keys = keysToMove(found, options)
    if (options.flags.has('dry-run')) {
      printJson(io, {
        home: found.home,
        would_move: keys.map(({ cmk }) => cmk.id),
        would_seal: found.secrets.length,
      })
      return 0
    }
    if (!options.flags.has('force')) await requireSafe(backend, found, keys)
    const outcome = await move(backend, io, { found, keys })
    printJson(io, {
      home: found.home,
      keys_moved: outcome.keysMoved,
      secrets_sealed: outcome.secretsSealed,
      failed: outcome.failed,
    })
    return outcome.failed === 0 ? 0 : 1
  })
}

/** @throws UsageError for a name in --replace that is not one of a key to be replaced */
function keysToMove({ dependents, home }: Survey, { lists }: Options): readonly Dependent[] {
  const named = new Set<string>()
  for (const name of lists['replace'] ?? []) {
    const dependent = dependents.find(({ cmk }) => cmk.id === parseKeyId(name))
    if (dependent) named.add(dependent.cmk.id)
    // Named again after it moved: nothing is left to do.
    if (dependent && ['replace', 'moved'].includes(dependent.step)) continue
    throw new UsageError(
      `--replace: ${name} is not the id of a pair or an HMAC key that was made on another token than that of home ${home}.`,
    )
  }
  return dependents.filter(
    ({ step, cmk }) => step === 'new-version' || (step === 'replace' && named.has(cmk.id)),
  )
}

/** @throws Refused */
async function requireSafe(
  { previous }: Backend,
  found: Survey,
  keys: readonly Dependent[],
): Promise<void> {
  const { home, homes, secrets } = found
  const newest = homes.find(({ retiredAt }) => retiredAt === undefined)?.home
  if (newest !== home) {
    throw new Refused(
      `KMS_PKCS11_URI names the token of home ${home}, but ${newest} is the newest: this would move keys back. Name the newest token, or add --force if going back is what you want.`,
    )
  }
  if (keys.length === 0 && secrets.length === 0) return
  requireReach(found, ', or add --force')
  const state = previous ? await previous.begin() : undefined
  if (state === 'open') return
  throw new Refused(
    state === undefined
      ? 'KMS_HSM_PREVIOUS is not set: what is on the token before could not be opened any more. Name its file, or add --force.'
      : 'The token of KMS_HSM_PREVIOUS cannot be opened: make it available first, or add --force.',
  )
}

function move(
  backend: Backend,
  io: CommandIo,
  { found, keys }: { readonly found: Survey; readonly keys: readonly Dependent[] },
): Promise<Outcome> {
  const { home, secrets } = found
  const details = {
    home: String(home),
    keys: String(keys.length),
    secrets: String(secrets.length),
  }
  return act(backend, { operation: 'MoveToToken', details }, async () => {
    const moved = await moveKeys(backend, io, { home, keys })
    const sealed = await sealSecrets(backend, io, secrets)
    return {
      keysMoved: moved.done,
      secretsSealed: sealed.done,
      failed: moved.failed + sealed.failed,
    }
  })
}

interface Tally {
  readonly done: number
  readonly failed: number
}

async function moveKeys(
  backend: Backend,
  io: CommandIo,
  { home, keys }: { readonly home: number; readonly keys: readonly Dependent[] },
): Promise<Tally> {
  const { tokens, stores, audit } = backend
  const parts = { keys: stores.keys, tokens, clock: Date.now }
  let [done, failed] = [0, 0]
  for (const { cmk } of keys) {
    const about = {
      operation: 'MoveKey',
      keyId: cmk.id,
      projectId: cmk.projectId,
      domainId: cmk.domainId,
    }
    try {
      const version = await moveCmk(parts, cmk, home)
      if (version === undefined) continue
      done += 1
      const details = { home: String(home) }
      await audit.record(operatorEvent({ ...about, keyVersion: version, details }))
    } catch (error) {
      failed += 1
      const reason = error instanceof Error ? error : new Error('It failed.')
      io.err(`Key ${cmk.id} was not moved. ${reason.message}\n`)
      await audit.record(operatorEvent({ ...about, outcome: 'failed', code: reason.name }))
    }
  }
  return { done, failed }
}

async function sealSecrets(
  { sealing, database }: Backend,
  io: CommandIo,
  secrets: Survey['secrets'],
): Promise<Tally> {
  let [done, failed] = [0, 0]
  for (const secret of secrets) {
    try {
      if (await resealSecret(sealing, database.sealedSecrets, secret)) done += 1
    } catch (error) {
      failed += 1
      const what = secret.kind === 'access-key' ? 'access key' : 'access point'
      const reason = error instanceof Error ? error.message : ''
      io.err(`The secret of the ${what} ${secret.id} was not sealed anew. ${reason}\n`)
    }
  }
  return { done, failed }
}
