import type { AddressInfo, Socket } from 'node:net'

/** Where connections come from in a process that does not accept them itself. */
export interface ConnectionSource {
  /**
   * Has the connections to an address brought here.
   *
   * @returns the address that they come to
   * @throws Error of the system, of `listen`, when it cannot be had
   */
  open(
    this: void,
    at: { readonly host: string; readonly port: number },
    take: (socket: Socket) => void,
  ): Promise<AddressInfo>
  /** Takes none any more. */
  close(this: void): void
}
