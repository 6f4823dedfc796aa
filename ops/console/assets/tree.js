// The Merkle tree of RFC 6962, and the notes that sign it (C2SP signed-note and tlog-checkpoint). Hashes are 32 bytes.

import { sha256 } from '/console/assets/sha256.js';

const utf8 = (text) => new TextEncoder().encode(text);

/** leaf is the hash of an entry's bytes, or of a line's. */
export const leaf = (bytes) => sha256([0], typeof bytes === 'string' ? utf8(bytes) : bytes);

/** node is the hash over two others. */
export const node = (left, right) => sha256([1], left, right);

/** same tells whether two hashes are. */
export const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** base64 writes bytes. */
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** bytesOf reads base64 in its one form. */
export function bytesOf(text) {
	const wrong = new Error(`“${text.slice(0, 80)}” is not base64 in its one form.`);
	if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 > 0) throw wrong;
	const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
	if (base64(bytes) !== text) throw wrong;
	return bytes;
}

/** perfect is the root over a power of two of hashes. */
function perfect(hashes) {
	while (hashes.length > 1) hashes = Array.from({ length: hashes.length / 2 }, (_, i) => node(hashes[2 * i], hashes[2 * i + 1]));
	return hashes[0];
}

/** Tree takes leaves in, a tile after the other, and keeps its right edge: complete subtrees, the largest first. */
export class Tree {
	size = 0;
	edge = [];

	copy() {
		return Object.assign(new Tree(), { size: this.size, edge: [...this.edge] });
	}

	/** add takes up to 256 leaves, and returns the root of a whole tile. All tiles before were whole. */
	add(leaves) {
		let whole;
		for (let left = leaves, level = 8; level >= 0; level--) {
			if (left.length < 2 ** level) continue;
			whole = perfect(left.slice(0, 2 ** level));
			left = left.slice(2 ** level);
			this.#push(level, whole);
		}
		this.size += leaves.length;
		return whole;
	}

	#push(level, root) {
		while (this.edge.at(-1)?.level === level) {
			root = node(this.edge.pop().root, root);
			level++;
		}
		this.edge.push({ level, root });
	}

	/** root is the tree's. */
	root() {
		if (this.size === 0) return sha256();
		let root = this.edge.at(-1).root;
		for (const { root: left } of this.edge.slice(0, -1).reverse()) root = node(left, root);
		return root;
	}
}

/** climb is the root that a path leads to from a leaf at its index, of a tree of some size (RFC 6962, 2.1.1); undefined where it is no path there. */
export function climb(from, index, size, path) {
	let last = size - 1;
	if (!(index >= 0 && index <= last && last <= Number.MAX_SAFE_INTEGER)) return undefined;
	const up = () => {
		index = Math.floor(index / 2);
		last = Math.floor(last / 2);
	};
	for (const beside of path) {
		while (last > 0 && index % 2 === 0 && index === last) up(); // alone at the edge: it goes up as it is
		if (last === 0) return undefined;
		from = index % 2 === 1 ? node(beside, from) : node(from, beside);
		up();
	}
	return last === 0 ? from : undefined;
}

/** keyOf reads a log's verifier key: NAME+ID+BASE64 of the byte 1 and an Ed25519 key. */
export async function keyOf(text) {
	if (!globalThis.crypto?.subtle) throw new Error('A browser checks signatures only on pages that came by HTTPS, or from its own machine.');
	const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
	if (!name) throw new Error('This is no verifier key: it is one line, as in ayni.example/log+0123abcd+AbCd…');
	const raw = bytesOf(key);
	if (raw.length !== 33 || raw[0] !== 1) throw new Error('This key is of another kind than Ed25519.');
	const sum = sha256(utf8(`${name}\n`), raw);
	const found = Array.from(sum.slice(0, 4), (b) => b.toString(16).padStart(2, '0')).join('');
	if (found !== id) throw new Error(`The key’s id is ${found}, and not ${id}: a letter of it is wrong.`);
	return { text: text.trim(), name, id, public: await crypto.subtle.importKey('raw', raw.slice(1), 'Ed25519', true, ['verify']) };
}

/** opened reads a checkpoint that a key signed: its origin, size and root, and the names of all whose lines are on it. */
export async function opened(note, key) {
	const end = note.indexOf('\n\n');
	if (end < 0 || note.length > 65536) throw new Error('This is no signed checkpoint.');
	const text = note.slice(0, end + 1);
	const [origin, size, root] = text.split('\n');
	const lines = note.slice(end + 2).split('\n').filter(Boolean).map((line) => /^\u2014 (\S+) (\S+)$/.exec(line) ?? ['', '', '']);
	const mine = await Promise.all(lines.filter(([, name]) => name === key.name).map(async ([, , signature]) => {
		const raw = bytesOf(signature);
		const id = Array.from(raw.slice(0, 4), (b) => b.toString(16).padStart(2, '0')).join('');
		return id === key.id && crypto.subtle.verify('Ed25519', key.public, raw.slice(4), utf8(text));
	}));
	if (!mine.some(Boolean)) throw new Error(`The checkpoint is not signed by ${key.name} (${key.id}).`);
	if (origin !== key.name) throw new Error(`The checkpoint is of ${origin}, signed by ${key.name}.`);
	if (!/^(0|[1-9]\d{0,15})$/.test(size)) throw new Error('The checkpoint has no size.');
	return { note, origin, size: Number(size), root: bytesOf(root), signers: lines.map(([, name]) => name).filter(Boolean) };
}
