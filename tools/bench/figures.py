# SPDX-License-Identifier: BSD-2-Clause
"""What is measured. The limits are those of the project: our share of a call, total minus firmware, release build."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table. @limit: most instructions of our own."""
    name: str               # as in the guest's `bench: name=`
    text: str
    limit: int


FIGURES = (
    Figure("psci_version", "PSCI_VERSION", 150),
    Figure("ffa_id_get", "FFA_ID_GET", 200),
    Figure("ffa_features", "FFA_FEATURES", 220),
    Figure("info_get", "FFA_NOTIFICATION_INFO_GET", 220),
    Figure("refused", "refused FF-A id", 220),
    Figure("xen_version", "xen_version hypercall", 150),
    Figure("notif_get", "FFA_NOTIFICATION_GET", 260),
    Figure("notif_bind", "FFA_NOTIFICATION_BIND", 260),
    Figure("notif_unbind", "FFA_NOTIFICATION_UNBIND", 260),
    Figure("notif_set", "FFA_NOTIFICATION_SET", 260),
    Figure("direct_req", "FFA_MSG_SEND_DIRECT_REQ, 32 bit", 300),
    Figure("direct_req64", "FFA_MSG_SEND_DIRECT_REQ, 64 bit", 300),
    Figure("sri_running", "SRI to NPI handler, guest running", 1500),
    Figure("sri_idle", "SRI to NPI handler, CPU idle", 2500),
    Figure("irqs_off", "longest stretch with IRQs masked", 20_000),
    Figure("boot", "EL2 entry to first guest instruction", 5_000_000),
)

# Not counted by the guest, but by a hypervisor built for it
IRQS_OFF = "irqs_off"

# Answered at EL2: the firmware would do something else, or nothing, so all of it is our share.
ANSWERED_AT_EL2 = ("psci_version", "ffa_id_get", "ffa_features", "info_get", "refused", "xen_version")

PENDING_FURTHER = 250       # SRI to handler of a running guest: more for each further VM that is pending
FLAT = 0.10                 # what does not depend on numbers may differ by that much

IMAGE_LIMIT = 300 * 1024    # bytes of the release image
GUEST_MIB = 128             # size of the guest whose boot is measured


def share_limit(pages: int) -> int:
    """MEM_SHARE and RECLAIM: most instructions of our own."""
    return 3000 + 60 * pages
