"""From requests to httpx: what calls of the one mean to the other, decided from facts alone.

`table` is data, checked against the installed libraries by the tests. `calls` finds what blocks; `arguments` with
`values`, `responses` with `variables`, `errors` and `sessions` say how a call, its answer, its exceptions and its
session are translated, or why they are not; `clients` says where a client is opened. `functions` puts a function
together, `elsewhere` and `leftovers` look at the code around it.
"""
