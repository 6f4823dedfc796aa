import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyWebhook } from './client.js';

// Svix's published example, and the reference library's of Ed25519.
const shared = {
  key: 'whsec_plJ3nmyCDGBKInavdOK15jsl', id: 'msg_loFOjxBNrRLzqYUf', at: 1731705121, body: '{"event_type":"ping","data":{"success":true}}',
  signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
};
const open = {
  key: 'whpk_ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c/g=', id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1614265330, body: '{"test": 2432232314}',
  signature: 'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==',
};
const headers = (w, signature = w.signature) => ({ 'webhook-id': w.id, 'webhook-timestamp': String(w.at), 'webhook-signature': signature });
const at = (seconds) => new Date(seconds * 1000);

for (const w of [shared, open]) {
  test(`known answers of ${w.key.slice(0, 5)}`, async () => {
    assert.equal(await verifyWebhook(new Headers(headers(w)), w.body, [w.key], at(w.at + 299)), w.id);
    assert.equal(await verifyWebhook(headers(w, `v2,x v1,!! ${w.signature}`), new TextEncoder().encode(w.body), ['whsec_AAAA', w.key], at(w.at)), w.id);
    for (const [what, ask] of Object.entries({
      'another body': () => verifyWebhook(headers(w), `${w.body} `, [w.key], at(w.at)),
      'another id': () => verifyWebhook({ ...headers(w), 'webhook-id': 'msg_other' }, w.body, [w.key], at(w.at)),
      'too old': () => verifyWebhook(headers(w), w.body, [w.key], at(w.at + 301)),
      'of tomorrow': () => verifyWebhook(headers(w), w.body, [w.key], at(w.at - 301)),
      'another key': () => verifyWebhook(headers(w), w.body, ['whsec_AAAA'], at(w.at)),
      'no key': () => verifyWebhook(headers(w), w.body, [], at(w.at)),
      'no signature': () => verifyWebhook(headers(w, ''), w.body, [w.key], at(w.at)),
      'no header': () => verifyWebhook({}, w.body, [w.key], at(w.at)),
    })) await assert.rejects(ask, what);
  });
}
