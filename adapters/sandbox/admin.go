package sandbox

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// Public hides what is below /admin: what the world may see of a sandbox.
func Public(s Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/admin/") {
			http.NotFound(w, r)
			return
		}
		s.ServeHTTP(w, r)
	})
}

// Admin serves only what is below /admin: what the sandbox itself has there, and POST /admin/pay, by which a customer
// makes a CustomerPayment.
func Admin(s Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/admin/", s)
	mux.HandleFunc("POST /admin/pay", func(w http.ResponseWriter, r *http.Request) {
		var payment CustomerPayment
		err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxAdminBytes), &payment, json.RejectUnknownMembers(true))
		if err == nil {
			err = s.Pay(r.Context(), payment)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
