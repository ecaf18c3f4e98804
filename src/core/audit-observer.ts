/** Port: who watches the audit log at work. Its methods must not throw. */
export interface AuditObserver {
  /** So many events went to disk with one write, which took so many seconds from the write to its confirmation. */
  written(events: number, seconds: number): void
  /** A call was refused because no event can be kept. */
  refused(): void
  /** The HSM has signed the chain, at this time in milliseconds since 1970. */
  signed(time: number): void
  /** The chain could not be signed now; it is tried again, and events do not wait. */
  notSigned(error: unknown): void
  /** No event can be kept, and why; nothing once it can again. Told once for each change. */
  fault(reason: string | undefined, error?: unknown): void
}
