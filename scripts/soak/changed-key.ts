import { type OfficialClient, text } from '../../test/support/official-client.js'
import { createdKey, freshAlias } from '../faults/workload.js'

type Fields = Readonly<Record<string, unknown>>

/** What a key of the service can be changed in, and how a description of it shows that. */
interface Change {
  readonly operation: string
  readonly fields: Fields
  /** Member of the key's description, and what it has to be afterwards. */
  readonly member: 'key_state' | 'key_description'
  readonly value: string
}

/** How a change went: `uncertain` where it may have been made without an answer that said so. */
export type ChangeOutcome = 'acknowledged' | 'uncertain' | { readonly flaw: string }

const [ENABLED, DISABLED, PENDING] = ['2', '3', '4']

/** A key that one client changes again and again, and that has to be as it was told last. */
export class ChangedKey {
  readonly #keyId: string
  #changes = 0
  #current: Change | undefined
  #attempts = 0
  /** What is known for certain. */
  readonly #known = new Map<Change['member'], string>()

  private constructor(keyId: string) {
    this.#keyId = keyId
  }

  /** Makes a key to be changed. */
  static async create(client: OfficialClient): Promise<ChangedKey> {
    const answer = await client.call('create-key', { key_alias: freshAlias() })
    if (answer.status !== 200) throw new Error(`The key could not be made: ${answer.status}.`)
    return new ChangedKey(createdKey(answer))
  }

  /** How many changes were acknowledged. */
  get changes(): number {
    return this.#changes
  }

  /** Makes the next change, or tries again to make the one that is uncertain. */
  async change(client: OfficialClient): Promise<ChangeOutcome> {
    const change = (this.#current ??= this.#next())
    this.#attempts++
    const answer = await client
      .call(change.operation, { key_id: this.#keyId, ...change.fields })
      .catch(() => undefined)
    if (answer === undefined || answer.status === 503) return 'uncertain'
    if (answer.status !== 200) {
      // Told twice, since the first answer was lost: then it has to be as told already.
      if (this.#attempts === 1) return { flaw: `${change.operation}: ${answer.status}` }
      const flaw = await this.#compare(client, new Map([[change.member, change.value]]))
      if (flaw === 'uncertain') return 'uncertain'
      if (flaw !== undefined) return { flaw }
    }
    this.#known.set(change.member, change.value)
    this.#current = undefined
    this.#attempts = 0
    this.#changes++
    return 'acknowledged'
  }

  /** Compares the key with what was acknowledged, unless the last change is uncertain. */
  async check(client: OfficialClient): Promise<string | undefined> {
    const certain = new Map(this.#known)
    if (this.#current) certain.delete(this.#current.member)
    const flaw = await this.#compare(client, certain)
    return flaw === 'uncertain' ? undefined : flaw
  }

  /** The same, at the end, when the service has to answer. */
  async checkAtLast(client: OfficialClient): Promise<string | undefined> {
    const flaw = await this.check(client)
    if (flaw !== undefined) return flaw
    const { status } = await client.call('describe-key', { key_id: this.#keyId })
    return status === 200 ? undefined : `describe-key: ${status}`
  }

  async #compare(
    client: OfficialClient,
    expected: ReadonlyMap<string, string>,
  ): Promise<string | undefined> {
    const answer = await client.call('describe-key', { key_id: this.#keyId }).catch(() => undefined)
    if (answer === undefined || answer.status === 503) return 'uncertain'
    if (answer.status !== 200) return `describe-key: ${answer.status}`
    for (const [member, value] of expected) {
      const found = text(answer.body['key_info'], member)
      if (found !== value) return `${member} is ${found} after ${value} was acknowledged`
    }
    return undefined
  }

  #next(): Change {
    const description = `change ${this.#changes}`
    const changes: readonly Change[] = [
      {
        operation: 'update-key-description',
        fields: { key_description: description },
        member: 'key_description',
        value: description,
      },
      stateChange('disable-key', DISABLED),
      stateChange('enable-key', ENABLED),
      stateChange('schedule-key-deletion', PENDING, { pending_days: '7' }),
      stateChange('cancel-key-deletion', DISABLED),
      stateChange('enable-key', ENABLED),
    ]
    const change = changes[this.#changes % changes.length]
    if (change === undefined) throw new Error('There is always a next change.')
    return change
  }
}

function stateChange(operation: string, value: string | undefined, fields: Fields = {}): Change {
  return { operation, fields, member: 'key_state', value: value ?? '' }
}
