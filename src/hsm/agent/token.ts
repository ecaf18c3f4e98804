import type { TokenCommands } from '../commands.js'
import { attackApi } from './api-attacks.js'
import type { Profile } from '../profile.js'
import { Pairs } from './pairs.js'
import { WrappedPairs } from './pair-wrapping.js'
import { SigningKeys } from './signing.js'
import { KeyAgreement } from './agreement.js'
import { MacKeys } from './macs.js'
import { SealedTexts } from './data-sealing.js'
import { SecretRewrapping } from './rewrapping.js'
import { Oaep } from './oaep.js'
import { ImportedHalves } from './imported-halves.js'
import { ImportedKeys } from './importing.js'
import type { Handles } from './handles.js'
import { TokenInspection } from './inspection.js'
import { Keys } from './keys.js'
import { runKnownAnswers } from './known-answers.js'
import { type OpenSession, StartError } from './session.js'
import { readTokenState } from './token-state.js'
import { askVectors } from './vectors.js'
import { Wrapping } from './wrapping.js'

/** The commands over a session, with the handles that it knows. */
export function tokenCommands(
  session: OpenSession,
  handles: Handles,
  profile: Profile,
): TokenCommands {
  const wrapping = new Wrapping(session, handles, profile)
  const keys = new Keys({ session, handles, wrapping, profile })
  const pairs = new Pairs({ session, handles, profile, keys })
  const wrappedPairs = new WrappedPairs(session, handles, profile)
  const signing = new SigningKeys(session, handles, profile)
  const agreement = new KeyAgreement(session, handles)
  const macs = new MacKeys(session, handles, profile)
  const texts = new SealedTexts(session, handles, profile)
  const rewrapping = new SecretRewrapping(session, handles, profile)
  const oaep = new Oaep(session, handles, profile)
  const halves = new ImportedHalves({ session, profile, signing, oaep })
  const imported = new ImportedKeys({ session, handles, profile, keys, halves })
  const inspection = new TokenInspection(session, handles, profile)
  return {
    generateKey: (request) => keys.generateKey(request),
    checkValue: (request) => keys.checkValue(request),
    destroyKey: (key) => keys.destroyKey(key),
    discardKey: (key) => keys.discardKey(key),
    wrap: (request) => wrapping.wrap(request),
    generateWrapped: (request) => wrapping.generateWrapped(request),
    generateReadable: (request) => wrapping.generateReadable(request),
    unwrap: (request) => wrapping.unwrap(request),
    generatePair: (request) => pairs.generatePair(request),
    publicKey: (request) => pairs.publicKey(request),
    generateWrappedPair: (request) => wrappedPairs.generateWrappedPair(request),
    sign: (request) => signing.sign(request),
    verify: (request) => signing.verify(request),
    agree: (request) => agreement.agree(request),
    mac: (request) => macs.mac(request),
    verifyMac: (request) => macs.verifyMac(request),
    sealData: (request) => texts.sealData(request),
    openData: (request) => texts.openData(request),
    resealData: (request) => texts.resealData(request),
    rewrap: (request) => rewrapping.rewrap(request),
    decryptOaep: (request) => oaep.decryptOaep(request),
    importSecret: (request) => imported.importSecret(request),
    importPair: (request) => imported.importPair(request),
    random: (length) => wrapping.random(length),
    identity: () => inspection.identity(),
    inspectKeys: () => inspection.inspectKeys(),
    knownAnswers: () => inspection.knownAnswers(),
    attempts: (key, wish) => inspection.attempts(key, wish),
    tokenState: () => readTokenState(session),
    apiAttacks: () => attackApi(session, profile),
    vectors: (questions) => askVectors(session, profile, questions),
  }
}

/**
 * Runs the known-answer tests on the token of a session.
 *
 * @throws StartError where it fails one
 */
export function proveToken(session: OpenSession, profile: Profile): void {
  const answers = runKnownAnswers(session, profile)
  const failed = answers.filter(({ passed }) => !passed)
  const [first] = failed
  if (first) {
    throw new StartError(
      'setting',
      `The token fails ${failed.length} of ${answers.length} known-answer tests of profile ${profile.name}; ` +
        `the first is "${first.test}": ${first.detail}`,
    )
  }
}
