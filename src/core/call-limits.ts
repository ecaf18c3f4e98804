/** Port: how many calls are admitted from where, and from whom. */
export interface CallLimits {
  /**
   * Counts a call of an address, before anything is known of the caller.
   *
   * @throws KmsError APIGW.0308
   */
  admitAddress(address: string): Promise<void>
  /**
   * Counts a password that an address has checked, which costs the service far more than other calls.
   *
   * @throws KmsError APIGW.0308
   */
  admitPassword(address: string): Promise<void>
  /**
   * Counts a call of a caller: of his access key, or of his user where a token brought him.
   *
   * @throws KmsError APIGW.0308
   */
  admitCaller(principal: string): Promise<void>
}
