"""The rules that word differences of a bootstrap; a new field of Envoy's takes one line here."""
