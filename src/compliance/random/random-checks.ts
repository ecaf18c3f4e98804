import type { CheckDefinition, CheckResult } from '../check.js'
import { serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import {
  PROPORTION_CUTOFF,
  REPETITION_CUTOFF,
  WINDOW,
  proportions,
  runLengths,
} from './health-tests.js'

const HONESTLY =
  'It notices a generator that is stuck or grossly biased. It does not prove entropy: a generator whose seed is known to its maker passes it, and so does a counter that is encrypted. Only the certificate of the module, and what SP 800-90B has its laboratory do, speak of that.'

const REPETITION: CheckDefinition = {
  id: 'RANDOM-REPETITION',
  suite: 'random',
  title: 'The generator of the token does not repeat itself',
  requirements: [...serves('SP 800-90B', '4.3', '4.4.1'), ...serves('FIPS 140-3', '7.9.2')],
  method: `Repetition count test over bytes of C_GenerateRandom: ${REPETITION_CUTOFF} equal bytes in a row fail.`,
}

const PROPORTION: CheckDefinition = {
  id: 'RANDOM-PROPORTION',
  suite: 'random',
  title: 'The generator of the token prefers no byte',
  requirements: [...serves('SP 800-90B', '4.3', '4.4.2'), ...serves('FIPS 140-3', '7.9.2')],
  method: `Adaptive proportion test over windows of ${WINDOW} bytes of C_GenerateRandom: a window fails that has its first byte ${PROPORTION_CUTOFF} times.`,
}

/** Judges bytes that the generator of the token gave. */
export function judgeRandom(seen: Seen<Uint8Array>): readonly CheckResult[] {
  return [concludeSeen(REPETITION, seen, repetition), concludeSeen(PROPORTION, seen, proportion)]
}

function repetition(bytes: Uint8Array) {
  const runs = [...runLengths(bytes)].sort(([one], [other]) => one - other)
  const longest = runs.at(-1)?.[0] ?? 0
  const passes = longest > 0 && longest < REPETITION_CUTOFF
  return {
    bound: HONESTLY,
    findings: [
      {
        subject: `${bytes.length} bytes`,
        observed: `the longest run of one byte has ${longest}`,
        verdict: passes ? ('pass' as const) : ('fail' as const),
        ...(passes ? {} : { reason: `fewer than ${REPETITION_CUTOFF}` }),
      },
    ],
    figures: [
      {
        kind: 'table' as const,
        title: 'Runs of equal bytes',
        columns: ['length', 'seen', 'expected of random bytes'],
        rows: runs.map(([length, count]) => [
          length,
          count,
          Number(((bytes.length * (255 / 256) ** 2) / 256 ** (length - 1)).toPrecision(3)),
        ]),
      },
    ],
  }
}

function proportion(bytes: Uint8Array) {
  const counts = proportions(bytes)
  const highest = counts.reduce((most, count) => Math.max(most, count), 0)
  const passes = counts.length > 0 && highest < PROPORTION_CUTOFF
  return {
    bound: HONESTLY,
    findings: [
      {
        subject: `${counts.length} windows of ${WINDOW} bytes`,
        observed: `the first byte of a window came ${highest} times at most`,
        verdict: passes ? ('pass' as const) : ('fail' as const),
        ...(passes ? {} : { reason: `fewer than ${PROPORTION_CUTOFF}` }),
      },
    ],
    figures: [
      {
        kind: 'series' as const,
        title: 'How often the first byte of each window came in it',
        unit: 'bytes',
        points: counts.map((value, index) => ({ label: String(index + 1), value })),
        limit: { label: 'cutoff', value: PROPORTION_CUTOFF },
      },
    ],
  }
}
