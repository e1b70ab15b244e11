# SPDX-License-Identifier: BSD-2-Clause
"""Policy: what the device tree does not allow a guest does not exist for it, in lists and in answers."""

import pytest

ECHO, NOTIFY, FAULTS = 0x8001, 0x8002, 0x8003
UUIDS = {ECHO: "6563686f-a1b1-e14a-b47f-1c8dc4b3a201", NOTIFY: "6e6f7469-a2b2-e24b-b580-2d8ec5b4a302",
         FAULTS: "6661756c-a3b3-e34c-b681-3e8fc6b5a403"}
RIGHTS = ["discover", "message", "notify", "share"]

# Both guests of a pair need this much to tell each other that they are there.
MEET = f"sp:{UUIDS[NOTIFY]} message notify"


def guest(name: str, peer: int = 0, rights: dict | None = None, policy: list | None = None, version: str = "1.2",
          offered: bool = False) -> dict:
    """A guest that finds out whether it has exactly these @rights: right -> ids; @offered: the peer shares memory with it."""
    lists = [f"{right}={','.join(f'{i:x}' for i in ids)}" for right, ids in (rights or {}).items() if ids]
    return {"name": name, "kernel": "policy", "tee": "ffa", "ffa_peers": policy,
            "cmdline": " ".join([f"version={version}", f"peer={peer}", f"offered={int(offered)}", *lists])}


def pair(a: dict, a_policy: list, b: dict, b_policy: list, version: str = "1.2") -> dict:
    """Two guests, a (VM 2) and b (VM 3), with these rights beyond what they need to meet."""
    def with_meeting(rights: dict) -> dict:
        return {r: [*rights.get(r, []), *([NOTIFY] if r in ("message", "notify") else [])] for r in RIGHTS}

    return {"domain": [guest("a", 3, with_meeting(a), [MEET, *a_policy], version, 2 in b.get("share", [])),
                       guest("b", 2, with_meeting(b), [MEET, *b_policy], version, 3 in a.get("share", []))]}


@pytest.mark.parametrize("right", RIGHTS)
def test_ffa_policy_each_right_on_one_side_only(run_scene, right):
    run_scene(pair({right: [ECHO, 3]}, [f"sp:{UUIDS[ECHO]} {right}", f"vm:b {right}"], {}, []))


@pytest.mark.parametrize("right", RIGHTS)
def test_ffa_policy_all_but_one_right(run_scene, right):
    others = [r for r in RIGHTS if r != right]
    text = " ".join(others)
    run_scene(pair({r: [ECHO, FAULTS, 3] for r in others}, [f"sp:{UUIDS[ECHO]} {text}", f"sp:{UUIDS[FAULTS]} {text}", f"vm:b {text}"],
                   {r: [2] for r in others}, [f"vm:a {text}"]))


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_ffa_policy_everything(run_scene, version):
    all_sps = {r: [ECHO, NOTIFY, FAULTS] for r in RIGHTS}
    scene = pair({r: [*i, 3] for r, i in all_sps.items()}, ["sp:* all", "vm:* all"],
                 {r: [*i, 2] for r, i in all_sps.items()}, ["sp:* all", "vm:a all"], version)
    run_scene({**scene, "expect": {"lines": ["hv: ffa: policy of d1: d2: discover message notify share$",
                                             "hv: ffa: policy of d1: other domains: discover message notify share$",
                                             "hv: ffa: policy of d2: d1: discover message notify share$"],
                                   "no_lines": ["hv: ffa: policy of d2: other domains", "hv: ffa: policy of d1: d1"]}})


def test_ffa_policy_gives_nobody_itself(run_scene):
    """A VM alone is offered no calls that are for other VMs, whatever its list says of it."""
    run_scene({"firmware": {"options": ["NO_NOTIF", "NO_RX_ACQUIRE"]},
               "domain": [{"name": "alone", "kernel": "features", "tee": "ffa", "cmdline": "notif=0 send2=0",
                           "ffa_peers": ["sp:* all", "vm:alone all"]}],
               "expect": {"no_lines": ["hv: ffa: policy of d1: d1"]}})


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_ffa_policy_denies_by_default(run_scene, version):
    run_scene({"hypervisor": {"ffa_peers": []}, "domain": [guest("a", version=version), guest("b", version=version)],
               "expect": {"lines": ["hv: ffa: policy of d1: nobody$", "hv: ffa: policy of d2: nobody$"],
                          "no_lines": ["hv: ffa: policy of d[12]: (?!nobody)"]}})


def test_ffa_policy_of_chosen_is_for_those_without_their_own(run_scene):
    rights = {r: [ECHO, NOTIFY, FAULTS] for r in RIGHTS}
    run_scene({"domain": [guest("a", rights=rights), guest("b", rights={"discover": [ECHO]}, policy=[f"sp:{UUIDS[ECHO]} discover"])],
               "expect": {"lines": ["hv: ffa: policy of d1: SP 0x8003: discover message notify share",
                                    "hv: ffa: policy of d2: SP 0x8001: discover$"],
                          "no_lines": ["hv: ffa: policy of d2: SP 0x8002"]}})


def test_ffa_policy_names_mean_nodes_also_behind_a_wrong_one(run_scene):
    """The node of a domain that cannot be built still counts: b is domain 3, and its policy is its own."""
    wrong = {"name": "wrong", "kernel": "policy", "tee": "ffa", "dt": {"cpus": 0}, "ffa_peers": ["sp:* all"]}
    scene = pair({"discover": [4]}, ["vm:b discover"], {}, [])
    a, b = scene["domain"]
    a["cmdline"] = a["cmdline"].replace("peer=3", "peer=4")
    run_scene({"domain": [a, wrong, b], "expect": {"boots": ["a", "b"], "tap": ["a", "b"]}})


def test_ffa_policy_what_cannot_be_read_gives_nothing(run_scene):
    run_scene({"domain": [guest("a", policy=["sp:*", "vm:b everything", "echo all", "sp:6563686f all", "vm:nobody all"])],
               "expect": {"lines": [r'hv: ffa: a: xen,ffa-peers: "sp:\*": rights are',
                                    'hv: ffa: a: xen,ffa-peers: "vm:nobody all": no such domain',
                                    "hv: ffa: policy of d1: nobody"]}})
