// The log's files (C2SP tlog-tiles), read and held against each other.

import { Tree, leaf, same } from '/console/assets/tree.js';

const wide = 256;
const ahead = 8; // tiles that are fetched at a time

/** limit is how many entries are read in a page: beyond them, an export is verified by the program. */
export const limit = 4_000_000;

// file is what the server says now: what the browser kept was looked at before.
async function file(name, length) {
	for (let tries = 0; ; tries++) {
		const answer = await fetch(`/log/${name}`, { cache: 'no-store' });
		if ((answer.status === 429 || answer.status === 503) && tries < 5) {
			await new Promise((done) => setTimeout(done, 1000 * (Number(answer.headers.get('Retry-After')) || 1)));
			continue;
		}
		if (!answer.ok) throw new Error(`The server does not hand out ${name}: ${answer.status}.`);
		const bytes = new Uint8Array(await answer.arrayBuffer());
		if (length !== undefined && bytes.length !== length) throw new Error(`${name} has ${bytes.length} bytes, and not ${length}.`);
		return bytes;
	}
}

/** checkpoint is the newest, as it was signed. */
export const checkpoint = async () => new TextDecoder().decode(await file('checkpoint'));

function tile(level, n, width) {
	let name = String(n % 1000).padStart(3, '0');
	for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) name = `x${String(rest % 1000).padStart(3, '0')}/${name}`;
	return `tile/${level}/${name}${width < wide ? `.p/${width}` : ''}`;
}

const hashesOf = (bytes) => Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * (i + 1)));

/** entriesOf cuts a bundle: each entry is behind its length, of two bytes. */
function entriesOf(bytes, name) {
	const entries = [];
	for (let at = 0; at < bytes.length;) {
		const end = at + 2 + bytes[at] * 256 + bytes[at + 1];
		if (!(end <= bytes.length)) throw new Error(`${name} ends within an entry.`);
		entries.push(bytes.subarray(at + 2, end));
		at = end;
	}
	return entries;
}

async function read(n, width, whole) {
	const [hashes, bundle] = await Promise.all([file(tile(0, n, width), 32 * width), whole && file(tile('entries', n, width))]);
	const leaves = hashesOf(hashes);
	if (!whole) return { leaves };
	const entries = entriesOf(bundle, tile('entries', n, width));
	if (entries.length !== width) throw new Error(`${tile('entries', n, width)} has ${entries.length} entries, and not ${width}.`);
	const other = entries.findIndex((entry, i) => !same(leaf(entry), leaves[i]));
	return { leaves, other: other < 0 ? undefined : n * wide + other };
}

/**
 * rebuilt makes the tree of the first size entries again out of their hashes: with whole, of the entries themselves.
 * It tells the roots at some sizes, the roots of full tiles, and the first entry that does not have its hash.
 */
export async function rebuilt(size, { sizes = [], whole, progress, signal }) {
	const tree = new Tree();
	const roots = new Map();
	const tiles = [];
	const reading = [];
	let other;
	const all = Math.ceil(size / wide);
	const next = (n) => {
		if (n >= all) return;
		const one = read(n, Math.min(wide, size - n * wide), whole);
		one.catch(() => {}); // told when its turn comes, if that comes
		reading.push(one);
	};
	for (let n = 0; n < ahead; n++) next(n);
	for (let n = 0; n < all; n++) {
		signal?.throwIfAborted();
		const of = await reading.shift();
		next(n + ahead);
		other ??= of.other;
		for (const at of sizes) {
			if (at > tree.size && at < tree.size + of.leaves.length) {
				const before = tree.copy();
				before.add(of.leaves.slice(0, at - tree.size));
				roots.set(at, before.root());
			}
		}
		const root = tree.add(of.leaves);
		if (of.leaves.length === wide) tiles.push(root);
		if (sizes.includes(tree.size)) roots.set(tree.size, tree.root());
		progress?.(tree.size, size);
	}
	return { root: tree.root(), roots, tiles, other };
}

/** blamed names the first tile that is not what the level above it has, and its entries; undefined where all fit. */
export async function blamed(tiles, size) {
	for (let n = 0; n * wide < tiles.length; n++) {
		const width = Math.min(wide, tiles.length - n * wide);
		const above = hashesOf(await file(tile(1, n, width), 32 * width));
		const i = above.findIndex((root, i) => !same(root, tiles[n * wide + i]));
		if (i >= 0) return { name: tile(0, n * wide + i, wide), first: (n * wide + i) * wide, last: (n * wide + i + 1) * wide - 1 };
	}
	const rest = size % wide;
	if (rest > 0) return { name: tile(0, tiles.length, rest), first: size - rest, last: size - 1, edge: true };
	return undefined;
}
