import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as it arrived, its attributes by name. */
export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first of a trace. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  /** Nanoseconds since 1970. */
  readonly from: bigint
  readonly to: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  /** 2: it failed. */
  readonly status: number
}

/** Takes traces as a collector does: OTLP over HTTP, in JSON. */
export interface TraceCollector {
  readonly url: string
  /** Everything that arrived, as it came. */
  text(this: void): string
  spans(this: void): readonly CollectedSpan[]
  close(this: void): Promise<void>
}

interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
  readonly status: { readonly code?: number }
}

interface WireExport {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

/** Starts a collector on a free port. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const bodies: string[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.url === '/v1/traces') bodies.push(Buffer.concat(chunks).toString('utf8'))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    text: () => bodies.join('\n'),
    spans: () =>
      bodies
        .flatMap((body) => (JSON.parse(body) as WireExport).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .map(collected),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function collected(span: WireSpan): CollectedSpan {
  const { traceId, spanId, parentSpanId = '', name, kind, status } = span
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    from: BigInt(span.startTimeUnixNano),
    to: BigInt(span.endTimeUnixNano),
    attributes: Object.fromEntries(
      span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
    ),
    status: status.code ?? 0,
  }
}
