/** Port: who watches the HSM layer at work. Its methods must not throw. */
export interface HsmObserver {
  /**
   * A call to the HSM ended.
   *
   * @param command - name of the command, from the closed set of the HSM port
   * @param outcome - `ok`, or the failure class of the error
   */
  call(command: string, outcome: string, seconds: number): void
  /** The queue in front of the agents has this many calls now. */
  queue(length: number): void
  /** So many agents serve calls and so many are being started now. */
  agents(counts: { readonly ready: number; readonly starting: number }): void
  /**
   * An agent ended.
   *
   * @param reason - from a closed set: why it ended
   */
  agentEnded(reason: string): void
}
