import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { mergedEvents } from '../../src/audit/export/merged-events.js'
import { type ChainReport, verifyLog } from '../../src/audit/verify/verify-log.js'
import { ConnectionLost, OfficialClient } from '../support/official-client.js'
import type { ServiceProcess } from '../support/service-process.js'

/** Answers that a client has: request ids by the operation that they are of. */
export type Answered = Map<string, string>

/** Calls without pause until the connection is lost or the test says stop; every answer is noted. */
export async function callUntil(
  service: ServiceProcess,
  answered: Answered,
  stopped: () => boolean,
): Promise<void> {
  const client = new OfficialClient({ ...service.credentials(), endpoint: service.url })
  try {
    while (!stopped()) {
      const made = await client.call('gen-random', { random_data_length: '64' })
      answered.set(made.requestId ?? '', 'CreateRandom')
      const missed = await client.call('describe-key', {
        key_id: '00000000-0000-4000-8000-000000000000',
      })
      answered.set(missed.requestId ?? '', 'ListKeyDetail')
    }
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error
  }
}

/** Judges the log of a data directory, and that every answer has its event. */
export async function expectWhole(
  folder: string,
  answered: Answered,
): Promise<readonly ChainReport[]> {
  const publicKeys = [createPublicKey(readFileSync(join(folder, 'audit-key.pem')))]
  const reports = await verifyLog(folder, { publicKeys })
  expect(reports.flatMap(({ flaw }) => flaw ?? [])).toEqual([])
  const recorded = new Map<string, string>()
  for await (const event of mergedEvents(folder, { from: -Infinity, to: Infinity })) {
    recorded.set(event.request_id, event.operation)
  }
  const lost = [...answered].filter(([id, operation]) => recorded.get(id) !== operation)
  expect(lost).toEqual([])
  return reports
}
