"""How old databases are brought up to date. One file a step in `versions`; `env` runs them."""
