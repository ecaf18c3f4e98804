import type { FaultyService } from './faulty-service.js'
import { Load } from './load.js'
import type { Cell } from './matrix.js'
import { type Finding, judgeAnswers, judgeRepeats, judgeWhole, statuses } from './verdict.js'
import { callsOn } from './workload.js'

const REACH_MS = 10_000
/** Long enough for a second attempt, were there one. */
const WATCH_MS = 1500

/**
 * The token refuses the PIN, for good: it must be tried once and never again, the agents that are left go on, and when
 * none is left calls are refused at once. The operator mends the PIN, and the service goes on without a restart.
 */
export async function judgeRefusedPin(bench: FaultyService, { column }: Cell): Promise<Finding> {
  const calls = callsOn(bench.keys)
  const load = new Load(bench.client, [calls.encrypt, calls.decrypt])
  const fault = bench.faults.inject({ function: 'C_Login' }, column.lasting)
  const [first = 0, second = 0] = bench.agents()
  process.kill(first, 'SIGKILL')
  for (const limit = Date.now() + REACH_MS; fault.hits() === 0 && Date.now() < limit;) {
    await pause(10)
  }
  await pause(WATCH_MS)
  const withOneLeft = [...load.outcomes]
  process.kill(second, 'SIGKILL')
  await pause(WATCH_MS)
  const ready = await bench.isReady()
  const attempts = fault.hits()
  fault.remove()
  const outcomes = await load.stop()
  await bench.renewPin()
  const mendedAt = performance.now()
  const whole = await bench.settled(REACH_MS)
  const wholeMs = Math.round(performance.now() - mendedAt)
  const last = outcomes.at(-1)
  const flaws = [
    ...judgeAnswers(outcomes),
    ...judgeRepeats(withOneLeft),
    ...(attempts === 1 ? [] : [`the PIN was tried ${attempts} times`]),
    ...(ready ? ['ready without a PIN'] : []),
    ...(last?.status === 503 ? [] : ['served without an agent']),
    ...(last && last.endedAt - last.startedAt < 500 ? [] : ['not refused at once']),
    ...(whole ? [] : ['not whole with the new PIN file']),
  ]
  const note = `tried ${attempts} x: ${statuses(outcomes)}, whole ${wholeMs} ms after a new PIN file`
  return { flaws, late: judgeWhole(wholeMs, column.wholeWithinMs), note }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
