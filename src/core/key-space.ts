import type { ProjectId } from './ids.js'

/** What access points and key policies have in common. Times in milliseconds since 1970. */
export interface KeySpaceObject {
  /** A lower-case UUID. */
  readonly id: string
  readonly projectId: ProjectId
  readonly keySpaceId: string
  readonly name: string
  readonly description: string
  readonly createdBy: string
  readonly createdAt: number
  readonly modifiedAt: number
  readonly revision: number
}

/** Who may open capsules: a machine, a cluster, or whoever holds a private key. */
export interface AccessPoint extends KeySpaceObject {
  /** 1 virtual machine, 2 container cluster, 3 custom. */
  readonly type: 1 | 2 | 3
  readonly identity: string
  readonly clusterId: string
  readonly enabled: boolean
  /** Custom access points: the public key (DER SubjectPublicKeyInfo), and the private one as a sealed record. */
  readonly publicKey: Uint8Array | undefined
  readonly sealedPrivateKey: Uint8Array | undefined
}

/** A rule that capsules carry: when and by whom they may be opened. */
export interface KeyPolicy extends KeySpaceObject {
  /** The policy as JSON text, known to be well-formed. */
  readonly policy: string
  readonly lastAccessAt: number | undefined
}

/** Port: where objects of one of these kinds are kept. */
export interface KeySpaceStore<Item extends KeySpaceObject> {
  insert(item: Item): Promise<void>
  find(projectId: ProjectId, id: string): Promise<Item | undefined>
  /** @throws StaleRevision */
  replace(item: Item): Promise<void>
  remove(projectId: ProjectId, id: string): Promise<boolean>
  /** By id, from the one after `after`. */
  list(request: {
    readonly projectId: ProjectId
    readonly keySpaceId: string
    readonly after: string | undefined
    readonly limit: number
  }): Promise<{ readonly items: readonly Item[]; readonly more: boolean }>
}
