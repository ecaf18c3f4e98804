import type { MeasuredService } from '../measured-service.js'
import type { ScaleOperation } from '../report.js'
import { type PreparedRequest, prepare } from '../signed-call.js'
import type { Workload } from '../workload.js'
import { type Outline, PAGE, commonlyTagged, tagsAt } from './content.js'

/** A project that is filled, and the service that has it. */
export interface FilledProject {
  readonly service: MeasuredService
  readonly outline: Outline
  /** CMKs in their order. */
  readonly keyIds: readonly string[]
  /** Encryption, with the one CMK that is on the token. */
  readonly workload: Workload
}

/** Signs the requests of a call now: a signature holds for 15 minutes. */
export function requestsOf(
  project: FilledProject,
  operation: ScaleOperation,
): readonly PreparedRequest[] {
  if (operation === 'encrypt-datakey') return project.workload.requests([operation])
  return bodiesOf(project, operation).map((body) => prepare(project.service, operation, body))
}

type Query = Exclude<ScaleOperation, 'encrypt-datakey'>

function bodiesOf({ keyIds }: FilledProject, operation: Query): readonly object[] {
  const limit = String(PAGE)
  switch (operation) {
    case 'list-keys':
      return [{ limit }]
    case 'describe-key':
      return describedOf(keyIds).map((id) => ({ key_id: id }))
    case 'resource_instances/action': {
      const [{ key, value }] = tagsAt(0)
      return [{ action: 'filter', limit, offset: '0', tags: [{ key, values: [value] }] }]
    }
    case 'list-grants':
      return [{ key_id: keyIds[0], limit }]
  }
}

/**
 * As many on both sides, spread over the whole project. The service remembers for half a second what it has read: more of
 * them on one side would compare a database with a memory, not a large project with a small one.
 */
function describedOf(keyIds: readonly string[]): readonly string[] {
  const step = Math.floor(keyIds.length / PAGE)
  return keyIds.filter((_, place) => place % step === 0).slice(0, PAGE)
}

/**
 * Judges an answer to the first request of a call: how fast something wrong is answered must not count.
 *
 * @throws Error when it is not what the project holds
 */
export async function verify(
  project: FilledProject,
  operation: ScaleOperation,
  answer: string,
): Promise<void> {
  if (operation === 'encrypt-datakey') return project.workload.verify(operation, answer)
  const value: unknown = JSON.parse(answer)
  for (const [path, expected] of expectations(project, operation)) {
    const found = path.reduce<unknown>(memberOf, value)
    if (found === expected) continue
    throw new Error(
      `The service answered ${path.join('.')} ${JSON.stringify(found)} to ${operation}; it is ${expected}.`,
    )
  }
}

function expectations(
  { keyIds, outline }: FilledProject,
  operation: Query,
): readonly (readonly [readonly string[], string | number | undefined])[] {
  switch (operation) {
    case 'list-keys':
      return [
        [['key_details', 'length'], PAGE],
        [['keys', '0'], keyIds[0]],
        [['total'], outline.keys],
      ]
    case 'describe-key':
      return [[['key_info', 'key_id'], keyIds[0]]]
    case 'resource_instances/action':
      return [
        [['resources', 'length'], PAGE],
        [['resources', '0', 'tags', 'length'], tagsAt(0).length],
        [['total_count'], commonlyTagged(outline)],
      ]
    case 'list-grants':
      return [
        [['grants', 'length'], PAGE],
        [['total'], outline.grantsPerKey],
      ]
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
