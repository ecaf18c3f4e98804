import { expect, test } from '@jest/globals'
import type { AppParts } from '../../src/http/app.js'
import { Turns } from '../../src/http/turns.js'
import { noLimits } from '../support/open-doors.js'
import { talk } from './raw-socket.js'
import { type TestApp, startApp } from './start-app.js'

/** What one turn may begin. */
const PER_TURN = 8

/** Counts turns of the event loop from now on: what happens within one has the same number. */
function countTurns() {
  const turn = { number: 0, over: false }
  function next(): void {
    turn.number++
    if (!turn.over) setImmediate(next)
  }
  setImmediate(next)
  return turn
}

/** How many things happened in each turn, in the order of the turns. */
function sizes(turns: readonly number[]): readonly number[] {
  return [...new Set(turns)].map((turn) => turns.filter((other) => other === turn).length)
}

/** An application that tells of each call that begins. */
function startTelling(callBegins: () => void, parts: Partial<AppParts> = {}): Promise<TestApp> {
  function admitAddress(): Promise<void> {
    callBegins()
    return Promise.resolve()
  }
  return startApp({ app: { ...parts, limits: { ...noLimits, admitAddress } } })
}

test('eight calls begin in a turn, and those that arrived first come first', async () => {
  const turn = countTurns()
  const turns = new Turns()
  const begun: (readonly [call: number, turn: number])[] = []
  async function call(index: number): Promise<void> {
    await turns.take()
    begun.push([index, turn.number])
  }
  const calls = Array.from({ length: 20 }, (_, index) => call(index))
  await new Promise((resolve) => setImmediate(resolve))
  // Others still wait: one that arrives now is behind them.
  await Promise.all([...calls, call(20)])
  turn.over = true
  expect(begun.map(([index]) => index)).toEqual(Array.from({ length: 21 }, (_, index) => index))
  expect(sizes(begun.map(([, at]) => at))).toEqual([PER_TURN, PER_TURN, 5])
})

test('a turn that began little has places left for what arrives then', async () => {
  const turns = new Turns()
  for (let index = 0; index < PER_TURN; index++) expect(turns.take()).toBeUndefined()
  const waiting = Array.from({ length: 3 }, async () => await turns.take())
  await Promise.all(waiting)
  for (let index = 3; index < PER_TURN; index++) expect(turns.take()).toBeUndefined()
  expect(turns.take()).toBeDefined()
})

test('a turn in which nobody called takes nothing from the next ones', async () => {
  const turns = new Turns()
  for (let index = 0; index < PER_TURN; index++) expect(turns.take()).toBeUndefined()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(process.getActiveResourcesInfo()).not.toContain('Immediate')
  for (let index = 0; index < PER_TURN; index++) expect(turns.take()).toBeUndefined()
})

test('requests that arrive together begin in several turns, and all are answered', async () => {
  const turn = countTurns()
  const begun: number[] = []
  const app = await startTelling(() => void begun.push(turn.number))
  try {
    const request = 'GET / HTTP/1.1\r\nHost: x\r\n'
    const last = `${request}Connection: close\r\n\r\n`
    const raw = await talk(app.url, `${request}\r\n`.repeat(20) + last)
    expect(raw.match(/HTTP\/1\.1 (?:200|300) /g)).toHaveLength(21)
    expect(begun).toHaveLength(21)
    expect(Math.max(...sizes(begun))).toBe(PER_TURN)
  } finally {
    turn.over = true
    await app.close()
  }
})

test('a page for operators does not wait for them', async () => {
  const order: string[] = []
  function check(): Promise<undefined> {
    order.push('page')
    return Promise.resolve(undefined)
  }
  const app = await startTelling(() => void order.push('call'), {
    readiness: [{ name: 'turns', check }],
  })
  try {
    const call = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
    const page = 'GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    await talk(app.url, call.repeat(20) + page)
    expect(order.filter((what) => what === 'call')).toHaveLength(20)
    expect(order.indexOf('page')).toBeLessThanOrEqual(PER_TURN)
  } finally {
    await app.close()
  }
})
