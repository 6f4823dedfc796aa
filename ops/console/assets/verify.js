// The Audit page: the log and receipts, verified in the browser. The server hands out files; nothing that it says of them counts.

import { blamed, checkpoint, limit, rebuilt } from '/console/assets/log.js';
import { checked } from '/console/assets/receipt.js';
import { base64, keyOf, opened, same } from '/console/assets/tree.js';
import { cosigned, witnessesOf } from '/console/assets/witness.js';

const page = document.querySelector('[data-log]');
const part = (name) => document.getElementById(name);
const count = (n) => n.toLocaleString();
const entries = (n) => `${count(n)} ${n === 1 ? 'entry' : 'entries'}`;
const kept = 'log key';
const seenOf = (key) => `log seen ${key.name}+${key.id}`;

/** list says findings, one under another. */
function list(at) {
	at.replaceChildren();
	at.hidden = false;
	return (tone, said, more) => {
		const item = document.createElement('li');
		const line = document.createElement('div');
		item.className = tone;
		line.className = 'line';
		line.textContent = said;
		item.append(line);
		for (const text of [more].flat().filter(Boolean)) {
			const shown = document.createElement(text.includes('\n') ? 'pre' : 'p');
			shown.textContent = text;
			if (shown.tagName === 'PRE') shown.className = 'command';
			item.append(shown);
		}
		at.append(item);
	};
}

// The key: what this browser trusts already, or else the server's own word.
const field = part('log-key');
const offered = page.dataset.key;
const trusted = localStorage.getItem(kept);
field.value = trusted ?? offered;
const said = () => {
	const now = field.value.trim();
	const by = part('log-key-said');
	by.className = 'hint';
	if (now === localStorage.getItem(kept) && now !== offered) {
		by.className = 'wrong';
		by.textContent = `This browser trusts this key, and the server now names another one: ${offered}. Find out why before you trust either.`;
	} else if (now === localStorage.getItem(kept)) by.textContent = 'This browser verified by this key before.';
	else if (now === offered) by.textContent = 'So far this is only the server’s word for its own key: compare it with the scheme’s rules, a witness or a receipt, or paste the key that you have.';
	else by.textContent = 'A key of your own: the log is held against it alone.';
};
said();
field.addEventListener('input', said);

/** history reads what this browser saw last by a key: undefined where it saw nothing. */
async function history(key) {
	const text = localStorage.getItem(seenOf(key));
	if (text === null) return undefined;
	const { note, at } = JSON.parse(text);
	return { ...(await opened(note, key)), at: new Date(at) };
}

/** witnessed is the newest checkpoint that witnesses vouched for: undefined where none has to. */
const witnessed = (key) => (page.dataset.witnessed ? opened(page.dataset.witnessed, key) : undefined);

/** vouched says who of a policy's witnesses cosigned a checkpoint that is one of the log's. */
async function vouched(checkpoint, say) {
	for (const witness of await witnessesOf(page.dataset.policy)) {
		const at = await cosigned(checkpoint.note, witness);
		if (at) say('good', `${witness.name} cosigned the first ${entries(checkpoint.size)} on ${at.toLocaleString()}.`);
		else say('warn', `${witness.name}, whom the policy names, has not cosigned the first ${entries(checkpoint.size)}.`);
	}
}

/** verified holds the newest checkpoint, and all that it signs, against a key and what was seen before. */
async function verified(key, say, options) {
	const newest = await opened(await checkpoint(), key);
	if (newest.size > limit) throw new Error(`${entries(newest.size)} are too many for a page: ayni audit verify reads an export of any size.`);
	say('good', `The newest checkpoint, of ${entries(newest.size)}, is signed by ${key.name}.`, newest.signers.length > 1 && `Lines of others on it: ${newest.signers.filter((name) => name !== key.name).join(', ')}.`);
	const before = await history(key);
	if (before?.size > newest.size) {
		throw Object.assign(new Error(`On ${before.at.toLocaleString()} this browser saw ${entries(before.size)}; now there are fewer.`), { evidence: [before.note, newest.note] });
	}
	const others = await witnessed(key);
	const found = await rebuilt(newest.size, { ...options, sizes: [...(options.sizes ?? []), before?.size, others?.size].filter((size) => size > 0) });
	if (!same(found.root, newest.root)) {
		const at = await blamed(found.tiles, newest.size);
		const where = found.other !== undefined ? `Entry ${found.other} and its hash are not the same, and ` : '';
		const what = at ? `${at.name}, with the hashes of entries ${at.first} to ${at.last}, ${at.edge ? 'or the checkpoint itself, is not what it should be' : 'does not fit what is above it'}` : 'the tiles are of another tree than the checkpoint';
		throw Object.assign(new Error(`The root does not match: ${where}${what}.`), { evidence: [`signed    ${base64(newest.root)}\nfound     ${base64(found.root)}`] });
	}
	if (found.other !== undefined) throw new Error(`Entry ${found.other} was changed: it is not what the tree has at its place.`);
	say('good', `${entries(newest.size)} lead to the signed root.`, [options.whole ? 'Each was read and hashed here.' : 'Their hashes were read, not they themselves.', `${base64(newest.root)}`]);
	if (!before) say('', 'This browser had seen nothing of this log before.', 'It keeps the checkpoint, and next time the log has to go on from it.');
	else if (!same(found.roots.get(before.size) ?? before.root, before.root)) {
		throw Object.assign(new Error(`The log was rewritten: its first ${entries(before.size)} are not those that this browser saw on ${before.at.toLocaleString()}. Keep both checkpoints: together they prove it.`), { evidence: [before.note, newest.note] });
	} else say('good', `It goes on from the ${entries(before.size)} that this browser saw on ${before.at.toLocaleString()}.`);
	if (others) {
		if (!same(found.roots.get(others.size) ?? [], others.root)) {
			throw Object.assign(new Error('Witnesses cosigned another history than the one that the server shows. Keep both checkpoints: together they prove it.'), { evidence: [others.note, newest.note] });
		}
		await vouched(others, say);
	}
	localStorage.setItem(kept, key.text);
	localStorage.setItem(seenOf(key), JSON.stringify({ note: newest.note, at: Date.now() }));
	said();
	return { newest, found };
}

