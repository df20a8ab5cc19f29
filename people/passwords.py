from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with the OWASP minimum (2024: 19 MiB, two passes, one lane).

    Django's own parameters cost 0.3 s and 100 MB for each sign-in on the machines we run on.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
