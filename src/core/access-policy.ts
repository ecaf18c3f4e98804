/** A policy of an account, as it is stored. */
export interface AccessPolicy {
  /** 32 lower-case hexadecimal characters; those that the software brings along begin with `system:`. */
  readonly id: string
  readonly domainId: string
  /** Unique in the account. */
  readonly name: string
  /** The policy as JSON text, known to be well-formed. */
  readonly document: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly revision: number
}

/** Port: where policies are kept, and which of them are attached to whom. */
export interface AccessPolicyStore {
  /** @throws NameTaken, OwnerMissing */
  insert(policy: AccessPolicy): Promise<void>
  find(id: string): Promise<AccessPolicy | undefined>
  findByName(domainId: string, name: string): Promise<AccessPolicy | undefined>
  /** By name. */
  list(domainId: string): Promise<readonly AccessPolicy[]>
  /** @throws StaleRevision, NameTaken */
  replace(policy: AccessPolicy): Promise<void>
  /** False where there is none. @throws StillInUse while it is attached to a user */
  remove(id: string): Promise<boolean>
  /**
   * `policyId` may be that of a system policy, which has no row. Attaching twice is attaching once.
   *
   * @throws OwnerMissing when there is no such user, or no such policy in his account
   */
  attach(attachment: { readonly userId: string; readonly policyId: string }): Promise<void>
  /** False where it was not attached. */
  detach(attachment: { readonly userId: string; readonly policyId: string }): Promise<boolean>
  /** Policies that are attached to a user, system policies by their id alone; by id. */
  attachedTo(userId: string): Promise<readonly AttachedPolicy[]>
}

/** A policy that is attached to a user; a system policy has no row. */
export type AttachedPolicy =
  AccessPolicy | { readonly id: `system:${string}`; readonly document?: undefined }
