// Whether a webhook is the switch's. It needs Web Crypto, and nothing else.

const tolerance = 5 * 60; // seconds that the clocks of sender and receiver may be apart

const bytesOf = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Whether one key made a signature of some kind. Web Crypto compares in constant time. */
async function signedBy(kind, key, content, signature) {
  const at = key.indexOf('_');
  const raw = bytesOf(key.slice(at + 1));
  const how = { 'v1 whsec': { name: 'HMAC', hash: 'SHA-256' }, 'v1a whpk': { name: 'Ed25519' } }[`${kind} ${key.slice(0, at)}`];
  if (!how || raw.length === 0) return false;
  const made = await crypto.subtle.importKey('raw', raw, how, false, ['verify']);
  return crypto.subtle.verify(how.name, made, bytesOf(signature), content);
}

/** The id of a webhook that is the switch's; of any other it throws. */
export async function verifyWebhook(headers, body, keys, now = new Date()) {
  const header = (name) => (typeof headers.get === 'function' ? headers.get(name) : headers[name]) ?? '';
  const id = header('webhook-id');
  const stamp = header('webhook-timestamp');
  const refuse = () => new Error("the webhook is not the switch's, or too old");
  if (!id || !/^\d{1,12}$/.test(stamp) || Math.abs(now.getTime() / 1000 - Number(stamp)) > tolerance) throw refuse();
  const text = new TextEncoder();
  const said = typeof body === 'string' ? text.encode(body) : new Uint8Array(body);
  const head = text.encode(`${id}.${stamp}.`);
  const content = new Uint8Array(head.length + said.length);
  content.set(head);
  content.set(said, head.length);
  for (const signed of header('webhook-signature').split(' ')) {
    const [kind, signature = ''] = signed.split(',');
    for (const key of keys) {
      if (await signedBy(kind, key, content, signature).catch(() => false)) return id;
    }
  }
  throw refuse();
}
