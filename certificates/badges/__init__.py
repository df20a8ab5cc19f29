"""Open Badges 3.0: the certificate as a W3C Verifiable Credential that any verifier can check.

    credential   the certificate's frozen snapshot, said as an OpenBadgeCredential
    proofs       Data Integrity proofs, `eddsa-rdfc-2022`; `jwt` is the other form, VC-JWT
    rdf          the canonical form that is signed; its JSON-LD contexts are in contexts/
    keys         whose signature it is: the private key from the settings, the public ones published
    status       is it still good: Bitstring Status Lists for revocation and suspension
    picture      what a badge looks like; `baking` puts the credential into the file
    making       all of it together: the badge of a certificate in each form
    reading      the way back: a file that somebody was given, and what it is worth

`multikey`, `rdf`, `proofs`, `jwt`, `bitstring` and `baking` know no Django: values in, values out.
"""
