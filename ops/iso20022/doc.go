// Package iso20022 checks files of ISO 20022 documents at the command line.
package iso20022
