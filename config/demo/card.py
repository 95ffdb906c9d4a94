"""What `make run` prints when everything is up: addresses, sign-ins, an API key, four things to try."""

import json
import os
from pathlib import Path

from config import embedded
from config.demo.people import AUTHOR, FINANCE, OPERATOR, PASSWORD, SIGN_INS


def key_file() -> Path:
    """Where the demo's API key is kept, readable by its owner only; the database holds a hash."""
    return embedded.var_dir() / "demo-api-key.json"


def remember_key(key: str) -> None:
    """Keep the key that can be shown only once, for the card of the next start."""
    descriptor = os.open(key_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"api_key": key}, file)


def text(base_url: str, simulator_url: str) -> str:
    """The card."""
    key = json.loads(key_file().read_text())["api_key"] if key_file().exists() else "—"
    width = max(len(person.email) for person in SIGN_INS)
    people = "\n".join(f"    {person.email:<{width}}  {person.shows}" for person in SIGN_INS)
    return f"""
  Coko  {base_url}
  API   {base_url}/api/v1/docs/
  Téléphones des payeurs (simulés : y approuver ou refuser)  {simulator_url}/phone/

  Connexions (mot de passe {PASSWORD})
{people}

  Clé d’API  {key}

  À essayer
    1. Acheter un livre : {base_url}/ , payer avec Wave (simulé), recevoir la facture.
    2. Se connecter comme {AUTHOR.email} et ouvrir un relevé jusqu’au calcul d’une ligne.
    3. Se connecter comme {FINANCE.email} : télécharger le mois en Excel ; dans « À traiter »,
       approuver le lot que {OPERATOR.email} a préparé.
    4. Acheter depuis le Bénin avec MTN ou Moov, et approuver sur la page des téléphones.

  Ctrl-C arrête tout ; les données restent sous {embedded.var_dir()}.
"""
