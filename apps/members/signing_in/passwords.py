"""A password rule of our own: names that somebody who guesses tries first."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.models import Organisation
from apps.members.models import Member

PRODUCT = "salesteam"
# What must remain once the known words are taken out, in letters.
FEWEST_OTHER_LETTERS = 6
SHORTEST_WORD = 4
# How letters are commonly replaced.
LEET = str.maketrans("013457@$!", "oieastasi")


class KnownWordsValidator:
    """Refuses a known name with little else, such as “SalesTeam2026!” or one's own with a year."""

    def validate(self, password: str, user: Member | None = None) -> None:
        typed = password.casefold()
        for text in (typed, typed.translate(LEET)):
            letters = "".join(re.findall(r"[^\W\d_]", text))
            rest = letters
            for word in self._words(user):
                rest = rest.replace(word, "")
            if rest != letters and len(rest) < FEWEST_OTHER_LETTERS:
                raise ValidationError(self.get_help_text(), code="password_known_words")

    def get_help_text(self) -> str:
        return _(
            "Your password can’t be just a name: the product’s, your organisation’s or your own."
        )

    @staticmethod
    def _words(user: Member | None) -> list[str]:
        """Longest first, so that a name goes before the words that it is made of."""
        firm = Organisation.current().name.casefold()
        texts = [PRODUCT, firm, *firm.split()]
        if user is not None:
            local, _at, domain = user.email.casefold().partition("@")
            name = user.name.casefold()
            texts += [
                name,
                *name.split(),
                local,
                *re.split(r"[\W_]", local),
                domain.partition(".")[0],
            ]
        words = {"".join(re.findall(r"[^\W\d_]", text)) for text in texts}
        # A name in Chinese characters says in two what Latin letters say in eight.
        known = {word for word in words if len(word) >= SHORTEST_WORD or not word.isascii()}
        return sorted(filter(None, known), key=len, reverse=True)
