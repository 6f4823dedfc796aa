// The rules: durable first, one id for ever, and a silence is never a no.

import { createHash } from "node:crypto";
import type { Journal, Operation } from "./journal.js";
import { minorOf, type Instruction, type Outcome } from "./payloads.js";
import type { Evidence, Rail, Settings } from "./rail.js";
import type { Switch } from "./switch.js";
import { setTimeout as pause } from "node:timers/promises";

const atOnce = 16; // calls to the rail

export class Adapter {
  private calls = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly attended = new Set<string>();

  constructor(
    private readonly journal: Journal,
    private readonly rail: Rail,
    private readonly settings: Settings,
    private readonly to: Switch,
  ) {}

  /** Takes up what an earlier life left. */
  recover(): void {
    for (const o of this.journal.operations.values()) {
      this.attend(o);
    }
  }

  /** Takes instructions in: when it returns they are on the disk. */
  take(instructions: Instruction[]): void {
    const fresh = new Map<string, Operation>();
    const after: (() => void)[] = [];
    for (const i of instructions) {
      const known = this.journal.operations.get(i.transfer) ?? fresh.get(i.transfer);
      switch (i.kind) {
        case "payout":
          if (!known) {
            fresh.set(i.transfer, this.begin(i));
          } else if (known.instruction.amount.amount !== i.amount.amount || known.instruction.creditor.account !== i.creditor.account) {
            console.error(`${i.transfer} was instructed before, otherwise; a person has to look at it`);
          }
          break;
        case "query":
          after.push(() => this.answer(i));
          break;
        case "recall":
          if (known && known.attempts === 0 && !known.outcome) {
            known.outcome = this.failed(i, i.reason ?? "CUST");
            fresh.set(i.transfer, known);
          } else {
            after.push(() => this.refuse(i));
          }
          break;
        default: // it collects nothing that could be given back, and sets nothing aside
          console.error(`${i.transfer}: no ${i.kind} here; a person has to look at it`);
      }
    }
    this.journal.keep(...fresh.values());
    for (const o of fresh.values()) {
      this.attend(o);
    }
    for (const f of after) {
      f();
    }
  }

  /** Makes the operation of a payout; one that this rail never pays has its end at once. */
  private begin(i: Instruction): Operation {
    const { currency, increment, least, greatest } = this.settings;
    const minor = minorOf(i.amount, currency);
    const o: Operation = {
      id: /^[A-Za-z0-9]{1,34}$/.test(i.transfer) ? `${i.transfer}P` : createHash("sha256").update(i.transfer).digest("hex").slice(0, 34),
      instruction: i, minor: String(minor ?? 0n), attempts: 0, called: false, accepted: false, askedMs: [], toldUnknown: false, told: false,
    };
    if (minor === undefined) {
      o.outcome = this.failed(i, i.amount.currency === currency ? "AM12" : "AM03");
    } else if (minor < least) {
      o.outcome = this.failed(i, "AM01");
    } else if (minor > greatest) {
      o.outcome = this.failed(i, "AM02");
    } else if (minor % increment !== 0n) {
      o.outcome = this.failed(i, "AM12");
    }
    return o;
  }

  private failed(i: Instruction, reason: string): Outcome {
    return { transfer: i.transfer, kind: "payout", state: "failed", amount: i.amount, reason, resolved_by: "response" };
  }

  /** Sees an operation to its end, and tells it. */
  private attend(o: Operation): void {
    const transfer = o.instruction.transfer;
    if (o.told || this.attended.has(transfer)) {
      return;
    }
    this.attended.add(transfer);
    this.carryOut(o).then(
      () => this.attended.delete(transfer),
      (error) => { // the disk: what is in memory is ahead of it, and only a new life can say
        console.error(error);
        process.exit(1);
      },
    );
  }

