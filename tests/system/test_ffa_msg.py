# SPDX-License-Identifier: BSD-2-Clause
"""Messages between VMs, and between VMs and SPs: direct and indirect."""

import pytest


def vm(name: str, kernel: str, cmdline: str = "", **more) -> dict:
    """An FF-A guest with all rights."""
    return {"name": name, "kernel": kernel, "cmdline": cmdline, "vcpus": 2, "tee": "ffa", "ffa_peers": ["sp:* all", "vm:* all"], **more}


# ---- direct messages -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("cpus", [1, 2])
def test_ffa_direct_messages_between_vms(run_scene, cpus):
    """The server has no rights at all: to answer needs none."""
    result = run_scene({"machine": {"cpus": cpus},
                        "domain": [vm("server", "vmmsg", "role=server", ffa_peers=[]), vm("client", "vmmsg")]})
    assert result.find(r"^server: vmmsg: served \d{3,} ")


@pytest.mark.parametrize("client", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("server", ["1.0", "1.1", "1.2"])
def test_ffa_direct_messages_between_versions(run_scene, server, client):
    run_scene({"domain": [vm("server", "vmmsg", f"role=server version={server}"),
                          vm("client", "vmmsg", f"version={client} peer12={int(server == '1.2')} rounds=5")]})


def test_ffa_direct_messages_of_three_vms(run_scene):
    """Two clients beside each other, in three versions; and a request back to who asks ends at once."""
    run_scene({"domain": [vm("server", "vmmsg", "role=server clients=2", vcpus=4),
                          vm("old", "vmmsg", "version=1.0 cycle=1", vcpus=3), vm("new", "vmmsg", "version=1.1 cycle=1")]})


def test_ffa_direct_messages_of_eight_vms(run_scene):
    """Three servers, five clients, fewer server vCPUs than requests."""
    servers = [vm(f"server{i}", "vmmsg", f"role=server clients={2 if i < 3 else 1}") for i in (1, 2, 3)]
    clients = [vm(f"client{i}", "vmmsg", f"peer={2 + i % 3} rounds=10") for i in range(5)]
    run_scene({"machine": {"cpus": 4}, "domain": servers + clients, "expect": {"timeout": 240}})


def test_ffa_direct_messages_below_an_spmc_without_them(run_scene):
    """REQ2 is not in the firmware; between VMs it is there all the same."""
    run_scene({"firmware": {"max_version": "1.1"}, "domain": [vm("server", "vmmsg", "role=server"), vm("client", "vmmsg", "rounds=5")]})


def test_ffa_direct_messages_policy(run_scene):
    """Who may not be discovered is not listed; the server may not ask back whom its list does not name."""
    run_scene({"domain": [vm("server", "vmmsg", "role=server", ffa_peers=["vm:other message"]),
                          vm("client", "vmmsg", "listed=0 cycle=2 rounds=5", ffa_peers=["vm:server message"]),
                          vm("other", "features", "notif=1 vms=0 recv=1", ffa_peers=["sp:* all"])]})


# ---- death in the middle of a direct message -------------------------------------------------------------------------

@pytest.mark.parametrize("cpus", [1, 2])
def test_ffa_direct_message_receiver_dies(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm("server", "vmmsg", "role=server", vcpus=3), vm("client", "vmmsg", "role=quit", vcpus=4)],
               "expect": {"tap": ["client"]}})


@pytest.mark.parametrize("cpus", [1, 2])
def test_ffa_direct_message_receivers_vcpu_goes_off(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm("server", "vmmsg", "role=server", vcpus=3), vm("client", "vmmsg", "role=restart rounds=5", vcpus=2)]})


def test_ffa_direct_message_senders_die_one_after_the_other(run_scene):
    dying = [vm(f"dying{i}", "vmmsg", f"role=die die={i}", vcpus=2) for i in range(5)]
    result = run_scene({"domain": [vm("server", "vmmsg", "role=server", vcpus=3), *dying,
                                   vm("client", "vmmsg", "rounds=20")],
                        "expect": {"tap": ["server", "client"]}})
    for i in range(5):
        assert result.find(rf"^dying{i}: vmmsg: dies$")


