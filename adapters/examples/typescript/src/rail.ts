// The plain rail's wire format: adapters/examples/plain says it in words.

import { readFileSync } from "node:fs";
import type { Operation } from "./journal.js";

/** What is known of an operation after a call. "absent" and "throttled" are the only answers after which it may be submitted. */
export type Evidence =
  | { state: "settled"; receipt: string }
  | { state: "failed"; code: string; reason: string; text: string }
  | { state: "accepted" | "absent" | "throttled" | "unknown" };

const reasons: Record<string, string> = { NO_ACCOUNT: "AC01", CLOSED: "AC04", LIMIT: "AM02", BLOCKED: "RR04" };
const most = 64 << 10; // bytes of an answer

export interface Settings {
  url: string;
  key: string;
  currency: string;
  increment: bigint;
  least: bigint;
  greatest: bigint;
  timeoutMs: number;
  everyMs: number;
  everyMostMs: number;
  queriesMost: number; // of one operation within queriesWithinMs; 0 for any number
  queriesWithinMs: number;
}

/** Reads the settings that an adapter of ours would be given: names and values, one to a line. */
export function readSettings(path: string): Settings {
  const values = new Map<string, string>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, name, value] = /^\s*([a-z_]+):\s*"?([^"]*)"?\s*$/.exec(line) ?? [];
    if (name && value) {
      values.set(name, value);
    }
  }
  const need = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) {
      throw new Error(`settings: ${name} is missing`);
    }
    return value;
  };
  return {
    url: need("url"),
    key: readFileSync(need("key").replace(/^file:/, ""), "utf8").trim(),
    currency: need("currency"),
    increment: BigInt(need("payout_increment_minor")),
    least: BigInt(need("payout_min_minor")),
    greatest: BigInt(need("payout_max_minor")),
    timeoutMs: milliseconds(need("submit_timeout")),
    everyMs: milliseconds(need("query_every")),
    everyMostMs: milliseconds(need("query_every_max")),
    queriesMost: Number(need("queries_most")),
    queriesWithinMs: milliseconds(need("queries_within")),
  };
}

/** Milliseconds of a time as 1h30m, 90s or 50ms. */
function milliseconds(text: string): number {
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    sum += Number(number) * units[unit!]!;
  }
  return sum;
}

/** What people will read of it; it names an account, so it is nothing for an open line. */
function declined(o: Operation, code: string): string {
  return `${code}: ${o.instruction.creditor.account}`.slice(0, 256);
}

export class Rail {
  constructor(private readonly settings: Settings) {}

  async submit(o: Operation): Promise<Evidence> {
    const { account, name } = o.instruction.creditor;
    const minor = Number(o.minor); // at most twelve digits and two: exact
    const answer = await this.call("POST", "/payouts", JSON.stringify({ id: o.id, account, name, minor }));
    switch (answer?.status) {
      case 202:
        return this.evidence(o, answer.body);
      case 422: {
        const code = String(answer.body?.["code"]);
        const reason = reasons[code];
        return reason ? { state: "failed", code, reason, text: declined(o, code) } : { state: "unknown" };
      }
      case 429: // said at the gate, before the request is looked at
        return { state: "throttled" };
      default: // silence, an error, a duplicate: none of them says what became of it
        return { state: "unknown" };
    }
  }

  async query(o: Operation): Promise<Evidence> {
    const answer = await this.call("GET", `/payouts/${encodeURIComponent(o.id)}`);
    if (answer?.status === 200) {
      return this.evidence(o, answer.body);
    }
    return { state: answer?.status === 404 && answer.body?.["code"] === "UNKNOWN_ID" ? "absent" : "unknown" };
  }

  /** Reads an operation, which must be the one asked about, to the same account and of the same amount. */
  private evidence(o: Operation, body: Record<string, unknown> | undefined): Evidence {
    if (!body || body["id"] !== o.id || body["account"] !== o.instruction.creditor.account || body["minor"] !== Number(o.minor)) {
      return { state: "unknown" };
    }
    const { state, receipt, code } = body;
    if (state === "accepted") {
      return { state: "accepted" };
    }
    if (state === "settled" && typeof receipt === "string" && receipt !== "" && !code) {
      return { state: "settled", receipt };
    }
    const reason = reasons[String(code)];
    return state === "declined" && reason ? { state: "failed", code: String(code), reason, text: declined(o, String(code)) } : { state: "unknown" };
  }

  /** Undefined is silence, or an answer that nobody can read. */
  private async call(method: string, path: string, body?: string): Promise<{ status: number; body?: Record<string, unknown> } | undefined> {
    try {
      const response = await fetch(this.settings.url + path, {
        method,
        redirect: "manual",
        signal: AbortSignal.timeout(this.settings.timeoutMs),
        headers: { Authorization: `Bearer ${this.settings.key}`, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body }),
      });
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of response.body ?? []) {
        chunks.push(chunk);
        if ((length += chunk.length) > most) {
          return undefined;
        }
      }
      const status = response.status;
      try {
        return { status, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
      } catch {
        return { status };
      }
    } catch {
      return undefined;
    }
  }
}
