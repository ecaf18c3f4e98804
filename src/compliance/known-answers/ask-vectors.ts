import type { Assessment, Vector, VectorAnswer } from '../../core/hsm-assessment.js'
import { readCavs } from './cavs.js'
import { RFC_5649_VECTORS } from './rfc5649-vectors.js'
import type { VectorCase, VectorFile } from './vector-case.js'
import { readWycheproof } from './wycheproof.js'

/** Questions of one message to the agent: enough to spare trips, and few enough for its deadline. */
const BATCH = 100

/** A case, and what the token made of it; nothing where it never reached the token. */
export interface AskedCase extends VectorCase {
  readonly answer: VectorAnswer | undefined
}

/** What came of the vectors. */
export interface AskedVectors {
  readonly cases: readonly AskedCase[]
  /** Files of the folder, each with the number of cases that it gave; nothing where no folder was given. */
  readonly files: readonly { readonly name: string; readonly cases: number }[] | undefined
}

/**
 * Asks the token the vectors of RFC 5649 and those of files.
 *
 * @throws HsmError
 */
export async function askVectors(
  hsm: Pick<Assessment, 'vectors'>,
  files: readonly VectorFile[] | undefined,
): Promise<AskedVectors> {
  const read = files?.map((file) => ({
    name: file.name,
    cases: readWycheproof(file) ?? readCavs(file) ?? [],
  }))
  const all = [...RFC_5649_VECTORS, ...(read ?? []).flatMap(({ cases }) => cases)]
  return {
    cases: await ask(hsm, all),
    files: read?.map(({ name, cases }) => ({ name, cases: cases.length })),
  }
}

async function ask(
  hsm: Pick<Assessment, 'vectors'>,
  cases: readonly VectorCase[],
): Promise<readonly AskedCase[]> {
  const asked: AskedCase[] = []
  for (let at = 0; at < cases.length; at += BATCH) {
    const batch = cases.slice(at, at + BATCH)
    const answers = await hsm.vectors(batch.flatMap(({ question }) => questionOf(question)))
    let next = 0
    for (const one of batch) {
      const reaches = questionOf(one.question).length > 0
      asked.push({ ...one, answer: reaches ? answers[next++] : undefined })
    }
  }
  return asked
}

function questionOf(question: VectorCase['question']): readonly Vector[] {
  return 'form' in question ? [question] : []
}
