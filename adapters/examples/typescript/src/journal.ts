// What must survive: a file of lines, of which the last one about an operation holds.

import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import type { Instruction, Outcome } from "./payloads.js";

export interface Operation {
  id: string; // the rail sees it, always the same
  instruction: Instruction;
  minor: string;
  attempts: number; // times that the rail may have been asked for it
  called: boolean; // the last of them may have reached it
  accepted: boolean; // the rail has it
  askedMs: number[]; // when the rail was asked last, as many times as its bound counts
  refused?: string; // its code, where it refused what may have reached it before
  toldUnknown: boolean;
  outcome?: Outcome; // fixed for ever once set
  told: boolean; // the broker has outcome
}

/** Operations by transfer, on the disk before anybody hears of them. */
export class Journal {
  readonly operations = new Map<string, Operation>();
  private readonly file: number;

  constructor(path: string) {
    if (existsSync(path)) {
      const text = readFileSync(path, "utf8");
      const whole = text.slice(0, text.lastIndexOf("\n") + 1); // a kill may have cut the last line short
      for (const line of whole.split("\n").slice(0, -1)) {
        const operation: Operation = JSON.parse(line);
        this.operations.set(operation.instruction.transfer, operation);
      }
      truncateSync(path, Buffer.byteLength(whole));
    }
    this.file = openSync(path, "a", 0o600);
  }

  /** Keeps operations as they are now, together, with one flush. */
  keep(...operations: Operation[]): void {
    if (operations.length === 0) {
      return;
    }
    writeSync(this.file, operations.map((o) => JSON.stringify(o) + "\n").join(""));
    fdatasyncSync(this.file);
    for (const o of operations) {
      this.operations.set(o.instruction.transfer, o);
    }
  }

  close(): void {
    closeSync(this.file);
  }
}
