// Fresh identities: what must differ between a virtual machine or disk and its copy.
#pragma once

#include <cstdint>
#include <string>

namespace vix::vm {

// A disk's content: 128 random bits, of which the last 32 are the CID. Never one of the values with
// a meaning (0, fffffffe "never written", ffffffff "no parent").
struct ContentId {
    std::string long_id;  // 32 hexadecimal digits
    std::uint32_t cid;
};
ContentId new_content_id();

// "60 00 C2 9x ..": ddb.uuid as VMware makes it.
std::string new_disk_uuid();

// "52 ..": the VMId in a .vmxf.
std::string new_vm_id();

// A signed 64-bit decimal: vm.genid, by which Windows guests know that they were copied.
std::string new_generation_id();

}  // namespace vix::vm
