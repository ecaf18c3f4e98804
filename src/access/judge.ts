import type { Access, AccessCall, AccessJudge, Target } from '../core/access.js'
import type { AccessPolicyStore, AttachedPolicy } from '../core/access-policy.js'
import type { Alias } from '../core/alias.js'
import type { Clock } from '../core/clock.js'
import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { GrantOperation, GrantStore } from '../core/grant.js'
import type { Tag } from '../core/tag.js'
import { type Question, type ReadPolicy, type Verdict, evaluate, isAbout } from './evaluate.js'
import { type ResourcePattern, parsePolicy } from './policy-document.js'
import { SYSTEM_POLICIES } from './system-policies.js'

/** What a judge asks. */
export interface JudgeParts {
  readonly policies: Pick<AccessPolicyStore, 'attachedTo'>
  readonly grants: Pick<GrantStore, 'listForGrantee'>
  /** Tags of a CMK; asked only where a policy speaks of tags. */
  tagsOf(this: void, cmk: Cmk): Promise<readonly Tag[]>
  /** Aliases of a CMK; asked only where a policy speaks of aliases. */
  aliasesOf(this: void, cmk: Cmk): Promise<readonly Pick<Alias, 'name'>[]>
  readonly clock: Clock
}

/** Makes the judge of calls: policies that deny, then policies that allow, then grants. */
export function createJudge(parts: JudgeParts): AccessJudge {
  // A list that the store gives twice is read once.
  const read: ReadLists = new WeakMap()
  return (call) => new Judgement({ parts, read, call })
}

type ReadLists = WeakMap<readonly AttachedPolicy[], readonly ReadPolicy[]>

class Judgement implements Access {
  readonly #parts: JudgeParts
  readonly #read: ReadLists
  readonly #call: AccessCall
  #policies: Promise<readonly ReadPolicy[]> | undefined
  #rule: string | undefined
  #decided = false

  constructor({
    parts,
    read,
    call,
  }: {
    readonly parts: JudgeParts
    readonly read: ReadLists
    readonly call: AccessCall
  }) {
    this.#parts = parts
    this.#read = read
    this.#call = call
  }

  get rule(): string | undefined {
    return this.#rule
  }

  get decided(): boolean {
    return this.#decided
  }

  judged(rule: string): void {
    this.#decided = true
    this.#rule = rule
  }

  async require({ keystoreId, spec, origin }: Target): Promise<void> {
    const question = { ...this.#question(), resource: { keystoreId }, spec, origin }
    const { effect, rule } = evaluate(await this.#ownPolicies(), question)
    this.#settle({ effect, rule })
  }

  async requireKey({
    cmk,
    grantable,
    context,
  }: {
    readonly cmk: Cmk
    readonly grantable?: GrantOperation | undefined
    readonly context?: unknown
  }): Promise<void> {
    const policies = await this.#ownPolicies()
    const question = await this.#questionOf(policies, cmk, context)
    const verdict = evaluate(policies, question)
    // What an account allows its users cannot reach into the projects of others: there, grants alone give leave.
    const isOwn = cmk.projectId === this.#call.caller.projectId
    if (verdict.effect === 'deny' || (verdict.effect === 'allow' && isOwn)) {
      this.#settle(verdict)
      return
    }
    const grant = grantable && (await this.#grantFor(cmk, grantable))
    this.#settle(
      grant === undefined
        ? { effect: 'none', rule: undefined }
        : { effect: 'allow', rule: `grant ${grant}` },
    )
  }

  #settle({ effect, rule }: Verdict): void {
    this.#decided = true
    this.#rule = rule
    if (effect === 'allow') return
    const [action = ''] = this.#call.actions
    throw new KmsError(
      'KMS.0307',
      effect === 'deny'
        ? `A policy denies ${action} to the user.`
        : `No policy and no grant gives the user ${action} here. Ask the operator to attach a policy that does.`,
    )
  }

  #question(): Question {
    const { actions, address, caller, context } = this.#call
    const { projectId: project } = caller
    return { actions, address, context, project, resource: {}, time: this.#parts.clock() }
  }

  async #questionOf(
    policies: readonly ReadPolicy[],
    cmk: Cmk,
    context: unknown,
  ): Promise<Question> {
    const { actions, address, context: own } = this.#call
    const { tagsOf, aliasesOf, clock } = this.#parts
    const [ofTags, ofAliases] = [
      speakOf(policies, 'tag', actions),
      speakOf(policies, 'alias', actions),
    ]
    const [tags, aliases] =
      ofTags || ofAliases
        ? await Promise.all([
            ofTags ? tagsOf(cmk) : undefined,
            ofAliases ? aliasesOf(cmk) : undefined,
          ])
        : []
    const { id: keyId, keystoreId, projectId: project, spec, origin } = cmk
    const names = aliases?.map(({ name }) => name)
    return {
      actions,
      address,
      context: context === undefined ? own : context,
      project,
      resource: { keyId, keystoreId, tags, aliases: names },
      spec,
      origin,
      time: clock(),
    }
  }

  async #grantFor(cmk: Cmk, operation: GrantOperation): Promise<string | undefined> {
    const { userId, domainId } = this.#call.caller
    const held = await this.#parts.grants.listForGrantee({ keyId: cmk.id, userId, domainId })
    return held.find(({ operations }) => operations.includes(operation))?.id
  }

  /** A call that is about several keys reads the policies once. */
  #ownPolicies(): Promise<readonly ReadPolicy[]> {
    return (this.#policies ??= this.#readPolicies())
  }

  async #readPolicies(): Promise<readonly ReadPolicy[]> {
    const attached = await this.#parts.policies.attachedTo(this.#call.caller.userId)
    const known = this.#read.get(attached)
    if (known) return known
    const read = attached.map(readPolicy)
    this.#read.set(attached, read)
    return read
  }
}

/**
 * A policy that cannot be read may be one that denies: it fails the call, and is not passed over.
 *
 * @throws Error for a system policy that this release does not know; MalformedPolicy
 */
function readPolicy(policy: AttachedPolicy): ReadPolicy {
  if (policy.document !== undefined) {
    return { name: policy.name, statements: parsePolicy(policy.document) }
  }
  const document = SYSTEM_POLICIES.get(policy.id)
  if (document === undefined) throw new Error(`There is no policy ${policy.id}.`)
  return { name: policy.id, statements: parsePolicy(document) }
}

/** Whether a statement about one of the actions names resources of a kind; most policies name none of the kind at all. */
function speakOf(
  policies: readonly ReadPolicy[],
  kind: ResourcePattern['kind'],
  actions: readonly string[],
): boolean {
  return policies.some(({ statements }) =>
    statements.some(
      (statement) =>
        statement.resources.some((resource) => resource.kind === kind) &&
        isAbout(statement, actions),
    ),
  )
}
