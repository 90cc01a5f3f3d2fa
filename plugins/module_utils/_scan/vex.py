# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenVEX documents: what an author says of vulnerabilities in products.

The shape is that of version 0.2.0 of its specification; that of 0.0.1, where vulnerabilities and products are plain texts, is read too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.fields import list_of, text_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.instant import instant
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import Purl, parse_purl
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

CONTEXT = "https://openvex.dev/ns"
NOT_AFFECTED, AFFECTED, FIXED, UNDER_INVESTIGATION = "not_affected", "affected", "fixed", "under_investigation"
STATUSES = (NOT_AFFECTED, AFFECTED, FIXED, UNDER_INVESTIGATION)
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)


@dataclass(frozen=True)
class Product:
    """`purls` are what it is known by, none when it has only names of other kinds. `subcomponents` are the packages in it that are meant,
    `limited` is whether there are any: one that is named by no purl is none that could be found."""

    purls: Tuple[Purl, ...]
    subcomponents: Tuple[Purl, ...] = ()
    limited: bool = False


@dataclass(frozen=True)
class Statement:
    """`names` are the vulnerability's, `made` epoch seconds, `where` its place (`team.vex.json: statements[2]`).

    `justification` is the label or the impact statement that the author gives. Without `products` it applies to nothing.
    """

    names: Tuple[str, ...]
    status: str
    justification: Optional[str]
    made: int
    author: str
    document: str
    where: str
    products: Tuple[Product, ...] = ()

    @property
    def excuses(self) -> bool:
        """Whether a finding that it is about does not count."""
        return self.status in (NOT_AFFECTED, FIXED)


