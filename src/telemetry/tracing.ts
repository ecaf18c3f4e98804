import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  context,
  createContextKey,
  isSpanContextValid,
  propagation,
  trace,
} from '@opentelemetry/api'

/*
 * Traces, for whoever preloads an SDK of OpenTelemetry; without one every call here ends after a few steps, and nothing is
 * recorded. This is the only file that knows the API.
 */

const TRACER = 'hsm-kms'
/** What is left to be sent when the service ends may take so long. */
const FLUSH_MS = 1000

export type { Context }

/** What is known of a request when it arrives. Every text is of a closed set, but for the headers and the request id. */
export interface TracedRequest {
  readonly operation: string
  readonly method: string
  /** Path with its parameters in braces. */
  readonly route: string
  readonly requestId: string
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** A part of a request. Times in milliseconds of `performance.now()`. */
export interface TracedPart {
  readonly name: string
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes?: Attributes
  readonly failed?: boolean
  /** Whether somebody outside of the process worked on it. */
  readonly remote?: boolean
}

/** The trace of one request. */
export class RequestTrace {
  readonly #tracer: Tracer
  readonly #span: Span
  readonly #wallMs: number
  readonly #startedAt: number
  /** What its parts belong to. */
  readonly context: Context
  /** Whether anything is kept of it; a trace that is not kept still says so to others. */
  readonly recording: boolean

  constructor(tracer: Tracer, request: TracedRequest, parent: Context) {
    // The wall clock is read once: parts are told by what passed since, so none of them lies outside of the whole.
    this.#wallMs = Date.now() - (performance.now() - request.startedAt)
    this.#startedAt = request.startedAt
    this.#tracer = tracer
    const { operation, method, route, requestId } = request
    this.#span = tracer.startSpan(
      operation,
      {
        kind: SpanKind.SERVER,
        startTime: this.#wallMs,
        attributes: {
          'http.request.method': method,
          'http.route': route,
          'kms.operation': operation,
          'kms.request_id': requestId,
        },
      },
      parent,
    )
    this.context = trace.setSpan(parent, this.#span)
    this.recording = this.#span.isRecording()
  }

  /** 32 hexadecimal characters. */
  get id(): string {
    return this.#span.spanContext().traceId
  }

  /** Keeps a part that has ended; returns what its own parts belong to. */
  add(part: TracedPart, parent: Context): Context {
    const { name, attributes = {}, failed = false, remote = false } = part
    const startTime = this.#wall(part.startedAt)
    const kind = remote ? SpanKind.CLIENT : SpanKind.INTERNAL
    const span = this.#tracer.startSpan(name, { kind, startTime, attributes }, parent)
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(this.#wall(part.endedAt))
    return trace.setSpan(parent, span)
  }

  /** Runs a part that others may have parts in. */
  async within<Result>(name: string, parent: Context, run: () => Promise<Result>): Promise<Result> {
    const startTime = this.#wall(performance.now())
    const span = this.#tracer.startSpan(name, { startTime }, parent)
    try {
      return await context.with(trace.setSpan(parent, span), run)
    } finally {
      span.end(this.#wall(performance.now()))
    }
  }

  end(
    outcome: { readonly code: string; readonly status: number; readonly keyId: string | undefined },
    endedAt: number,
  ): void {
    const { code, status, keyId } = outcome
    this.#span.setAttributes({
      'kms.code': code,
      ...(status > 0 && { 'http.response.status_code': status }),
      ...(keyId !== undefined && { 'kms.key_id': keyId }),
      ...(status >= 500 && { 'error.type': code }),
    })
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    this.#span.end(this.#wall(endedAt))
  }

  #wall(at: number): number {
    return this.#wallMs + (at - this.#startedAt)
  }
}

/** Makes traces of requests. */
export interface Tracing {
  /** The trace of a request, which continues that of its caller. */
  begin(this: void, request: TracedRequest): RequestTrace
}

/** Opens tracing; `version` is that of the software. Nothing where no SDK is loaded: that is looked at once. */
export function openTracing(version: string): Tracing | undefined {
  const tracer = trace.getTracer(TRACER, version)
  if (!isSpanContextValid(tracer.startSpan('probe', { root: true }).spanContext())) return undefined
  return {
    begin(request) {
      const active = context.active()
      // An instrumentation of HTTP, where the operator has one, has read the headers already.
      const known = trace.getSpan(active) !== undefined
      const parent = known ? active : propagation.extract(active, request.headers)
      return new RequestTrace(tracer, request, parent)
    },
  }
}

/** Sends what the SDK still holds, for a second at the most. */
export async function flushTraces(): Promise<void> {
  const provider = sdkProvider()
  if (!isFlushable(provider)) return
  const flushing = provider.forceFlush().catch(() => undefined)
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, FLUSH_MS)
  })
  await Promise.race([flushing, limit])
  clearTimeout(timer)
}

/** What the SDK registered; the API hands out a stand-in, that of its own copy or of another one. */
function sdkProvider(): object {
  const provider = trace.getTracerProvider()
  return isStandIn(provider) ? provider.getDelegate() : provider
}

function isStandIn(provider: object): provider is { getDelegate(): object } {
  return 'getDelegate' in provider && typeof provider.getDelegate === 'function'
}

/** Every SDK can do it; the API does not speak of it. */
function isFlushable(provider: object): provider is { forceFlush(): Promise<void> } {
  return 'forceFlush' in provider && typeof provider.forceFlush === 'function'
}

const OWNER = createContextKey('the call that a context belongs to')

/** A context that knows whose it is. */
export function ownedContext(parent: Context, owner: object): Context {
  return parent.setValue(OWNER, owner)
}

/** Runs something in a context, as far as the SDK keeps contexts. */
export function runIn<Result>(where: Context, run: () => Result): Result {
  return context.with(where, run)
}

/** The context of whoever runs now, and whose it is. */
export function activeContext(): { readonly context: Context; readonly owner: unknown } {
  const active = context.active()
  return { context: active, owner: active.getValue(OWNER) }
}
