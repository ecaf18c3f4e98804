import type { Static, TObject, TSchema } from 'typebox'
import type { Caller } from '../core/caller.js'
import type { ErrorCode } from '../core/errors.js'
import type { Service } from '../core/service.js'

/** Schemas of the places where a request carries its fields; a place that is absent carries none. */
export interface RequestSchemas {
  readonly path?: TObject
  readonly query?: TObject
  readonly body?: TObject
}

/** The fields of a request, typed by its schemas. */
export type Input<Request extends RequestSchemas> = {
  readonly [Place in keyof Request]: Request[Place] extends TSchema ? Static<Request[Place]> : never
}

/** What every call carries besides its fields. */
export interface CallContext {
  readonly requestId: string
  /** Scheme, host and port by which the client reached the service, without a trailing slash. */
  readonly baseUrl: string
}

interface OperationCommon<Request extends RequestSchemas, Response extends TSchema> {
  /** Name of the operation in the wire contract; also its audit event and metric label. */
  readonly name: string
  readonly group: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with its parameters in braces: `/v1.0/{project_id}/kms/create-key`. */
  readonly path: `/${string}`
  readonly summary: string
  readonly request: Request
  readonly response: Response
  /** Status of success. */
  readonly status: 200 | 201 | 204
  /** Errors of its own; those of authentication and of the transport are common to all. */
  readonly errors: readonly ErrorCode[]
  /** Published requests that must succeed or fail as shown; `key_id` is filled in by whoever replays them. */
  readonly example: { readonly request: unknown; readonly response: unknown }
}

/** An API that needs credentials. */
export interface ProjectOperation<
  Request extends RequestSchemas,
  Response extends TSchema,
> extends OperationCommon<Request, Response> {
  readonly access: 'project'
  /** What the authorizer is asked: a name of the classic policy actions. */
  readonly action: `kms:${string}`
  handle(
    this: void,
    input: Input<Request>,
    service: Service,
    context: CallContext & { readonly caller: Caller },
  ): Promise<Static<Response>>
}

/** An API that anybody may call. */
export interface PublicOperation<
  Request extends RequestSchemas,
  Response extends TSchema,
> extends OperationCommon<Request, Response> {
  readonly access: 'public'
  handle(
    this: void,
    input: Input<Request>,
    service: Service,
    context: CallContext,
  ): Promise<Static<Response>>
}

/** An operation whose types are known only to its own file. */
export type AnyOperation =
  ProjectOperation<RequestSchemas, TSchema> | PublicOperation<RequestSchemas, TSchema>

/** Declares an API that needs credentials: one file each. */
export function defineOperation<Request extends RequestSchemas, Response extends TSchema>(
  operation: Omit<ProjectOperation<Request, Response>, 'access'>,
): ProjectOperation<Request, Response> {
  return { ...operation, access: 'project' }
}

/** Declares an API that anybody may call. */
export function definePublicOperation<Request extends RequestSchemas, Response extends TSchema>(
  operation: Omit<PublicOperation<Request, Response>, 'access'>,
): PublicOperation<Request, Response> {
  return { ...operation, access: 'public' }
}
