// What the generated client has in common. It needs fetch, and nothing else.

export { verifyWebhook } from './webhook.js';

/** What the API refuses with. */
export class Problem extends Error {
  constructor(said, status) {
    super(`${said.title ?? status} ${said.detail ?? ''}`.trim());
    Object.assign(this, said);
    this.status = status;
  }

  /** Whether the same request may be sent again, with the same key where it is a write. */
  get retry() {
    return this.status === 429 || this.status >= 500 || this.type === 'urn:ayni:problem:in_flight';
  }
}

/** Writes a part of a path. */
export const segment = (text) => encodeURIComponent(text);

export class Base {
  constructor({ url, token, fetch: ask = globalThis.fetch }) {
    Object.assign(this, { url: url.replace(/\/$/, ''), token, ask });
  }

  async read(path, query) {
    return (await this.readTagged(path, query)).value;
  }

  async readTagged(path, query) {
    const known = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
    const search = known.length ? `?${new URLSearchParams(known)}` : '';
    const answer = await this.send('GET', path + search, {});
    return { value: await answer.json(), etag: answer.headers.get('ETag') ?? '' };
  }

  async write(method, path, body, { key, ifMatch }) {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
    if (ifMatch) headers['If-Match'] = ifMatch;
    const answer = await this.send(method, path, { headers, body: JSON.stringify(body) });
    return answer.json();
  }

  /** Every item of a list, page by page: client.all((query) => client.listTransfers(query), { state: 'paid' }). */
  async *all(list, query = {}) {
    for (let cursor; ;) {
      const page = await list({ ...query, cursor });
      yield* page.items;
      cursor = page.next;
      if (!cursor) return;
    }
  }

  /** Server-sent events, and on from the last one where the connection ends. */
  async *events(path, signal) {
    for (let last; ;) {
      const headers = last ? { 'Last-Event-ID': last } : {};
      const answer = await this.send('GET', path, { headers, signal });
      let held = '';
      for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
        held += piece;
        for (let end; (end = held.indexOf('\n\n')) >= 0; held = held.slice(end + 2)) {
          const fields = Object.fromEntries(held.slice(0, end).split('\n').map((line) => {
            const colon = line.indexOf(': ');
            return [line.slice(0, colon), line.slice(colon + 2)];
          }));
          last = fields.id ?? last;
          if (fields.data) yield JSON.parse(fields.data);
        }
      }
    }
  }

  async send(method, path, options) {
    const token = typeof this.token === 'function' ? await this.token() : this.token;
    const headers = { ...options.headers };
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await this.ask(this.url + path, { ...options, method, headers });
    if (answer.status >= 400) {
      throw new Problem(await answer.json().catch(() => ({})), answer.status);
    }
    return answer;
  }
}
