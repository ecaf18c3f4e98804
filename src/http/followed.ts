import type { Access } from '../core/access.js'
import type { FollowedCall } from '../telemetry/followed-call.js'
import type { Stage } from '../telemetry/stages.js'

/** Runs a stage of a call, which may be followed. */
export function staged<Result>(
  { followed }: { readonly followed: FollowedCall | undefined },
  stage: Stage,
  work: () => Promise<Result>,
): Promise<Result> {
  return followed ? followed.stage(stage, work) : work()
}

/** The judge of a call that is followed: what it asks of the store takes its time. */
export function stagedAccess(access: Access, followed: FollowedCall | undefined): Access {
  return followed ? new StagedAccess(access, followed) : access
}

class StagedAccess implements Access {
  readonly #access: Access
  readonly #followed: FollowedCall

  constructor(access: Access, followed: FollowedCall) {
    this.#access = access
    this.#followed = followed
  }

  get rule(): string | undefined {
    return this.#access.rule
  }

  get decided(): boolean {
    return this.#access.decided
  }

  judged(rule: string): void {
    this.#access.judged(rule)
  }

  require(target: Parameters<Access['require']>[0]): Promise<void> {
    return this.#followed.stage('authorize', () => this.#access.require(target))
  }

  requireKey(request: Parameters<Access['requireKey']>[0]): Promise<void> {
    return this.#followed.stage('authorize', () => this.#access.requireKey(request))
  }
}
