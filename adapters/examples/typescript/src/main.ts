// An adapter in a process of its own. Where everything is comes from the environment; see README.md.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Adapter } from "./adapter.js";
import { secretAt } from "./closed.js";
import { Journal } from "./journal.js";
import { Rail, readSettings } from "./rail.js";
import { Signer } from "./sign.js";
import { Switch } from "./switch.js";

function need(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is missing in the environment`);
  }
  return value;
}

const settings = readSettings(need("AYNI_SETTINGS"));
const to = await Switch.join(
  need("AYNI_NATS_URL"),
  process.env["AYNI_NATS_CREDS"] ?? "",
  need("AYNI_PARTICIPANT"),
  new Signer(readFileSync(need("AYNI_SEED_FILE"), "utf8")),
  secretAt(join(need("AYNI_DIR"), "salts")),
  need("AYNI_SWITCH_KEY"),
);
const journal = new Journal(join(need("AYNI_DIR"), "journal.jsonl"));
const adapter = new Adapter(journal, new Rail(settings), settings, to);
adapter.recover();
console.log("{}"); // it runs, and listens nowhere: it takes no orders, and asks instead of being called back
await to.receive((instructions) => adapter.take(instructions));