  private async carryOut(o: Operation): Promise<void> {
    const { everyMs, everyMostMs } = this.settings;
    for (let waitMs = everyMs; !o.outcome; waitMs = Math.min(2 * waitMs, everyMostMs)) {
      const submit = !o.called;
      if (!submit) {
        await pause(this.mustWaitMs(o));
      }
      const evidence = await this.call(o, submit);
      if (!o.outcome && evidence) {
        this.weigh(o, evidence, submit);
      }
      if (!o.outcome) {
        await pause(waitMs);
      }
    }
    await this.to.tell(o.outcome);
    o.told = true;
    this.journal.keep(o);
  }

  /** How long until the rail may be asked about an operation once more. */
  private mustWaitMs(o: Operation): number {
    const { queriesMost, queriesWithinMs } = this.settings;
    const first = o.askedMs.length < queriesMost ? undefined : o.askedMs[0];
    return first === undefined ? 0 : Math.max(0, first + queriesWithinMs - Date.now());
  }

  /** Calls the rail, when there is a place; undefined where the operation ended while it waited for one. */
  private async call(o: Operation, submit: boolean): Promise<Evidence | undefined> {
    if (this.calls >= atOnce) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.calls++;
    try {
      if (o.outcome) {
        return undefined;
      }
      if (!submit) {
        if (this.settings.queriesMost > 0) { // a next life must know of it
          o.askedMs = [...o.askedMs, Date.now()].slice(-this.settings.queriesMost);
          this.journal.keep(o);
        }
        return await this.rail.query(o);
      }
      o.called = true;
      o.attempts++;
      this.journal.keep(o); // before the rail hears of it: whether it has, a next life must ask
      return await this.rail.submit(o);
    } finally {
      this.calls--;
      this.waiting.shift()?.();
    }
  }

  /** Judges what the rail said. */
  private weigh(o: Operation, e: Evidence, submitted: boolean): void {
    const { transfer, amount } = o.instruction;
    const resolved_by = submitted ? "response" : "query";
    switch (e.state) {
      case "settled":
        o.outcome = { transfer, kind: "payout", state: "paid", amount, rail_ref: e.receipt, resolved_by };
        break;
      case "failed":
        if (submitted && o.attempts > 1) { // an earlier attempt may have been taken: ask
          o.refused = e.code;
        } else {
          o.outcome = { transfer, kind: "payout", state: "failed", amount, reason: e.reason, rail_code: e.code, rail_text: e.text, resolved_by };
        }
        break;
      case "accepted":
        o.accepted = true;
        break;
      case "absent":
        if (o.accepted) { // its queries lag, or it forgot: never again
          break;
        }
        if (o.refused) {
          o.outcome = { transfer, kind: "payout", state: "failed", amount, reason: "NARR", rail_code: o.refused, resolved_by };
        } else {
          o.called = false; // under the same id
        }
        break;
      case "throttled":
        o.called = false;
        return; // nothing has changed
      case "unknown":
        if (o.toldUnknown || (!submitted && o.accepted)) {
          return;
        }
        o.toldUnknown = true;
        this.say({ transfer, kind: "payout", state: "unknown", amount });
        break;
    }
    this.journal.keep(o);
  }

  /** Tells something that is no end, which may be lost with this life. */
  private say(outcome: Outcome): void {
    void this.to.tell(outcome);
  }

  /** Answers the switch, which asks what became of an instruction. */
  private answer(i: Instruction): void {
    const known = this.journal.operations.get(i.transfer);
    if (!known) { // carried out by a store that was lost, perhaps: neither done now nor called failed
      console.error(`${i.transfer} is asked about, and not known; a person has to look at it`);
      return;
    }
    this.say(known.outcome ?? { transfer: i.transfer, kind: "payout", state: "unknown", amount: known.instruction.amount });
  }

  /** Answers a recall that comes too late, or of what never came. */
  private refuse(i: Instruction): void {
    const known = this.journal.operations.get(i.transfer);
    this.say(known?.outcome ?? { transfer: i.transfer, kind: "recall", state: "refused", amount: i.amount });
  }
}
