/** The published example of "Encrypting a DEK": 64 bytes, a blank, and their SHA-256. */
const EXAMPLE_PLAIN_TEXT =
  '7549d9aea901767bf3c0b3e14b10722eaf6f59053bbd82045d04e075e809a0fe6ccab48f8e5efe74e4b18ff0512525e5' +
  '27b10331100f357bf42125d8d5ced94f fbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797'

/**
 * One command to paste into a shell: makes a CMK, and wraps the published example's DEK under it.
 *
 * The DEK goes over standard input, as a real one should: arguments can be read by every user of the machine.
 */
export function exampleCommand(environment: Readonly<Record<string, string | undefined>>): string {
  const kmsctl = `${variables(environment)}npm run --silent kmsctl -- call`
  const create = `${kmsctl} CreateKey "{\\"key_alias\\":\\"example-$(date +%s)\\"}" --print key_info.key_id`
  const fields = `{"key_id":"%s","plain_text":"${EXAMPLE_PLAIN_TEXT}","datakey_plain_length":"64"}`
  return `K=$(${create}) && printf '${fields}' "$K" | ${kmsctl} EncryptDatakey -`
}

/** What the command needs to find the credentials, and to trust a certificate that no public authority signed. */
function variables(environment: Readonly<Record<string, string | undefined>>): string {
  const wanted = [
    ['KMS_DATA_DIR', environment['KMS_DATA_DIR']],
    ['NODE_EXTRA_CA_CERTS', environment['KMS_TLS_CERT']],
  ] as const
  return wanted
    .flatMap(([name, value]) => (value ? [`${name}=${shellQuote(value)} `] : []))
    .join('')
}

function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