def parse_vex(text: str, where: str) -> Tuple[Statement, ...]:
    """The statements of one document (0.2.0, or 0.0.1 with products as texts); several documents are added up.

    Raises PolicyError naming file, place, value and what is accepted.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError("%s: it is not JSON (%s); an OpenVEX document is" % (where, error)) from error
    if not isinstance(document, AnyMapping):
        raise PolicyError("%s: it is no OpenVEX document, which is a JSON object with @context and statements" % where)
    context = document.get("@context")
    if not isinstance(context, str) or not (context == CONTEXT or context.startswith(CONTEXT + "/")):
        raise PolicyError(
            "%s: @context is %s, not %s/v0.2.0; only OpenVEX is read, other kinds of VEX are to be converted"
            % (where, "missing" if context is None else plain(repr(context)), CONTEXT)
        )
    statements = list_of(where + ": statements", document.get("statements"), "statements")
    if not statements:
        raise PolicyError("%s: statements: there are none, so it says nothing; drop the file" % where)
    head = _Head.of(document, where)
    return tuple(
        _statement("%s: statements[%d]" % (where, index), one, head, where) for index, one in enumerate(statements)
    )


@dataclass(frozen=True)
class _Head:
    """What a statement takes from its document."""

    id: str
    author: str
    made: Optional[int]

    @classmethod
    def of(cls, document: Mapping[str, Any], where: str) -> _Head:
        return cls(
            id=_optional(where + ": @id", document.get("@id")) or where,
            author=text_of(where + ": author", document.get("author"), '"Example Security Team"'),
            made=_moment(where + ": timestamp", document.get("timestamp")),
        )


def _statement(where: str, raw: Any, head: _Head, file: str) -> Statement:
    told = _object(where, raw, "a statement")
    status = told.get("status")
    if status not in STATUSES:
        raise PolicyError("%s.status: %s is none of %s" % (where, plain(repr(status)), ", ".join(STATUSES)))
    made = _moment(where + ".timestamp", told.get("timestamp"))
    made = head.made if made is None else made
    if made is None:
        raise PolicyError(
            "%s.timestamp: neither the statement nor %s has one, so it is not known which statement is the later"
            % (where, file)
        )
    return Statement(
        names=_names(where + ".vulnerability", told.get("vulnerability")),
        status=str(status),
        justification=_justification(where, told),
        made=made,
        author=head.author,
        document=head.id,
        where=where,
        products=_products(where, told),
    )


def _justification(where: str, told: Mapping[str, Any]) -> Optional[str]:
    label = _optional(where + ".justification", told.get("justification"))
    impact = _optional(where + ".impact_statement", told.get("impact_statement"))
    if label is not None and label not in JUSTIFICATIONS:
        raise PolicyError(
            "%s.justification: %s is none of %s; free text is an impact_statement"
            % (where, plain(repr(label)), ", ".join(JUSTIFICATIONS))
        )
    if told["status"] == NOT_AFFECTED and label is None and impact is None:
        raise PolicyError("%s: not_affected needs a justification or an impact_statement, and has neither" % where)
    return label or impact


def _names(where: str, raw: Any) -> Tuple[str, ...]:
    """`@id` is often an address that ends in the name."""
    if isinstance(raw, str):
        return (text_of(where, raw, "CVE-2026-1234"),)
    told = _object(where, raw, "a vulnerability, nor its name as text")
    address = _optional(where + ".@id", told.get("@id"))
    name = told.get("name")
    names = [] if name is None and address else [text_of(where + ".name", name, "CVE-2026-1234")]
    for index, alias in enumerate(list_of(where + ".aliases", told.get("aliases"), "names")):
        names.append(text_of("%s.aliases[%d]" % (where, index), alias, "GHSA-xxxx-xxxx-xxxx"))
    if address and not names:
        names.append(address.rstrip("/").rpartition("/")[2] or address)
    return tuple(dict.fromkeys(names))


def _products(where: str, told: Mapping[str, Any]) -> Tuple[Product, ...]:
    products = []
    # Version 0.0.1 names subcomponents once for all products of a statement.
    common = list_of(where + ".subcomponents", told.get("subcomponents"), "components")
    for index, raw in enumerate(list_of(where + ".products", told.get("products"), "products")):
        place = "%s.products[%d]" % (where, index)
        inner: List[Any] = []
        if isinstance(raw, AnyMapping):
            inner = list_of(place + ".subcomponents", raw.get("subcomponents"), "components")
        parts = [_purls("%s.subcomponents[%d]" % (place, number), one) for number, one in enumerate([*inner, *common])]
        subcomponents = tuple(dict.fromkeys(purl for purls in parts for purl in purls))
        products.append(Product(_purls(place, raw), subcomponents, bool(parts)))
    return tuple(products)


def _purls(where: str, raw: Any) -> Tuple[Purl, ...]:
    """Those of `@id` and `identifiers.purl`, or of the text itself; a name of another kind (CPE, an address) gives none."""
    if isinstance(raw, str):
        texts = [text_of(where, raw, "pkg:deb/debian/openssl")]
    else:
        told = _object(where, raw, "a component, nor its name as text")
        identifiers = _object(where + ".identifiers", told.get("identifiers", {}), "a mapping of identifiers")
        pairs = ((".@id", told.get("@id")), (".identifiers.purl", identifiers.get("purl")))
        texts = [one for one in (_optional(where + key, value) for key, value in pairs) if one is not None]
        if not texts and not identifiers and not told.get("hashes"):
            raise PolicyError("%s: it has neither @id nor identifiers, so nothing can be it" % where)
    found = [parse_purl(text) for text in texts]
    for text, purl in zip(texts, found):
        if purl is None and text[:4].lower() == "pkg:":
            raise PolicyError("%s: %s is not a package URL like pkg:deb/debian/openssl" % (where, plain(repr(text))))
    return tuple(dict.fromkeys(purl for purl in found if purl is not None))


def _object(where: str, raw: Any, what: str) -> Dict[str, Any]:
    if not isinstance(raw, AnyMapping):
        raise PolicyError("%s: %s is not %s" % (where, plain(repr(raw)), what))
    return dict(raw)


def _optional(where: str, value: Any) -> Optional[str]:
    return None if value is None else text_of(where, value, '"text"')


def _moment(where: str, value: Any) -> Optional[int]:
    text = _optional(where, value)
    if text is None:
        return None
    try:
        return instant(text)
    except ValueError as error:
        raise PolicyError("%s: %s: %s" % (where, plain(repr(text)), error)) from error
