import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { counted } from '../faults/verdict.js'
import { interruption } from '../sdk/command.js'
import { MemoryWatch } from './memory.js'
import type { Replica } from './replica.js'
import { type Stand, openStand } from './stand.js'
import { type Rhythm, Turmoil } from './turmoil.js'
import { Users } from './users.js'

/** One thing that was checked. */
export interface Check {
  readonly name: string
  /** What is not as it must be. */
  readonly flaws: readonly string[]
  /** Figures, for whoever reads the report. */
  readonly note: string
}

const KMSCTL = fileURLToPath(new URL('../../src/cli/kmsctl.js', import.meta.url))
const WHOLE_WITHIN_MS = 5000
const TELL_EVERY_MS = 30_000
/** A heap that has found its size moves by less; a leak of 100 bytes for each call moves it by more in ten minutes. */
const GROWTH = 1.25
const GROWTH_MB = 20
/** Half a minute shows no leak: V8 is still finding the size of its heap. */
const LEAST_WEIGHED_S = 120

/** Runs for some seconds, then checks. */
export async function soak(seconds: number): Promise<readonly Check[]> {
  const stand = await openStand()
  try {
    return await run(stand, seconds)
  } finally {
    await stand.remove()
  }
}

async function run(stand: Stand, seconds: number): Promise<readonly Check[]> {
  const users = await Users.start(stand)
  const began = performance.now()
  // The first replica lives through the last two thirds, so that its memory can be compared.
  const quiet = began + (1000 * seconds) / 3
  const turmoil = new Turmoil(stand, rhythmOf(seconds), quiet)
  const memory = new MemoryWatch(() => stand.first.pid)
  let pid = stand.first.pid
  let told = began
  while (performance.now() < began + 1000 * seconds && !interruption.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (stand.first.pid !== pid) memory.restart()
    pid = stand.first.pid
    if (performance.now() - told < TELL_EVERY_MS) continue
    told = performance.now()
    tell(Math.round((told - began) / 1000), users, turmoil)
  }
  memory.stop()
  await turmoil.stop()
  const wholeMs = await untilWhole([stand.first, stand.second])
  await users.stop()
  return [
    ...(await checkUsers(stand, users, wholeMs)),
    checkTurmoil(stand, turmoil),
    checkMemory(memory, (performance.now() - quiet) / 1000),
    await checkEnd(stand),
    await checkAudit(stand.auditFolder),
  ]
}

function rhythmOf(seconds: number): Rhythm {
  return seconds < 120
    ? { faults: 1, kills: 9, restarts: 13 }
    : { faults: 2.5, kills: 20, restarts: 45 }
}

async function checkUsers(stand: Stand, users: Users, wholeMs: number): Promise<readonly Check[]> {
  const answers = `${users.answered(200)} x 200, ${users.answered(503)} x 503, ${users.answered(0)} broken by kills`
  const [first, second] = [stand.first, stand.second]
  return [
    { name: 'answers', note: answers, flaws: onlyText(counted(users.flaws)) },
    {
      name: 'whole again',
      note: `after ${Math.round(wholeMs)} ms`,
      flaws: wholeMs <= WHOLE_WITHIN_MS ? [] : ['too late'],
    },
    {
      name: 'frames and keys on the first replica',
      note: String(users.kept),
      flaws: onlyText(counted(await users.lost(first))),
    },
    {
      name: 'frames and keys on the second replica',
      note: String(users.kept),
      flaws: onlyText(counted(await users.lost(second))),
    },
    {
      name: 'changes',
      note: String(users.changes),
      flaws: [
        ...(await users.undone(first)),
        ...(await users.undone(second)),
        ...(users.changes > 0 ? [] : ['none was made']),
      ],
    },
  ]
}

function checkTurmoil(stand: Stand, { counts }: Turmoil): Check {
  const { faults, hits, kills, restarts } = counts
  const stale = stand.faults.staleUses()
  return {
    name: 'turmoil',
    note: `${faults} faults, ${hits} calls hit, ${kills} kills, ${restarts} restarts of PostgreSQL`,
    flaws: [
      ...(hits > 0 && kills > 0 && restarts > 0 ? [] : ['not everything happened']),
      ...(stale === 0 ? [] : [`${stale} uses of stale handles`]),
    ],
  }
}

function checkMemory(memory: MemoryWatch, weighedSeconds: number): Check {
  const quarters = memory.quarters()
  if (quarters === undefined) return { name: 'memory', note: '', flaws: ['never weighed'] }
  const { first, last } = quarters
  const shown = (['service', 'agent'] as const).map(
    (part) => `${part} ${first[part].toFixed(0)} MB, then ${last[part].toFixed(0)} MB`,
  )
  const grown = (['service', 'agent'] as const).filter(
    (part) => last[part] > Math.max(first[part] * GROWTH, first[part] + GROWTH_MB),
  )
  const judged = weighedSeconds >= LEAST_WEIGHED_S
  return {
    name: 'memory',
    note: shown.join('; ') + (judged ? '' : ' (too short to be judged)'),
    flaws: judged ? grown.map((part) => `the ${part} has grown`) : [],
  }
}

async function checkEnd(stand: Stand): Promise<Check> {
  const codes = await stand.endReplicas()
  const bad = codes.filter((code) => code !== 0)
  return { name: 'orderly end', note: '', flaws: bad.map((code) => `exit code ${code}`) }
}

/** Nothing that replicas wrote before they were killed may be missing or changed. */
function checkAudit(folder: string): Promise<Check> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [KMSCTL, 'audit', 'verify', '--folder', folder],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, _out, err) => {
        resolve({ name: 'audit log', note: '', flaws: error === null ? [] : [err.trim()] })
      },
    )
  })
}

async function untilWhole(replicas: readonly Replica[]): Promise<number> {
  const since = performance.now()
  while (performance.now() - since < 4 * WHOLE_WITHIN_MS) {
    const ready = await Promise.all(replicas.map((replica) => replica.isReady()))
    if (ready.every(Boolean)) return performance.now() - since
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return Infinity
}

function tell(seconds: number, users: Users, { counts }: Turmoil): void {
  const { faults, kills, restarts } = counts
  process.stdout.write(
    `soak | ${seconds} s: ${users.answered(200)} x 200, ${users.answered(503)} x 503, ${users.flaws.length} flaws; ` +
      `${faults} faults, ${kills} kills, ${restarts} restarts\n`,
  )
}

function onlyText(text: string): readonly string[] {
  return text === '' ? [] : [text]
}
