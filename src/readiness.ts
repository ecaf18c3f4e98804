import type { Backend } from './backend.js'
import type { Siblings } from './core/siblings.js'
import { type ReadinessCheck, failedChecks } from './http/health.js'

const TOPIC = 'readiness'

/** Whether the service can serve: what this process needs, and that its siblings can serve as well. */
export function readinessOf(backend: Backend, siblings: Siblings): readonly ReadinessCheck[] {
  const own = ownChecks(backend)
  siblings.answer(TOPIC, () => failedChecks(own))
  return [
    ...own,
    {
      name: 'processes',
      check: async () => complaintOf(await siblings.ask(TOPIC, undefined)),
    },
  ]
}

function ownChecks({ hsm, database, audit }: Backend): readonly ReadinessCheck[] {
  return [
    { name: 'hsm', check: () => Promise.resolve(hsm.status().reason) },
    { name: 'audit', check: () => Promise.resolve(audit.unavailable()) },
    {
      name: 'database',
      check: () =>
        database.ping().then(
          () => undefined,
          () => 'The database does not answer or takes no writes.',
        ),
    },
  ]
}

/** Every process gets its part of the calls, so that one that cannot serve fails some of them. */
function complaintOf(answers: readonly unknown[]): string | undefined {
  for (const answer of answers) {
    if (typeof answer !== 'object' || answer === null) return 'An HTTP process does not answer.'
    const names = Object.keys(answer)
    if (names.length > 0) return `An HTTP process cannot serve: ${names.join(', ')}.`
  }
  return undefined
}