@pytest.mark.parametrize("cpus", [1, 2])
def test_ffa_direct_message_flood_leaves_a_third_vm_its_notifications(run_scene, cpus):
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm("server", "vmmsg", "role=server"), vm("flood", "vmmsg", "role=flood"),
                          vm("ring", "ring", "rounds=20 delay=500 timeout=60", ffa_peers=["sp:* all"])],
               "expect": {"notifications": True}})


# ---- indirect messages to and from SPs -------------------------------------------------------------------------------

@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_ffa_indirect_messages_with_an_sp(run_scene, version):
    run_scene({"domain": [vm("guest", "spmsg", f"version={version}", ffa_peers=["sp:* all"])]})


def test_ffa_indirect_messages_with_an_older_spmc(run_scene):
    run_scene({"firmware": {"max_version": "1.1"}, "domain": [vm("guest", "spmsg", ffa_peers=["sp:* all"])]})


@pytest.mark.parametrize("vms", [0, 1])
def test_ffa_indirect_messages_below_an_spmc_without_them(run_scene, vms):
    """As OP-TEE: what there is is between VMs."""
    run_scene({"firmware": {"options": ["NO_RX_ACQUIRE"]},
               "domain": [vm("guest", "spmsg", f"have=0 vms={vms}", ffa_peers=["sp:* all", *(["vm:* all"] if vms else [])])]})


@pytest.mark.parametrize("cpus", [1, 2])
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_ffa_indirect_messages_that_an_sp_answers_by_itself(run_scene, version, cpus):
    """The guest sends and waits; the SP hears of it with cycles in idle time, and its answer is announced."""
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm("guest", "spmsg", f"part=told version={version}", vcpus=1, ffa_peers=["sp:* all"])]})


# ---- indirect messages between VMs -----------------------------------------------------------------------------------

@pytest.mark.parametrize("pages", [1, 16])
@pytest.mark.parametrize("say, repeat", [("1.1", "1.1"), ("1.1", "1.2"), ("1.2", "1.1"), ("1.2", "1.2")])
def test_ffa_indirect_messages_between_vms(run_scene, say, repeat, pages):
    run_scene({"domain": [vm("say", "vmtalk", f"role=say peer=3 pages={pages} version={say}"),
                          vm("repeat", "vmtalk", f"role=repeat peer=2 pages={pages} version={repeat}")]})


@pytest.mark.parametrize("cpus", [1, 2])
def test_ffa_indirect_messages_of_three_vms(run_scene, cpus):
    """Two fill the RX of the third, who takes one message after the other: none is lost, none overwritten."""
    run_scene({"machine": {"cpus": cpus},
               "domain": [vm("sink", "vmtalk", "role=sink peer=3 senders=2"), vm("one", "vmtalk", "role=pour peer=2"),
                          vm("two", "vmtalk", "role=pour peer=2 version=1.1")]})


def test_ffa_indirect_messages_of_eight_vms(run_scene):
    """Four pairs of both versions at once."""
    pairs = [(vm(f"say{i}", "vmtalk", f"role=say peer={3 + 2 * i} version={'1.1' if i & 1 else '1.2'}"),
              vm(f"repeat{i}", "vmtalk", f"role=repeat peer={2 + 2 * i} version={'1.1' if i & 2 else '1.2'}")) for i in range(4)]
    run_scene({"machine": {"cpus": 4}, "domain": [one for two in pairs for one in two], "expect": {"timeout": 240}})


def test_ffa_buffers_come_and_go_under_messages(run_scene):
    run_scene({"domain": [vm("race", "vmtalk", "role=race peer=3"), vm("sink", "vmtalk", "role=sink peer=2")]})
