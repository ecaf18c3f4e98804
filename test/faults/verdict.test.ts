import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Outcome, perform } from '../../scripts/faults/load.js'
import { COLUMNS, ROWS, allCells, fewCells, refusesPin } from '../../scripts/faults/matrix.js'
import { judgeAnswers, judgeRepeats, judgeWhole } from '../../scripts/faults/verdict.js'
import type { Call } from '../../scripts/faults/workload.js'
import { OfficialClient } from '../support/official-client.js'

const CALL: Call = {
  operation: 'gen-random',
  fields: {},
  idempotent: true,
  right: ({ value }) => (value === 'right' ? undefined : 'the value is wrong'),
}
const BUSY = { error_code: 'KMS.0104', error_msg: 'Try again.' }

describe('the judge of the fault matrix', () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  /** What it makes of an answer. */
  async function outcomeOf(answer: (response: ServerResponse) => void): Promise<Outcome> {
    const server = createServer((_, response) => answer(response))
    closing.push(() => server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // The server listens on a port, so its address is no path.
    const { port } = server.address() as AddressInfo
    const client = new OfficialClient({
      endpoint: `http://127.0.0.1:${port}`,
      project_id: 'p',
      access_key_id: 'a',
      secret_access_key: 's',
    })
    return (await perform(client, CALL)).outcome
  }

  test('lets a right answer and an orderly 503 pass', async () => {
    const right = await outcomeOf((response) => response.end('{"value":"right"}'))
    const busy = await outcomeOf((response) =>
      response.writeHead(503, { 'Retry-After': '1' }).end(JSON.stringify(BUSY)),
    )
    expect(judgeAnswers([right, busy])).toEqual([])
    expect(judgeRepeats([right])).toEqual([])
  })

  test('holds a 503 against a single fault where the call could have been repeated', async () => {
    const busy = await outcomeOf((response) =>
      response.writeHead(503, { 'Retry-After': '1' }).end(JSON.stringify(BUSY)),
    )
    expect(judgeRepeats([busy])).toHaveLength(1)
    expect(judgeRepeats([{ ...busy, call: { ...CALL, idempotent: false } }])).toEqual([])
  })

  test('finds everything else', async () => {
    const wrong = await outcomeOf((response) => response.end('{"value":"wrong"}'))
    const inner = await outcomeOf((response) =>
      response.writeHead(500).end('{"error_code":"KMS.0101"}'),
    )
    const otherCode = await outcomeOf((response) =>
      response.writeHead(503, { 'Retry-After': '1' }).end('{"error_code":"KMS.0101"}'),
    )
    const noHeader = await outcomeOf((response) =>
      response.writeHead(503).end(JSON.stringify(BUSY)),
    )
    const broken = await outcomeOf((response) => response.destroy())
    expect(judgeAnswers([wrong])).toEqual(['gen-random: the value is wrong'])
    expect(judgeAnswers([inner])).toEqual(['gen-random: 500 KMS.0101'])
    expect(judgeAnswers([otherCode])).toEqual(['gen-random: 503 KMS.0101'])
    expect(judgeAnswers([noHeader])).toEqual(['gen-random: 503 without Retry-After'])
    expect(judgeAnswers([broken])).toEqual(['gen-random: the connection broke'])
  })

  test('finds answers after the deadline, and a service that is not whole in time', async () => {
    const right = await outcomeOf((response) => response.end('{"value":"right"}'))
    expect(judgeAnswers([{ ...right, endedAt: right.startedAt + 4000 }])).toHaveLength(1)
    expect(judgeWhole(900, 1000)).toEqual([])
    expect(judgeWhole(1100, 1000)).toEqual(['whole after 1100 ms'])
  })
})

describe('the fault matrix', () => {
  test('has a cell for each function and fault', () => {
    const names = allCells().map(({ row, column }) => `${row.title} ${column.title}`)
    expect(new Set(names).size).toBe(ROWS.length * COLUMNS.length)
  })

  test('has each function, each fault and the refused PIN in its short form', () => {
    const cells = fewCells()
    expect(new Set(cells.map(({ row }) => row))).toEqual(new Set(ROWS))
    expect(new Set(cells.map(({ column }) => column))).toEqual(new Set(COLUMNS))
    expect(cells.some(refusesPin)).toBe(true)
  })
})
