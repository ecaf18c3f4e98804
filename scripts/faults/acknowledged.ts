import type { ApiAnswer, OfficialClient } from '../../test/support/official-client.js'
import { text } from '../../test/support/official-client.js'
import { perform } from './load.js'
import { type Call, createdKey, openingCall, sealingCall, signingCall } from './workload.js'

/** So many frames are kept of each load: enough to notice, few enough to open them all. */
const FRAMES = 20
const AT_ONCE = 8

/** Everything that the service said it did, to be held against it later. */
export class Acknowledged {
  readonly #wrappingKeys: string[] = []
  readonly #signingKeys: string[] = []
  readonly #frames: { readonly keyId: string; readonly dek: string; readonly frame: string }[] = []
  readonly #frameLimit: number

  constructor(frameLimit = FRAMES) {
    this.#frameLimit = frameLimit
  }

  get size(): number {
    return this.#wrappingKeys.length + this.#signingKeys.length + this.#frames.length
  }

  /** Takes note of an answer of status 200. */
  note({ operation, fields }: Call, answer: ApiAnswer): void {
    if (operation === 'create-key') {
      const list = fields['key_usage'] === 'SIGN_VERIFY' ? this.#signingKeys : this.#wrappingKeys
      list.push(createdKey(answer))
    }
    if (operation === 'encrypt-datakey' && this.#frames.length < this.#frameLimit) {
      const dek = text(fields, 'plain_text').slice(0, 64)
      const [keyId, frame] = [text(fields, 'key_id'), text(answer.body, 'cipher_text')]
      this.#frames.push({ keyId, dek, frame })
    }
  }

  /** Uses every key and opens every frame; returns what does not work. */
  async check(client: OfficialClient): Promise<readonly string[]> {
    const calls = [
      ...this.#wrappingKeys.map((keyId) => sealingCall(keyId)),
      ...this.#signingKeys.map((keyId) => signingCall(keyId)),
      ...this.#frames.map(({ keyId, ...sealed }) => openingCall(keyId, sealed)),
    ]
    const flaws: string[] = []
    async function work(): Promise<void> {
      for (let call = calls.pop(); call; call = calls.pop()) {
        const { outcome } = await perform(client, call)
        const refused = outcome.status === 200 ? undefined : `status ${outcome.status}`
        const flaw = outcome.flaw ?? refused
        if (flaw !== undefined) flaws.push(`what was acknowledged does not work: ${flaw}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return flaws
  }
}
