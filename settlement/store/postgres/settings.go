package postgres

import (
	"maps"
	"slices"
)

// settings are given on the command line, so that they hold for an older data folder too and no
// configuration file or ALTER SYSTEM overrides them. Sized for two cores and a few GB.
func settings(socketFolder string, throwaway bool) map[string]string {
	s := map[string]string{
		// Who reaches it: the socket only. Authentication is "trust" for every role, because roles made by
		// migrations have no passwords to keep; it is safe because the socket lies in a folder of mode 0700:
		// whoever can open it is the server's user or root, who could read the data files anyway.
		"listen_addresses":        "",
		"unix_socket_directories": socketFolder,
		"unix_socket_permissions": "0700",
		"port":                    port,

		// What is committed is on the disk.
		"fsync":              "on",
		"synchronous_commit": "on",
		"full_page_writes":   "on",

		"max_connections":                 "50",
		"shared_buffers":                  "256MB",
		"effective_cache_size":            "1GB",
		"work_mem":                        "16MB",
		"maintenance_work_mem":            "128MB",
		"max_parallel_workers_per_gather": "0", // two cores are busy without it
		"random_page_cost":                "1.1",
		"jit":                             "off", // short statements: compiling costs more than it saves
		"wal_compression":                 "on",
		"max_wal_size":                    "2GB", // a day of clearing between checkpoints
		"min_wal_size":                    "256MB",
		"checkpoint_timeout":              "15min",

		// A ledger that grew by a third looks as before. After each analysis of a table every connection plans anew what reads
		// it: that, and no vacuum, was what readers felt once a minute.
		"autovacuum_analyze_scale_factor": "0.33",
		"autovacuum_naptime":              "15s", // little at a time, and receipts are found by an index that is written then

		"timezone":          "UTC",
		"log_timezone":      "UTC",
		"lc_messages":       "C",
		"logging_collector": "off", // stderr goes to postgres.log
		"log_checkpoints":   "off",
		"log_line_prefix":   "%m [%p] %q%u@%d ",
	}
	if throwaway { // gone with its process: nothing to save from a power cut
		s["fsync"], s["synchronous_commit"], s["full_page_writes"] = "off", "off", "off"
		s["shared_buffers"] = "64MB"
		s["max_connections"] = "100"
	}
	return s
}

// arguments turns settings into a command line, in a fixed order.
func arguments(s map[string]string) []string {
	var args []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		args = append(args, "-c", name+"="+s[name])
	}
	return args
}
