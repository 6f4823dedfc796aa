// SHA-256 (FIPS 180-4). WebCrypto's answers by promises, which for a tree of a million small hashes takes minutes.

const words = (count, of) => Int32Array.from(primes(count), (p) => (of(p) % 1) * 2 ** 32);
const constants = words(64, Math.cbrt);
const begin = words(8, Math.sqrt);
const schedule = new Int32Array(64);

/** primes are the first so many: the fractions of their roots are the constants. */
function primes(count) {
	const found = [];
	for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n);
	return found;
}

const state = new Int32Array(8);

/** sha256 is the hash of parts, one behind the other. */
export function sha256(...parts) {
	const message = padded(parts);
	state.set(begin);
	for (let block = 0; block < message.length; block += 64) compress(message, block);
	const out = new Uint8Array(32);
	for (let i = 0; i < 32; i++) out[i] = state[i >> 2] >>> 24 - 8 * (i & 3);
	return out;
}

/** padded is a message with the byte 128, zeros and its length in bits behind it, as whole blocks of 64 bytes. */
function padded(parts) {
	let length = 0;
	for (const part of parts) length += part.length;
	const all = new Uint8Array(length + 72 & ~63);
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	all[length] = 128;
	for (let i = 1, bits = 8 * length; bits > 0; i++, bits = Math.floor(bits / 256)) all[all.length - i] = bits;
	return all;
}

function compress(message, at) {
	const w = schedule;
	for (let i = 0; i < 16; i++, at += 4) w[i] = message[at] << 24 | message[at + 1] << 16 | message[at + 2] << 8 | message[at + 3];
	for (let i = 16; i < 64; i++) {
		const x = w[i - 15];
		const y = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
	}
	let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
	for (let i = 0; i < 64; i++) {
		const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + constants[i] + w[i] | 0;
		const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
		h = g;
		g = f;
		f = e;
		e = d + one | 0;
		d = c;
		c = b;
		b = a;
		a = one + two | 0;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}
