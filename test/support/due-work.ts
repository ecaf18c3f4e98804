import { type DueWorkParts, runDueWork } from '../../src/core/due-work.js'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import { type KeyStore, StoreUnavailable } from '../../src/core/key-store.js'
import type { TestApp } from '../http/start-app.js'

/** Does all work that is due at a time, and returns what became of it. */
export async function workOn(
  app: TestApp,
  now: number,
  { mayDestroy = true, ...changed }: Partial<DueWorkParts> & { readonly mayDestroy?: boolean } = {},
): Promise<readonly string[]> {
  const events: string[] = []
  const { keys, importPairs, tokens } = app.service
  const observer: DueWorkParts['observer'] = {
    done: (work, { keyId, versions }) => events.push(`${work} ${keyId} ${versions.join(',')}`),
    failed: (work, { keyId }) => events.push(`${work} ${keyId} failed`),
    held: ({ keyId }) => events.push(`destruction ${keyId} held`),
  }
  const parts = { keys, importPairs, tokens, observer, ...changed }
  await runDueWork(parts, { now, mayDestroy, stopping: () => false })
  return events
}

/** A token whose calls of one name fail. */
export function tokensFailing(
  app: TestApp,
  call: 'destroyKey' | 'generateKey',
): DueWorkParts['tokens'] {
  const hsm: Hsm = Object.create(app.service.hsm, {
    [call]: { value: () => Promise.reject(new HsmError('unavailable', 'The token is gone.')) },
  }) as Hsm
  return tokensWith(app, hsm)
}

/** The tokens of a service, each with another HSM in its place. */
export function tokensWith(app: TestApp, hsm: Hsm): DueWorkParts['tokens'] {
  const { tokens } = app.service
  return {
    of: async (id) => ({ ...(await tokens.of(id)), hsm }),
    at: async (id, home) => ({ ...(await tokens.at(id, home)), hsm }),
    homes: () => tokens.homes(),
  }
}

/** A store that dies at the n-th change. */
export function keysDyingAt(app: TestApp, change: number): KeyStore {
  let changes = 0
  const { keys } = app.service
  return {
    ...keys,
    replace: (...args) =>
      ++changes === change
        ? Promise.reject(new StoreUnavailable('The database is gone.'))
        : keys.replace(...args),
  }
}
