import type { TrialName } from '../../probe/protocol.js'
import type {
  ProbeAnswer,
  ProbeRequest,
  ProbeStart,
  TokenFacts,
  Trials,
} from '../../probe/protocol.js'
import type { Profile } from '../../profile.js'
import { endWithService } from '../end-with-service.js'
import { TokenInspection } from '../inspection.js'
import { Handles } from '../handles.js'
import { runKnownAnswers } from '../known-answers.js'
import { readPin } from '../pin-file.js'
import { type OpenSession, StartError, openLibrary, openSession } from '../session.js'
import { statedLimit } from '../stated-limit.js'
import { inputErrorTrial } from './input-error-trial.js'
import {
  algorithmTrial,
  copyableTrial,
  ecdhTrial,
  gcmTrial,
  importTrial,
  localTrial,
  oaepTrial,
  schemeTrial,
} from './key-trials.js'
import type { Probed } from './objects.js'
import {
  extractableTrial,
  integrityTrial,
  longestPairTrial,
  longestSecretTrial,
  paddingTrial,
  shortestSecretTrial,
  unwrapTrial,
} from './wrap-trials.js'

/*
 * The process of a probe: it holds the library, and may crash or hang without harm to whoever asks. One trial at a time,
 * on objects of its session alone; it ends with its channel, and with whoever started it while a trial hangs.
 */

type Run<Name extends TrialName> = (
  probed: Probed,
  asked: Trials[Name]['asked'],
) => Trials[Name]['found']

const RUNS: { readonly [Name in TrialName]: Run<Name> } = {
  padding: paddingTrial,
  unwrap: unwrapTrial,
  integrity: integrityTrial,
  longestSecret: longestSecretTrial,
  shortestSecret: shortestSecretTrial,
  longestPair: longestPairTrial,
  algorithm: algorithmTrial,
  scheme: schemeTrial,
  oaep: oaepTrial,
  ecdh: ecdhTrial,
  gcm: gcmTrial,
  imports: importTrial,
  local: localTrial,
  copyable: copyableTrial,
  extractable: extractableTrial,
  inputErrors: inputErrorTrial,
  knownAnswers: ({ session, profile }) => runKnownAnswers(session, profile),
}

let session: OpenSession | undefined

endWithService()
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.on('disconnect', () => process.exit(0))
// Whoever started this process sends nothing else.
process.on('message', (message) => answer(message as ProbeStart | ProbeRequest))

function answer(message: ProbeStart | ProbeRequest): void {
  process.send?.('trial' in message ? run(message) : open(message))
}

function open({ address, profile }: ProbeStart): ProbeAnswer {
  try {
    const pin = readPin(address, { profile })
    session = openSession(openLibrary(address), address, pin)
    return { opened: factsOf(session, profile) }
  } catch (error) {
    return error instanceof StartError
      ? { refused: error.failure, message: error.message }
      : { refused: 'token', message: sentence(error) }
  }
}

function factsOf(opened: OpenSession, profile: Profile): TokenFacts {
  const { lib, slot } = opened
  const info = lib.C_GetTokenInfo(slot)
  const limits = [info.maxSessionCount, info.maxRwSessionCount].map(statedLimit)
  const stated = limits.filter((limit) => limit !== undefined)
  return {
    identity: new TokenInspection(opened, new Handles(opened, 0), profile).identity(),
    mechanisms: [...lib.C_GetMechanismList(slot)].sort((a, b) => a - b),
    maxSessions: Math.min(...stated, Number.MAX_SAFE_INTEGER) % Number.MAX_SAFE_INTEGER,
  }
}

function run({ trial, asked, profile }: ProbeRequest): ProbeAnswer {
  if (!session) return { failed: 'The token is not open.' }
  // The table above gives each trial its own type; across the channel only the name is left.
  const trials = RUNS[trial] as (probed: Probed, asked: unknown) => unknown
  try {
    return { found: trials({ session, profile }, asked) }
  } catch (error) {
    return { failed: sentence(error) }
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure'
}
