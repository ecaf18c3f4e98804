/** Port: who has failed too often to prove a name, an access key or a user, and is not listened to for a while. */
export interface LockOut {
  /** Whether a name is locked out, be there such a name or not. */
  isLocked(name: string, address: string): boolean
  failed(name: string, address: string): void
  /** What is proven forgives the failures before. */
  succeeded(name: string, address: string): void
}
