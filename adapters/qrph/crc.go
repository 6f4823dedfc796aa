package qrph

// polynomial of CRC-16/CCITT-FALSE (ISO/IEC 13239): x^16 + x^12 + x^5 + 1, from 0xFFFF, nothing reflected.
const polynomial = 0x1021

var crcTable = makeTable()

// makeTable holds what the register becomes for each byte that leaves it.
func makeTable() (table [256]uint16) {
	for i := range table {
		register := uint16(i) << 8
		for range 8 {
			carry := register&0x8000 != 0
			if register <<= 1; carry {
				register ^= polynomial
			}
		}
		table[i] = register
	}
	return table
}

func checksum(text string) uint16 {
	register := uint16(0xFFFF)
	for i := range len(text) {
		register = register<<8 ^ crcTable[byte(register>>8)^text[i]]
	}
	return register
}