/** run does something that takes a while: with a bar, a button that stops it, and what went wrong at the end. */
async function run(form, say, work) {
	const bar = part('log-bar');
	const stopping = new AbortController();
	const stop = () => stopping.abort();
	const buttons = form.querySelectorAll('button[type=submit]');
	for (const b of buttons) b.disabled = true;
	part('log-stop').hidden = false;
	part('log-stop').addEventListener('click', stop);
	bar.hidden = false;
	bar.removeAttribute('value');
	const progress = (done, all) => Object.assign(bar, { max: all, value: done });
	try {
		await work({ progress, signal: stopping.signal });
		page.dataset.state = 'good';
	} catch (error) {
		page.dataset.state = stopping.signal.aborted ? 'stopped' : 'bad';
		if (stopping.signal.aborted) say('warn', 'Stopped: nothing is said of what was not read.');
		else say('bad', error.message, error.evidence);
	} finally {
		for (const b of buttons) b.disabled = false;
		part('log-stop').removeEventListener('click', stop);
		part('log-stop').hidden = true;
		bar.hidden = true;
	}
}

part('verify-log')?.addEventListener('submit', (event) => {
	event.preventDefault();
	const say = list(part('log-found'));
	page.dataset.state = 'busy';
	run(event.target, say, async (options) => {
		const key = await keyOf(field.value);
		const { newest } = await verified(key, say, { ...options, whole: part('log-whole').checked });
		say('good', `${entries(newest.size)}, root matches, signature by ${key.name}.`);
	});
});

part('verify-receipt').addEventListener('submit', (event) => {
	event.preventDefault();
	const say = list(part('receipt-found'));
	page.dataset.state = 'busy';
	run(event.target, say, async (options) => {
		const key = await keyOf(field.value);
		const { receipt, at } = await checked(await receiptText(), key);
		const last = receipt.steps.at(-1).line.split(' ');
		say('good', `${receipt.transfer ? `Transfer ${receipt.transfer}` : `Intent ${receipt.intent}`}: ${receipt.steps.length} steps, all in the log of ${at.origin} at ${entries(at.size)}; the last is “${last[2]}”.`,
			receipt.steps.map(({ index, line }) => `entry ${index}: ${line}`).join('\n') + '\n');
		if (page.dataset.reads === undefined) return;
		const { found } = await verified(key, say, { ...options, sizes: [at.size], whole: false });
		if (!same(found.roots.get(at.size) ?? [], at.root)) {
			throw Object.assign(new Error('The log signed two histories: the receipt’s checkpoint is of another one than what the server shows. Keep the receipt: it proves it.'), { evidence: [at.note] });
		}
		say('good', 'The receipt’s checkpoint and the log of now are of one history.');
	});
});

/** receiptText is the file that was picked, or else what the server hands out for a transfer. */
async function receiptText() {
	const [file] = part('receipt-file').files;
	if (file) {
		if (file.size > 1 << 20) throw new Error('This file is too large for a receipt.');
		return file.text();
	}
	const id = part('receipt-transfer').value.trim();
	if (!/^T[0-9A-HJKMNP-TV-Z]{13}$/.test(id)) throw new Error('Pick a receipt’s file, or write a transfer’s id: T and 13 letters or digits.');
	const answer = await fetch(`/console/transfers/${id}/receipt`);
	if (!answer.ok) throw new Error(answer.status === 404 ? 'There is no such transfer, or it is not yours to see.' : `The server makes no receipt: ${answer.status}.`);
	return answer.text();
}

page.dataset.state = 'ready';
