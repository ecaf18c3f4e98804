import type { Admission } from './admission.js'
import type { Exchange } from './exchange.js'
import { staged } from './followed.js'
import { readBody } from './read-body.js'

/**
 * Reads the body of a request and works on it, as far as this process takes on more. A request counts from the end of its
 * body: who sends slowly holds a connection, and keeps nobody from being served. But its deadline counts from its arrival, and work that would begin
 * after it does not begin.
 *
 * @param work - its bytes are zeroed when it is done: they may hold a clear data key or a password
 * @throws Overloaded, and what {@link readBody} throws
 */
export async function withBody<T>(
  exchange: Pick<Exchange, 'request' | 'response' | 'followed' | 'startedAt'>,
  admission: Admission,
  work: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  const hold = admission.body()
  try {
    const { request, response } = exchange
    const bytes = await staged(exchange, 'receive', () => readBody(request, response, hold))
    try {
      admission.enter()
      try {
        admission.requireFresh(exchange.startedAt)
        return await work(bytes)
      } finally {
        admission.leave()
      }
    } finally {
      bytes.fill(0)
    }
  } finally {
    hold.release()
  }
}
