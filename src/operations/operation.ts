import type { Static, TObject, TSchema } from '../packages/typebox.js'
import type { Access } from '../core/access.js'
import type { Caller } from '../core/caller.js'
import type { ErrorCode } from '../core/errors.js'
import type { KeyId } from '../core/ids.js'
import type { Service } from '../core/service.js'

/** Schemas of the places where a request carries its fields; a place that is absent carries none. */
export interface RequestSchemas {
  readonly path?: TObject
  /** Parameters behind the question mark, all of them texts. */
  readonly query?: TObject
  readonly body?: TObject
}

/** The fields of a request, typed by its schemas. */
export type Input<Request extends RequestSchemas> = {
  readonly [Place in keyof Request]: Static<Extract<Request[Place], TSchema>>
}

/** What a handler tells those who log the call. */
export interface CallTrace {
  /** The CMK that the call is about, once it is known. */
  keyId: KeyId | undefined
  /** Version of its material that the call used. */
  keyVersion?: number | undefined
}

/** What a call that needs credentials carries besides its fields. */
export interface ProjectCall {
  readonly caller: Caller
  readonly trace: CallTrace
  /** What the caller may do: asked by whoever finds the thing that the call is about. */
  readonly access: Access
  /** What the client calls itself; empty where it does not. */
  readonly userAgent: string
}

/** What a call that anybody may make carries besides its fields. */
export interface PublicCall {
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
  /** Published request and response, for the documents; a key id or ciphertext in them is only a sample. */
  readonly example: { readonly request?: unknown; readonly response: unknown }
}

/** An API that needs credentials. */
export interface ProjectOperation<
  Request extends RequestSchemas,
  Response extends TSchema,
> extends OperationCommon<Request, Response> {
  readonly access: 'project'
  /** The right that the call needs: a name of the classic policy actions. */
  readonly action: `kms:${string}`
  /** The same right as policies name it that tell every call from the others. */
  readonly identityAction: `kms:${string}`
  /**
   * What the caller needs the right to: `project`, judged before the handler; otherwise the handler judges the CMK or
   * the keystore that it finds, or the CMK that it is to make.
   */
  readonly target: 'project' | 'key' | 'new-key' | 'keystore'
  handle(
    this: void,
    input: Input<Request>,
    service: Service,
    call: ProjectCall,
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
    call: PublicCall,
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

/** Errors that any operation may answer. */
const ERRORS_OF_ALL: readonly ErrorCode[] = ['KMS.0101', 'KMS.0215', 'APIGW.0602']

/** Errors that any operation may answer that needs credentials. */
const ERRORS_OF_PROJECT: readonly ErrorCode[] = [
  'KMS.0104',
  'KMS.0203',
  'KMS.0214',
  'KMS.0307',
  'KMS.0321',
  'APIGW.0301',
  'APIGW.0308',
]

/** Errors that any operation may answer that takes a body. */
const ERRORS_OF_BODY: readonly ErrorCode[] = ['KMS.0202', 'KMS.0204', 'KMS.0206', 'KMS.0308']

/** Errors that any operation may answer that takes parameters behind the question mark. */
const ERRORS_OF_QUERY: readonly ErrorCode[] = ['KMS.0204', 'KMS.0308']

/** Every error that an operation may answer: its own and the common ones, in ascending order. */
export function errorsOf(operation: AnyOperation): readonly ErrorCode[] {
  const codes = new Set([
    ...operation.errors,
    ...ERRORS_OF_ALL,
    ...(operation.access === 'project' ? ERRORS_OF_PROJECT : []),
    ...(operation.request.body ? ERRORS_OF_BODY : []),
    ...(operation.request.query ? ERRORS_OF_QUERY : []),
  ])
  return [...codes].sort()
}
