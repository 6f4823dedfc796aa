// A key's seed as people write it on paper: 14 groups of four letters and digits, the last ones a check.
import { sha256, utf8 } from './bytes.js';

// No I, L, O and U: what is read as one of them is another sign, or a mistake.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const seedLength = 32;
const checkLength = 3;

async function check(seed) {
	const prefix = utf8('ayni.pool.paper.v1\n');
	const hash = await sha256(new Uint8Array([...prefix, ...seed]));
	return hash.slice(0, checkLength);
}

/** write gives the groups of a seed. */
export async function write(seed) {
	let bits = '';
	for (const byte of [...seed, ...(await check(seed))]) bits += byte.toString(2).padStart(8, '0');
	return bits.match(/.{20}/g).map((group) => group.match(/.{5}/g).map((five) => alphabet[parseInt(five, 2)]).join(''));
}

/** plain is a text as it was typed, without what people add and mistake. */
export function plain(text) {
	return text.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1').replaceAll(/[^0-9A-Z]/g, '');
}

/** read gives the seed of a typed code, or undefined where it is none. */
export async function read(text) {
	const signs = Array.from(plain(text), (sign) => alphabet.indexOf(sign));
	if (signs.length !== (seedLength + checkLength) * 8 / 5 || signs.includes(-1)) return undefined;
	const bits = signs.map((n) => n.toString(2).padStart(5, '0')).join('');
	const bytes = Uint8Array.from(bits.match(/.{8}/g), (eight) => parseInt(eight, 2));
	const seed = bytes.slice(0, seedLength);
	const wanted = await check(seed);
	return wanted.every((byte, i) => byte === bytes[seedLength + i]) ? seed : undefined;
}
