import { userInfo } from 'node:os'
import type { Backend } from '../backend.js'
import type { AuditEvent } from '../core/audit-event.js'
import { ownAct } from '../core/own-act.js'

/** What an operator does, as the audit log names it. */
export interface OperatorAct extends Pick<
  AuditEvent,
  'domainId' | 'projectId' | 'userId' | 'accessKeyId' | 'keyId'
> {
  readonly operation: string
  readonly details?: Readonly<Record<string, string>>
}

/**
 * Does what an operator asks for and writes down twice: what he is about to do, and how it ended. A command is a process of
 * its own, which does not know whether the log can be written until it has tried.
 *
 * @throws AuditUnavailable before anything is done where the log takes no event
 */
export async function act<Result>(
  { audit }: Pick<Backend, 'audit'>,
  asked: OperatorAct,
  work: () => Promise<Result>,
): Promise<Result> {
  const { operation: act, details, ...about } = asked
  await audit.record(
    operatorEvent({ ...about, operation: 'StartCommand', details: { ...details, act } }),
  )
  let result: Result
  try {
    result = await work()
  } catch (error) {
    const code = error instanceof Error ? error.name : 'Error'
    await audit.record(operatorEvent({ ...asked, outcome: 'failed', code }))
    throw error
  }
  await audit.record(operatorEvent(asked))
  return result
}

/** Writes down something that an operator does, with his name. */
export function operatorEvent({
  operation,
  details,
  ...rest
}: OperatorAct & Partial<Pick<AuditEvent, 'outcome' | 'code' | 'keyVersion'>>): AuditEvent {
  return ownAct(operation, {
    time: Date.now(),
    ...rest,
    details: { ...details, operator: operatorName() },
  })
}

/** Who runs the command, as the operating system names him. */
function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // A container often has no name for the user id that it runs under.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
