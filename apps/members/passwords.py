"""A password rule of our own: words that everybody here thinks of first."""

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
    """Refuses the product's or the organisation's name with little else, such as “SalesTeam2026!”."""

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
        return _("Your password can’t be just the name of the product or of your organisation.")

    @staticmethod
    def _words(user: Member | None) -> list[str]:
        """Longest first, so that a name goes before the words that it is made of."""
        firm = Organisation.current().name.casefold()
        domain = user.email.partition("@")[2].partition(".")[0] if user and user.email else ""
        texts = [PRODUCT, firm, domain.casefold(), *firm.split()]
        words = {"".join(re.findall(r"[^\W\d_]", text)) for text in texts}
        # A name in Chinese characters says in two what Latin letters say in eight.
        known = {word for word in words if len(word) >= SHORTEST_WORD or not word.isascii()}
        return sorted(filter(None, known), key=len, reverse=True)
