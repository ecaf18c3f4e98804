import type { KnownAnswer } from '../../core/hsm.js'
import type { TokenCommands } from '../commands.js'
import type { AgentStart } from '../protocol.js'
import { Handles } from './handles.js'
import { TokenInspection } from './inspection.js'
import { Keys } from './keys.js'
import { runKnownAnswers } from './known-answers.js'
import { StartError, openSession } from './session.js'
import { Wrapping } from './wrapping.js'

/**
 * Opens the token, proves it with the known-answer tests unless it is to be inspected unproven, and gives its commands.
 *
 * @throws StartError
 */
export function openToken({ address, profile, unproven = false }: AgentStart): TokenCommands {
  const session = openSession(address)
  if (!unproven) requirePassed(runKnownAnswers(session, profile), profile.name)
  const handles = new Handles(session, profile.newKeyVisibleAfterMs)
  const wrapping = new Wrapping(session, handles, profile)
  const keys = new Keys({ session, handles, wrapping, profile })
  const inspection = new TokenInspection(session, handles, profile)
  return {
    generateKey: (request) => keys.generateKey(request),
    checkValue: (request) => keys.checkValue(request),
    destroyKey: (key) => keys.destroyKey(key),
    wrap: (request) => wrapping.wrap(request),
    generateWrapped: (request) => wrapping.generateWrapped(request),
    generateReadable: (request) => wrapping.generateReadable(request),
    unwrap: (request) => wrapping.unwrap(request),
    random: (length) => wrapping.random(length),
    identity: () => inspection.identity(),
    inspectKeys: () => inspection.inspectKeys(),
    knownAnswers: () => inspection.knownAnswers(),
    attempts: (key) => inspection.attempts(key),
  }
}

function requirePassed(answers: readonly KnownAnswer[], profile: string): void {
  const failed = answers.filter(({ passed }) => !passed)
  const [first] = failed
  if (first) {
    throw new StartError(
      'setting',
      `The token fails ${failed.length} of ${answers.length} known-answer tests of profile ${profile}; ` +
        `the first is "${first.test}": ${first.detail}`,
    )
  }
}
