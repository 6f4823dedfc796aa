// What the switch and a participant say to each other: messaging/schema holds the whole of it.

export interface Amount { amount: string; currency: string }
export interface Party { name: string; account: string; address?: string }

export type Kind = "payout" | "refund" | "query" | "recall" | "reserve" | "release";
export type State = "paid" | "failed" | "unknown" | "refused";

export interface Instruction {
  transfer: string;
  kind: Kind;
  intent: string;
  amount: Amount;
  debtor: Party;
  creditor: Party;
  counterparty: string;
  reference?: string;
  reason?: string;
}

export interface Outcome {
  transfer: string;
  kind: Kind;
  state: State;
  amount: Amount;
  rail_ref?: string;
  reason?: string; // ISO 20022, where it failed
  rail_code?: string;
  rail_text?: string; // whatever the rail said; it travels closed
  resolved_by?: "response" | "query" | "";
}

/** The instructions of a payload of payout.<participant> or status.<participant>, which may be several in one. */
export function instructionsOf(kind: string, payload: Uint8Array): Instruction[] {
  const message = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  if (kind === "payout") {
    return message.instructions;
  }
  const parts: { payout?: { instructions: Instruction[] } }[] = message.mail ?? [];
  return parts.flatMap((part) => part.payout?.instructions ?? []);
}

/** Minor units of an amount with two decimals: never a floating-point number on the way. Undefined where it is none. */
export function minorOf(amount: Amount, currency: string): bigint | undefined {
  const form = /^([0-9]{1,12})(?:\.([0-9]{1,2}))?$/.exec(amount.amount);
  if (!form || amount.currency !== currency) {
    return undefined;
  }
  return BigInt(form[1]! + (form[2] ?? "").padEnd(2, "0"));
}
