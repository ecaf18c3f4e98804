import type { ProjectId } from './ids.js'

/** An access key as it is stored: its secret is sealed under the HSM's credential key. */
export interface AccessKey {
  /** The public half (AK), 20 characters. */
  readonly id: string
  readonly projectId: ProjectId
  readonly domainId: string
  readonly userName: string
  readonly state: 'active' | 'disabled'
  readonly sealedSecret: Uint8Array
  readonly createdAt: number
  readonly revision: number
}

/** Port: where access keys are kept. */
export interface AccessKeyStore {
  /** @throws Error when the id is taken */
  insert(accessKey: AccessKey): Promise<void>
  find(id: string): Promise<AccessKey | undefined>
  list(): Promise<readonly AccessKey[]>
  /** Returns whether there was such a key. */
  setState(id: string, state: AccessKey['state']): Promise<boolean>
}
