/** Why there is no token: the message is a sentence for the operator and never holds a PIN. */
export class SoftHsmError extends Error {
  name = 'SoftHsmError'
}
