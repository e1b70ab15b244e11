# SPDX-License-Identifier: BSD-2-Clause
"""What the hypervisor says when something is wrong: each message that its sources print as an error or a warning."""

import re
from pathlib import Path

XEN = Path(__file__).resolve().parents[2] / "xen"
LITERAL = r'"(?:[^"\\]|\\.)*"'
# Between the literals of one message stand macros, PRIx64 and the like.
CALL = re.compile(rf"printk\w*\(\s*XENLOG_(?:G_)?(?:ERR|WARNING)\s+((?:{LITERAL}|[A-Z_]+[a-z0-9]*|\s)+)[,)]")
FORMAT = re.compile(r"%(?:%|p[dv]|[-+ #0-9.*]*(?:hh|h|ll|l|z)?[a-zA-Z])")


def messages() -> list[str]:
    """A regular expression for each, from its first word to the end of its line."""
    found = set()
    for path in sorted(XEN.rglob("*.[ch]")):
        for match in CALL.finditer(path.read_text(encoding="utf-8")):
            text = "%s".join(part[1:-1] for part in re.findall(LITERAL, match.group(1))).replace("%%s", "%s")
            text = text.replace('\\n', "").replace('\\"', '"')
            if text:
                found.add(".*".join(re.escape(part) for part in FORMAT.split(text)))
    return sorted(found)


def pattern() -> str:
    """One for all of them, as a line of the hypervisor."""
    return rf"^hv: (?:{'|'.join(messages())})$"
