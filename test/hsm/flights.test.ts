import { expect, test } from '@jest/globals'
import { Flights } from '../../src/hsm/flights.js'
import type { Job, JobAnswer } from '../../src/hsm/job.js'

test('a session begins a job when it has answered the one before', () => {
  let now = 0
  const flights = new Flights(() => now)
  const first = flights.add(job({ limitMs: 100 }).job, 1)
  const second = flights.add(job({ limitMs: 100 }).job, 1)
  expect([flights.isStuck(99), flights.isStuck(100)]).toEqual([false, true])
  now = 90
  flights.remove(first)
  // It waited for 90 ms, which nobody was at it.
  expect([flights.isStuck(189), flights.isStuck(190)]).toEqual([false, true])
  flights.remove(second)
  expect([flights.count, flights.isStuck(1e9)]).toEqual([0, false])
})

test('a session that comes later begins a job that waits', () => {
  let now = 0
  const flights = new Flights(() => now)
  flights.add(job({ limitMs: 1000 }).job, 1)
  flights.add(job({ limitMs: 10 }).job, 1)
  expect(flights.isStuck(999)).toBe(false)
  now = 5
  flights.beginNext()
  expect([flights.isStuck(14), flights.isStuck(15)]).toEqual([false, true])
})

test('a number that was answered is forgotten, also when its answer comes again', () => {
  const flights = new Flights(() => 0)
  const id = flights.add(job({ slow: true }).job, 1)
  flights.add(job({ slow: true }).job, 1)
  expect(flights.slow).toBe(2)
  flights.remove(id)
  flights.remove(id)
  expect([flights.find(id), flights.count, flights.slow]).toEqual([undefined, 1, 1])
})

test('those whose deadline has passed are answered, and stay until the agent answers or ends', () => {
  const flights = new Flights(() => 0)
  const [late, early] = [job({ deadlineAt: 200 }), job({ deadlineAt: 100 })]
  flights.add(late.job, 1)
  flights.add(early.job, 1)
  flights.expire(100)
  expect([late.answers.length, early.answers.length]).toEqual([0, 1])
  expect(flights.drain()).toEqual([late.job, early.job])
  expect([flights.count, flights.slow, flights.drain()]).toEqual([0, 0, []])
})

test('a single session of a busy service is handed more when it has answered half of what it had', () => {
  const flights = new Flights(() => 0)
  expect(flights.roomOfOne).toBe(32)
  expect(roomsOf(flights, handed(flights, 32))).toEqual([
    ...Array.from({ length: 15 }, () => 0),
    ...Array.from({ length: 17 }, (_, index) => 16 + index),
  ])
  expect(roomsOf(flights, handed(flights, 8))).toEqual([0, 0, 0, 28, 29, 30, 31, 32])
})

test('a single session never has more than it may', () => {
  const flights = new Flights(() => 0)
  for (const id of handed(flights, 32).slice(16)) flights.remove(id)
  handed(flights, flights.roomOfOne)
  expect([flights.count, flights.roomOfOne]).toEqual([32, 0])
})

test('a single session of a service that is not busy is handed nothing before it has answered all', () => {
  const flights = new Flights(() => 0)
  // It may hang at the last one, or take its time for that: others would wait behind it.
  expect(roomsOf(flights, handed(flights, 7))).toEqual([0, 0, 0, 0, 0, 0, 32])
})

test('nothing is handed to a single session behind a slow job', () => {
  const flights = new Flights(() => 0)
  const ids = handed(flights, 8)
  const slow = flights.add(job({ slow: true }).job, 1)
  expect(roomsOf(flights, [...ids, slow])).toEqual([...ids.map(() => 0), 32])
})

/** Numbers of so many jobs that are handed over. */
function handed(flights: Flights, count: number): readonly number[] {
  return Array.from({ length: count }, () => flights.add(job({}).job, 1))
}

/** The room after the answer to each. */
function roomsOf(flights: Flights, ids: readonly number[]): readonly number[] {
  return ids.map((id) => {
    flights.remove(id)
    return flights.roomOfOne
  })
}

function job(given: Partial<Job>): { readonly job: Job; readonly answers: readonly JobAnswer[] } {
  const answers: JobAnswer[] = []
  const job: Job = {
    command: 'wrap',
    args: [],
    arrivedAt: 0,
    deadlineAt: 1e9,
    limitMs: 1e9,
    slow: false,
    detailed: false,
    attempts: 0,
    handedOverAt: undefined,
    lastError: undefined,
    doubted: false,
    settle: (answer) => void answers.push(answer),
    ...given,
  }
  return { job, answers }
}
