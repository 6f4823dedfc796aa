// How many decimals units have: ISO 4217 where it is not two, and community units by their own name's last digit.
const others = {
	0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
	3: 'BHD IQD JOD KWD LYD OMR TND',
	4: 'CLF UYW',
};

/** decimals of a unit, or undefined where it is none. */
export function decimals(unit) {
	if (/^[a-z][a-z0-9]{0,15}\.[a-z][a-z0-9-]{1,31}\.[0-6]$/.test(unit)) return Number(unit.at(-1));
	if (!/^[A-Z]{3}$/.test(unit)) return undefined;
	for (const [n, codes] of Object.entries(others)) if (codes.split(' ').includes(unit)) return Number(n);
	return 2;
}

/** plain writes minor units as a plain decimal. */
export function plain(minor, unit) {
	const n = decimals(unit);
	const negative = minor.startsWith('-');
	const digits = minor.replace('-', '').padStart(n + 1, '0');
	const whole = digits.slice(0, digits.length - n);
	return (negative ? '-' : '') + (n ? `${whole}.${digits.slice(-n)}` : whole);
}
