"""Who lives in the demo world. Every invented person says «démo» in the name."""

from dataclasses import dataclass

PASSWORD = "coko-demo-2026"  # noqa: S105  (printed at every start; the demo mode refuses to be production)


@dataclass(frozen=True, slots=True)
class SignIn:
    email: str
    name: str
    roles: tuple[str, ...]
    shows: str  # what one sees after signing in, for the card


@dataclass(frozen=True, slots=True)
class DemoPayee:
    key: str
    name: str
    country: str
    email: str


READER = SignIn("lectrice@coko.example", "Ama Koné (démo)", ("reader",), "sa bibliothèque")
AUTHOR = SignIn("autrice@coko.example", "Mariama Sarr (démo)", ("author",), "ses relevés de droits")
OTHER_AUTHOR = SignIn("auteur@coko.example", "Kofi Mensah (démo)", ("author",), "les siens, et rien de Mariama")
FINANCE = SignIn("finance@coko.example", "Efua Traoré (démo)", ("finance",), "les comptes, un lot à approuver")
OPERATOR = SignIn("operations@coko.example", "Yaw Ouattara (démo)", ("operator",), "les comptes, un lot préparé")
CLIENT = SignIn("boutique@coko.example", "Boutique partenaire (démo)", ("client",), "l’API, avec une clé")

SIGN_INS = (READER, AUTHOR, OTHER_AUTHOR, FINANCE, OPERATOR)

PAYEES = (
    DemoPayee("mariama", AUTHOR.name, "SN", AUTHOR.email),
    DemoPayee("kofi", OTHER_AUTHOR.name, "CI", OTHER_AUTHOR.email),
    DemoPayee("aissatou", "Aïssatou Ba (démo)", "SN", "aissatou@coko.example"),
    DemoPayee("idrissa", "Idrissa Zongo (démo)", "BF", "idrissa@coko.example"),
    DemoPayee("baobab", "Éditions Baobab (démo)", "SN", "baobab@coko.example"),
)

# Which payees share a book, and how: weights, in turn over the catalogue. Two authors are the usual case.
SHARES: tuple[dict[str, int], ...] = (
    {"mariama": 60, "kofi": 40},
    {"mariama": 1, "aissatou": 1, "idrissa": 1},
    {"kofi": 70, "baobab": 30},
    {"mariama": 50, "baobab": 50},
    {"aissatou": 2, "kofi": 1},
)

FIRST_NAMES = (
    "Awa", "Moussa", "Fatou", "Ibrahima", "Khady", "Ousmane", "Adjoua", "Koffi", "Mariam", "Seydou", "Ndeye", "Yao",
)  # fmt: skip
LAST_NAMES = ("Ndiaye", "Koné", "Fall", "Kouassi", "Diallo", "Touré", "Sow", "Bamba", "Cissé", "Gueye")
