import { type Html, html } from './markup.js'

/** How whoever has the folder finds out whether it is as it was written, with this program or without it. */
export function verification(): Html {
  return html`<section id="verification" class="part" aria-labelledby="verification-title">
    <h2 id="verification-title">How to verify this report</h2>
    <p>
      This page is one of several files. <code>manifest.json</code> states the SHA-256 and the
      length of each, and <code>manifest.sig</code> is the signature of the HSM over it, by the
      audit key. Take the public key from a place that whoever gave you the files does not write;
      <code>audit-key.pem</code> beside them is for convenience.
    </p>
    <pre><code>kmsctl compliance verify DIR --key audit-key.pem</code></pre>
    <p>The same with OpenSSL, in the folder:</p>
    <pre><code>printf 'kms-compliance-manifest-v1\\n%s\\n' "$(sha256sum manifest.json | cut -c1-64)" |
  openssl dgst -sha256 -verify /path/to/audit-key.pem -signature manifest.sig
jq -r '.files[] | "\\(.sha256)  \\(.name)"' manifest.json | sha256sum -c</code></pre>
    <p>
      <code>report.json</code> holds everything that is shown here, in the form of
      <code>report.schema.json</code>. <code>kmsctl compliance compare OLD NEW</code> says what has
      changed since another run.
    </p>
  </section>`
}
