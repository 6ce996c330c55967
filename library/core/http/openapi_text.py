"""What the OpenAPI document says before its first operation: how to sign in, errors, pages, retries, and each group."""

DESCRIPTION = """\
The library's catalogue, lending and study, for mobile clients and scripts.

## Signing in
The catalogue can be read by everybody. For the rest, change an address and password for tokens, in two steps:

1. `POST auth/login/` with `{"email": …, "password": …}` answers 202 with a `challenge`, and a code of six \
digits comes by mail (200 with the tokens at once where this library asks for no code).
2. `POST auth/login/` with `{"challenge": …, "otp": "123456"}` answers 200 with `access` and `refresh`.

Send the access token with every request: `Authorization: Bearer …`. It holds for 30 minutes; `POST \
auth/token/refresh/` changes the refresh token, once, for a new pair. `POST auth/logout/` ends the sign-in. On \
these pages, put the access token into *Authorize*; whoever is signed in to the library's pages needs no token \
here.

```
curl -s $LIBRARY/api/v1/auth/login/ -H 'Content-Type: application/json' -d '{"email": "…", "password": "…"}'
curl -s $LIBRARY/api/v1/auth/login/ -H 'Content-Type: application/json' -d '{"challenge": "…", "otp": "123456"}'
curl -s $LIBRARY/api/v1/loans/ -H 'Authorization: Bearer …'
```

## Errors
Every answer that is no success has one shape: `{"code", "detail", "fields"?, "reasons"?}`. `code` is for \
programs and does not change, `detail` is a sentence for people. 400: the input can never be right, `fields` \
says where. 401: no token, or one that is over. 403: the permission is missing. 404: there is none, or it is \
another's. 409: refused, with all `reasons`, each *impossible*, *overridable* by staff, or an *alert*. 429 and \
503 carry `Retry-After` in seconds.

## Lists
`{"count", "next", "previous", "results"}`, asked for by `?page=` and `?page_size=` (100 at most).

## Sending again
A POST that says so takes an `Idempotency-Key` of your own making: sent again with the same key and body, it \
answers as the first time and does nothing twice.
"""

TAGS = {
    "auth": "Codes by mail, sign-in, tokens, passwords and invitations.",
    "me": "The person who is signed in.",
    "usernames": "Whether a name is free.",
    "patrons": "Readers, registered by staff.",
    "activity": "Who did what, to what, and when.",
    "books": "Records of the catalogue: search, suggestions, shelves and study content.",
    "copies": "The things that stand on shelves, by their barcodes.",
    "branches": "Where copies stand and holds are fetched.",
    "item-types": "The kinds of things that copies are; lending rules go by them.",
    "loans": "Check-out, renewal, return, and why a loan is due when it is.",
    "check-ins": "Taking back a copy by its barcode.",
    "holds": "Wishes for books, from the request to the hold shelf.",
    "pick-list": "What staff fetch from the shelves.",
    "charges": "What readers owe: fines, replacements and fees, and what is still to be paid of each.",
    "payments": "Money that came in, by numbered receipts.",
    "waivers": "What the library gives up of a charge, with the reason.",
    "refunds": "Money that goes back to a reader.",
    "loan-rules": "The matrix of lending rules.",
    "rag": "Asking books: answers in the book's own words, with pages.",
    "notices": "The bell: what you were told, and what is unread.",
    "jobs": "Slow work and how far it is.",
}
