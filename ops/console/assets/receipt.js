// A transfer's receipt, held against the key of the log that it says to be in.

import { sha256 } from '/console/assets/sha256.js';
import { bytesOf, climb, leaf, opened, same } from '/console/assets/tree.js';

/** checked holds a receipt's text against a key. It returns its checkpoint, and what it proves. It throws where it does not hold. */
export async function checked(text, key) {
	let receipt;
	try {
		receipt = JSON.parse(text);
	} catch {
		throw new Error('This file is no receipt: it is not JSON.');
	}
	if (receipt.version !== '1' || !Array.isArray(receipt.steps) || receipt.steps.length === 0 || receipt.steps.length > 64) {
		throw new Error('This file is no receipt of version 1.');
	}
	const at = await opened(receipt.checkpoint, key);
	for (const [i, step] of receipt.steps.entries()) {
		const wrong = (why) => new Error(`Step ${i + 1}, “${step.line}”, does not hold: ${why}.`);
		const { kind, steps } = JSON.parse(step.entry);
		if (kind !== 'batch') throw wrong('its entry is no batch');
		if (!leads(step.line, step.place, steps.count, step.path, bytesOf(steps.root))) throw wrong(`it is not one of the steps of entry ${step.index}`);
		if (!leads(step.entry, step.index, at.size, step.log_path, at.root)) throw wrong(`entry ${step.index} is not in the log`);
	}
	speaks(receipt);
	return { receipt, at };
}

/** leads tells whether a path leads from a text up to a root. */
function leads(text, index, size, path, root) {
	const found = climb(leaf(text), Number(index), Number(size), path.map(bytesOf));
	return found !== undefined && same(found, root);
}

/** speaks wants every step to be about the receipt's own intent and transfer. */
function speaks({ steps: [first, ...others], participant, intent, transfer, open }) {
	const words = first.line.split(' ');
	const bytes = sha256(new TextEncoder().encode(open));
	const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
	if (words.length !== 6 || words[0] !== 'intent' || words[1] !== participant || words[2] !== intent || words[4] !== (transfer || '-')) {
		throw new Error('The first step is about another intent.');
	}
	if (words[3] !== hex) throw new Error('The intent is not the one whose hash was logged.');
	for (const { line } of others) {
		const state = line.split(' ');
		if (state.length !== 4 || state[0] !== 'state' || state[1] !== transfer) throw new Error(`“${line}” is about another transfer.`);
	}
}
