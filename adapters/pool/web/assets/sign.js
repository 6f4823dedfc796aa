// What a page gains on a device that can keep a key. Without it, every page works by pasting.
import * as act from './act.js';
import { decoded } from './bytes.js';
import * as key from './key.js';
import { making, proving } from './make.js';
import * as page from './page.js';

const words = await page.load();
const find = (id) => document.getElementById(id);

/** sign: reads the bytes on the device, shows what they say in place of the server's words, and signs those bytes. */
async function sign(section) {
	const form = find('act');
	const bytes = (name) => Array.from(form.querySelectorAll(`input[name=${name}]`), (input) => decoded(input.value));
	const draft = { act: bytes('act')[0], documents: bytes('document'), closed: bytes('closed') };
	const record = await key.load();
	if (!record) {
		find('device').append(page.part('p', {}, `${words['device.none']} `, page.part('a', { href: '/device' }, words['device.make'])));
		return;
	}
	find('byhand').open = false;
	let reading;
	try {
		reading = await act.read(draft, { pool: record.pool, member: record.member, now: Date.now() });
	} catch (reason) {
		if (!(reason instanceof act.Refused)) throw reason;
		find('device').append(page.error(`${words['device.refuses']}: ${words[`device.${reason.message}`]}`));
		return;
	}
	const says = find('says');
	const titles = Array.from(says.querySelectorAll('h2'));
	says.replaceChildren(...[reading.act, ...reading.named].flatMap((rows, i) => [titles[i], page.said(rows, words)]));
	find('reader').textContent = words['device.reads'];
	section.dataset.read = 'device';
	find('device').append(page.button(words['device.sign'], async () => {
		form.elements.signature.value = await key.sign(record, act.actPrefix, draft.act);
		form.elements.key.value = record.public;
		if (reading.by && !record.member) await key.put({ ...record, member: reading.by });
		form.submit();
	}));
}

/** enter: proves the key to sign in. */
async function enter(section) {
	const form = find('signin');
	const record = await key.load();
	if (!record) {
		section.append(page.part('p', {}, `${words['device.none']} `, page.part('a', { href: '/device' }, words['device.restore'])));
		return;
	}
	find('byhand').open = false;
	section.append(page.button(words['device.signin'], async () => {
		const bytes = decoded(section.dataset.challenge);
		try {
			act.challenge(bytes, { pool: record.pool, origin: location.origin });
		} catch (reason) {
			if (!(reason instanceof act.Refused)) throw reason;
			section.append(page.error(`${words['device.refuses']}: ${words[`device.${reason.message}`]}`));
			return;
		}
		form.elements.signature.value = await key.sign(record, act.signInPrefix, bytes);
		form.elements.key.value = record.public;
		form.submit();
	}));
}

/** join: puts this device's key into the form, or makes one first. */
async function join(section) {
	const fill = (record) => {
		const input = find('f-key');
		input.value = record.public;
		input.readOnly = true;
	};
	section.hidden = false;
	const record = await key.load();
	if (record) {
		fill(record);
		section.append(page.part('p', {}, words['device.has']));
	} else {
		making(section, section.dataset.pool, words, fill);
	}
}

/** own: shows this device's key, or makes one. */
async function own(section) {
	const record = await key.load();
	section.replaceChildren();
	if (!record) {
		section.append(page.part('p', {}, words['device.none']));
		making(section, section.dataset.pool, words, () => own(section));
		return;
	}
	const rows = [{ name: 'key', value: record.public }, ...(record.member ? [{ name: 'member', value: record.member }] : [])];
	section.append(page.part('p', {}, words['device.has']), page.said(rows, words), page.button(words['device.forget'], async () => {
		if (!confirm(words['device.sure'])) return;
		await key.forget();
		await own(section);
	}, { class: 'second' }), record.member ? '' : proving(record, words));
}

const able = await key.able();
for (const [id, enhance] of Object.entries({ sign, enter, make: join, own })) {
	const section = find(id);
	if (!section) continue;
	if (able) {
		await enhance(section);
	} else {
		section.hidden = false;
		section.append(page.part('p', { class: 'note' }, words['device.unable']));
	}
}
document.documentElement.dataset.ready = 'yes';
