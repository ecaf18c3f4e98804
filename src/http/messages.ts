import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import type { Express } from 'express'

/** An application, and the classes of the requests and responses that a server must make for it. */
export interface App {
  readonly listener: RequestListener
  readonly messages: {
    readonly IncomingMessage: typeof IncomingMessage
    readonly ServerResponse: typeof ServerResponse<IncomingMessage>
  }
}

/**
 * Makes the classes of requests and responses that Express has nothing to change on.
 *
 * Express gives every request and response another prototype when it arrives. V8 then takes each for a shape of its own
 * and looks every property up the slow way: a quarter of the processor time of a whole request. Messages that are born
 * with the prototype that Express would give them keep their shape.
 */
export function messagesOf(express: Express): App['messages'] {
  class KmsIncoming extends IncomingMessage {}
  class KmsOutgoing extends ServerResponse {}
  Object.setPrototypeOf(KmsIncoming.prototype, express.request)
  Object.setPrototypeOf(KmsOutgoing.prototype, express.response)
  Object.assign(express, { request: KmsIncoming.prototype, response: KmsOutgoing.prototype })
  return { IncomingMessage: KmsIncoming, ServerResponse: KmsOutgoing }
}
