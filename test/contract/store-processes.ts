import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProjectId } from '../../src/core/ids.js'

const PROGRAM = fileURLToPath(new URL('../store/store-process.js', import.meta.url))

/** What a process did: the ids that it said it had stored. */
export interface Inserted {
  readonly code: number | null
  readonly ids: readonly string[]
  readonly errors: string
}

/** Has another process insert CMKs until the quota is used up; `onId` is told of each one that it stored. */
export function insertInProcess(request: {
  readonly url: string
  readonly project: ProjectId
  readonly quota: number
  readonly onId?: (child: ChildProcess, count: number) => void
}): Promise<Inserted> {
  const child = spawn(process.execPath, [PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      STORE_URL: request.url,
      STORE_PROJECT: request.project,
      STORE_QUOTA: String(request.quota),
    },
  })
  let [ids, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ids += text
    request.onId?.(child, completeLines(ids).length)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, ids: completeLines(ids), errors })
    })
  })
}

function completeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}
