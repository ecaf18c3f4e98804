import type { InjectedFault } from '../../test/support/fault-injector/fault-injector.js'
import { Acknowledged } from './acknowledged.js'
import { type FaultyService, HSM_DEADLINE_MS } from './faulty-service.js'
import { Load } from './load.js'
import { type Cell, refusesPin } from './matrix.js'
import { judgeRefusedPin } from './refused-pin.js'
import { type Finding, judgeAnswers, judgeRepeats, judgeWhole, statuses } from './verdict.js'
import { type Call, callsOn, createdKey, sealingCall } from './workload.js'

const WORKERS = 4
const WARM_UP_MS = 120
/** A fault must be reached within this time. */
const REACH_MS = 10_000
/** How long the load goes on after a single fault, and how long a lasting one lasts. */
const AFTER_MS = 250
const LASTING_MS = 700
/** The service is whole when nothing failed for this long. */
const QUIET_MS = 400
const SETTLE_MS = 20_000
/** Keys are objects on the token: a new one now and then is enough. */
const BETWEEN_KEYS_MS = 120

/** Runs one cell on a service that is well, and leaves it well. */
export async function runCell(bench: FaultyService, cell: Cell): Promise<Finding> {
  const staleBefore = bench.faults.staleUses()
  const acknowledged = new Acknowledged()
  const parts = refusesPin(cell)
    ? [await judgeRefusedPin(bench, cell)]
    : [
        await onePhase(bench, cell, { acknowledged, lasting: false }),
        await onePhase(bench, cell, { acknowledged, lasting: true }),
      ]
  bench.faults.clear()
  const stale = bench.faults.staleUses() - staleBefore
  const flaws = [
    ...parts.flatMap((part) => part.flaws),
    ...(await acknowledged.check(bench.client)),
    ...(stale === 0 ? [] : [`${stale} uses of stale handles`]),
  ]
  const late = parts.flatMap((part) => part.late)
  return { flaws, late, note: parts.map(({ note }) => note).join(' | ') }
}

interface Phase {
  readonly acknowledged: Acknowledged
  readonly lasting: boolean
}

/** The load runs, the fault comes, the fault goes, and the service has to be whole again. */
async function onePhase(bench: FaultyService, cell: Cell, phase: Phase): Promise<Finding> {
  const load = startLoad(bench, cell, phase.acknowledged)
  try {
    await pause(WARM_UP_MS)
    const fault = await bringFault(bench, cell, phase.lasting)
    const reached = fault.hits() > 0
    fault.remove()
    const wholeMs = await untilWhole(bench, load, performance.now())
    const outcomes = await load.stop()
    const settled = await bench.settled(SETTLE_MS)
    const { hangs, wholeWithinMs } = cell.column
    const flaws = [
      ...judgeAnswers(outcomes),
      ...(phase.lasting || hangs ? [] : judgeRepeats(outcomes)),
      ...(reached ? [] : ['the fault was never reached']),
      ...(settled ? [] : ['an agent is missing for good']),
    ]
    const name = phase.lasting ? 'lasting' : 'once'
    const note = `${name}: ${statuses(outcomes)}, whole after ${Math.round(wholeMs)} ms`
    return { flaws, late: judgeWhole(wholeMs, wholeWithinMs), note }
  } finally {
    await load.stop()
  }
}

async function bringFault(
  bench: FaultyService,
  { row, column }: Cell,
  lasting: boolean,
): Promise<InjectedFault> {
  const agents = bench.agents()
  const match = lasting ? row.match : { ...row.match, count: 1 }
  const fault = bench.faults.inject(match, lasting ? column.lasting : column.once)
  if (row.atStart) for (const pid of lasting ? agents : agents.slice(0, 1)) kill(pid)
  for (const limit = Date.now() + REACH_MS; fault.hits() === 0 && Date.now() < limit;) {
    await pause(10)
  }
  const deadline = column.hangs ? HSM_DEADLINE_MS : 0
  await pause(deadline + (lasting ? LASTING_MS : AFTER_MS))
  return fault
}

/** Milliseconds from the end of the fault to the start of the first call after which nothing failed any more. */
async function untilWhole(bench: FaultyService, load: Load, since: number): Promise<number> {
  let lastBad = since
  for (;;) {
    const began = performance.now()
    if (!(await bench.isReady())) lastBad = began
    for (const { status, startedAt } of load.outcomes) {
      if (status !== 200 && startedAt > lastBad) lastBad = startedAt
    }
    if (performance.now() - lastBad > QUIET_MS) return lastBad - since
    if (performance.now() - since > SETTLE_MS) return Infinity
    await pause(20)
  }
}

function startLoad(bench: FaultyService, { row }: Cell, acknowledged: Acknowledged): Load {
  const calls = callsOn(bench.keys)
  const bystander = mixOf([calls.encrypt, calls.decrypt])
  const own = row.calls.map((name) => calls[name])
  const makers = own.filter((make) => !make().idempotent).map(paced)
  const users = own.filter((make) => make().idempotent)
  const workers = users.length === 0 ? [] : Array.from({ length: WORKERS }, () => mixOf(users))
  return new Load(bench.client, [bystander, bystander, ...workers, ...makers], (call, answer) => {
    acknowledged.note(call, answer)
    if (!row.freshKeys || call.operation !== 'create-key') return []
    // The new key is known to the agent that made it; the other one has to search.
    return Array.from({ length: 4 }, () => sealingCall(createdKey(answer)))
  })
}

function mixOf(makers: readonly (() => Call)[]): () => Call {
  let turn = 0
  const [first] = makers
  if (first === undefined) throw new Error('A worker needs something to call.')
  return () => (makers[turn++ % makers.length] ?? first)()
}

function paced(make: () => Call): () => Promise<Call> {
  return async () => {
    await pause(BETWEEN_KEYS_MS)
    return make()
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
