import type { AnyOperation } from '../operations/operation.js'
import type { BodyCompiler, BodyValidator } from './validate.js'

/** An operation made ready to be served: its schemas compiled once. */
export interface OperationRoute {
  readonly operation: AnyOperation
  /** Absent where the operation takes no body. */
  readonly validate: BodyValidator | undefined
  /** Absent where the operation takes no parameters behind the question mark. */
  readonly validateQuery: BodyValidator | undefined
}

/** Compiles an operation. */
export function operationRoute(operation: AnyOperation, compile: BodyCompiler): OperationRoute {
  const { body, query } = operation.request
  return {
    operation,
    validate: body && compile(body),
    validateQuery: query && compile(query),
  }
}
