// Making a key: the member writes it on paper before it is kept, or types a paper of before, or proves a new one.
import { actPrefix } from './act.js';
import { utf8 } from './bytes.js';
import * as key from './key.js';
import * as page from './page.js';
import * as paper from './paper.js';

/** making offers to make a key or to type a paper code, and says which key was kept. */
export function making(section, pool, words, kept) {
	const place = page.part('div', {});
	const keep = async (seed) => {
		const record = await key.keep(seed, pool);
		place.replaceChildren(page.part('p', { role: 'status' }, words['device.has']));
		kept(record);
	};
	place.append(page.part('div', { class: 'buttons' },
		page.button(words['device.make'], () => make(place, words, keep)),
		page.button(words['device.restore'], () => restore(place, words, keep), { class: 'second' }),
	));
	section.append(place);
}

async function make(place, words, keep) {
	const seed = key.seed();
	const groups = await paper.write(seed);
	const title = page.part('h2', { tabindex: '-1' }, words['device.paper']);
	place.replaceChildren(
		title,
		page.part('p', {}, words['device.write']),
		page.part('ol', { class: 'paper', lang: '' }, ...groups.map((group) => page.part('li', {}, group))),
		asking(words, 'device.last', 4, async (typed) => {
			if (paper.plain(typed) !== groups.at(-1)) return false;
			await keep(seed);
			return true;
		}),
	);
	title.focus();
}

function restore(place, words, keep) {
	const form = asking(words, 'device.paper', 100, async (typed) => {
		const seed = await paper.read(typed);
		if (!seed) return false;
		await keep(seed);
		return true;
	});
	place.replaceChildren(form);
	form.querySelector('input').focus();
}

/** proving offers the text by which other members give a member who lost everything this device's key. */
export function proving(record, words) {
	const place = page.part('div', { 'aria-live': 'polite' });
	const form = asking(words, 'device.number', 8, async (typed) => {
		const member = typed.trim().toLowerCase();
		if (!/^m[1-9][0-9]*$/.test(member)) return false;
		const proof = await key.sign(record, actPrefix, utf8(member));
		const subject = { key: record.public, member, proof: standard(proof) };
		place.replaceChildren(page.part('p', {}, words['device.hand']), page.part('pre', { id: 'subject', lang: '' }, JSON.stringify(subject)));
		return true;
	}, { done: 'device.prove', wrong: 'device.nonumber' });
	return page.part('details', {}, page.part('summary', {}, words['device.proving']), form, place);
}

// standard is base64url as JSON of the pool has bytes: base64 with padding.
function standard(text) {
	return text.replaceAll('-', '+').replaceAll('_', '/').padEnd(Math.ceil(text.length / 4) * 4, '=');
}

// asking makes a form of one field, which says when what was typed is wrong.
function asking(words, label, length, check, { done, wrong } = { done: 'device.keep', wrong: 'device.wrong' }) {
	const input = page.part('input', {
		id: 'f-paper', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: length, required: '',
	});
	const form = page.part('form', { class: 'stack' },
		page.part('p', { class: 'field' }, page.part('label', { for: 'f-paper' }, words[label]), input),
		page.part('p', {}, page.part('button', {}, words[done])));
	form.addEventListener('submit', async (event) => {
		event.preventDefault();
		form.querySelector('.error')?.remove();
		input.removeAttribute('aria-invalid');
		input.removeAttribute('aria-describedby');
		if (await check(input.value)) return;
		input.setAttribute('aria-invalid', 'true');
		input.setAttribute('aria-describedby', 'e-paper');
		form.prepend(page.error(words[wrong], 'e-paper'));
		input.focus();
	});
	return form;
}
