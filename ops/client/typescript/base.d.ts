export { verifyWebhook } from './webhook.js';

/** What the API refuses with. */
export class Problem extends Error {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  /** Of the request: name it when you ask for help. */
  instance?: string;
  errors?: { where: string; what: string }[];
  /** Whether the same request may be sent again, with the same key where it is a write. */
  get retry(): boolean;
}

/** How a write is sent. */
export interface Writing {
  /** Your own name for the write: said again, it is done once. */
  key: string;
  /** The ETag of what you looked at. */
  ifMatch?: string;
}

export interface Options {
  /** Of the switch, without a path. */
  url: string;
  token?: string | (() => string | Promise<string>);
  fetch?: typeof globalThis.fetch;
}

export class Base {
  constructor(options: Options);
  /** Every item of a list, page by page. */
  all<T, Q extends object>(list: (query: Q) => Promise<{ items: T[]; next?: string }>, query?: Q): AsyncGenerator<T>;
}
